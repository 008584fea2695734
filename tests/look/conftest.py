"""A stage for the shared pieces: pages drawn from a few lines of template, every answer in the test's own hand."""

from __future__ import annotations

import mimetypes
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.utils import translation

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ORIGIN = "http://localhost"
MEI = SimpleNamespace(is_authenticated=True, name="Mei Chen", email="mei@agency.example")
AGENCY = SimpleNamespace(called="Plain Example Agency", logo_url="")


def draw(source: str, language: str = "en", **context) -> str:
    """A page of the house around a few lines of template, without a request and without a database."""
    context = {"agency": AGENCY, "csrf_token": "t" * 64, "user": MEI, **context}
    with translation.override(language):
        return engines["django"].from_string(source).render(context)


def portal(body: str, layout: str = "portal.html") -> str:
    return '{% extends "' + layout + '" %}{% load look i18n %}{% block main %}' + body + "{% endblock %}"


class Stage:
    """A browser page whose every request is answered here; nothing leaves the test."""

    def __init__(self, page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.calls: list = []
        self.answers: dict = {}
        page.on("console", lambda said: self.complaints.append(said.text) if "Policy" in said.text else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", self._answer)

    def show(self, source: str, language: str = "en", **context):
        self.answers["/"] = draw(source, language, **context)
        self.page.goto(f"{ORIGIN}/")
        return self.page

    def _answer(self, route, request) -> None:
        path = request.url.removeprefix(ORIGIN).split("?")[0]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            kind = mimetypes.guess_type(path)[0] or "text/plain"
            route.fulfill(path=found, content_type=kind) if found else route.fulfill(status=404)
            return
        self.calls.append(request)
        answer = self.answers.get(path, 404)
        if callable(answer):
            answer = answer(request)
        if answer is None:
            route.abort("internetdisconnected")
        elif isinstance(answer, dict):
            route.fulfill(json=answer, status=answer.get("status", 200))
        elif isinstance(answer, int):
            route.fulfill(status=answer, body="")
        else:
            route.fulfill(
                body=answer,
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": POLICY},
            )

    def asked(self, path: str) -> list:
        return [call for call in self.calls if call.url == ORIGIN + path]


@pytest.fixture
def stage(browser):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(10_000)
    stage = Stage(context.new_page())
    yield stage
    context.close()
    assert not stage.complaints, stage.complaints
