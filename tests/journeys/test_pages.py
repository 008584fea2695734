"""Every page as everybody, over two clients' things: who gets it, who is refused, and for whom it does not exist."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from cases.models import BulkRun, Duty, Incoming, SavedView
from cases.services.listening import report_message
from clients import sight
from clients.models import Membership
from clients.services.invitations import invite_person
from clients.tokens import new_token
from documents.models import Export, Handout
from notifications.models import Notification
from notifications.recipients import Telling
from notifications.services.planning import Occasion, plan
from rights.models import OwnCopy
from tests.api.filings import lotus_facts, make_case
from tests.documents import samples
from tests.documents.cast import checked, open_upload, send
from tests.fixtures import browser_of
from tests.hooks.cast import told_to_hook
from tests.journeys.pages import PAGES, address, routes
from tests.letterbox.cast import filed_letter

pytestmark = [pytest.mark.long, pytest.mark.django_db]

PEOPLE = ("root", "mei", "wen", "lim", "ada", "ann", "bo", "nobody")
OF_LOTUS = {"root", "mei", "wen", "bo"}  # who may see Lotus's things
TAKEN = {200, 302, 400, 409, 415, 422}  # the page, what follows it, or what is wrong with the form
OWN_THINGS = {"token", "export", "view", "run", "incoming", "own_copy"}  # a person's own, whoever they are


@pytest.fixture
def things(harbour, lotus, ada, bo, lim, mei, root, agency, store) -> dict[str, dict[str, str]]:
    """References of Harbour's things and of Lotus's, alike in every way."""

    hook = told_to_hook(root)

    def of(client, by, **facts) -> dict[str, str]:
        case = make_case(client, mei, **facts)
        with sight.every_client():
            paper = case.requirements.get(kind="passport")
            document = checked(send(paper, samples.small_jpeg(), by=by))
            upload = open_upload(paper, by=by)
            form = case.requirements.get(kind="verification_form")
            handout = Handout.objects.create(client=client, case=case, requirement=form, asked_by=by)
            invitation = invite_person(
                f"new@{by.email.partition('@')[2]}", role="responsible", client=client, by=mei
            )
            day = timezone.localdate()
            duty = Duty.objects.create(client=client, case=case, kind="domain", due_on=day, tell_on=day)
            occasion = Occasion(f"try:{case.pk}", "try", None, client.pk, case.pk)
            plan(occasion, [Telling(by, "moved.submit", ("mail",))])
            return {
                "case": case.reference,
                "message": Notification.objects.get(case=case, channel="mail").reference,
                "requirement": paper.reference,
                "document": document.reference,
                "upload": upload.reference,
                "handout": handout.reference,
                "duty": duty.reference,
                "proposal": report_message(case, "您的备案已审核通过", by=by).reference,
                "client": client.reference,
                "invitation": invitation.reference,
                "place": Membership.objects.get(user=by, client=client).reference,
                "person": by.reference,
                "limited": lim.reference,
                **hook,
                **filed_letter(case, by),
            }

    return {"harbour": of(harbour, ada), "lotus": of(lotus, bo, **lotus_facts())}


class Visitor:
    """One person's browser, in which nothing that happens lasts."""

    def __init__(self, name: str, request) -> None:
        self.name = name
        user = None if name == "nobody" else request.getfixturevalue(name)
        self.browser = browser_of(user) if user else Browser()
        self.cookies = self.browser.cookies.output(attrs=[], header="")
        self.browser.raise_request_exception = False
        self.own = dict.fromkeys(OWN_THINGS, "X-0NEVER0THERE")
        if user:
            with sight.every_client():
                self.own = {
                    "token": new_token(user)[1].reference,
                    "run": BulkRun.objects.create(by=user, act="remind").reference,
                    "incoming": Incoming.objects.create(by=user, key="imports/none").reference,
                    "view": SavedView.objects.create(user=user, name="Mine").reference,
                    "own_copy": OwnCopy.objects.create(asked_by=user).reference,
                    "export": Export.objects.create(asked_by=user, format="csv").reference,
                }

    def ask(self, method: str, path: str, data: dict[str, str]):
        with transaction.atomic():
            answer = getattr(self.browser, method.lower())(path, data if method == "POST" else None)
            transaction.set_rollback(True)
        self.browser.cookies = SimpleCookie(self.cookies)
        return answer


def is_to_sign_in(answer) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def told(answer) -> str:
    """A page without what differs each time."""
    text = answer.content.decode()
    text = re.sub(r'(csrfmiddlewaretoken" value="|"X-CSRFToken": "|name="next" value=")[^"]*"', "", text)
    return re.sub(r"\b[A-Z]-[0-9A-Z]{6,}\b", "…", text)


def test_every_page_is_classed():
    found = {route for route in routes() if not route.startswith("accounts/")}

    assert found == set(PAGES)


@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_answers_each_person_rightly(request, things, name):
    visitor = Visitor(name, request)
    wrong = []
    for route, page in PAGES.items():
        for method, whose in (("GET", page.get), ("POST", page.post)):
            for client in ("harbour", "lotus") if page.of and page.of not in OWN_THINGS else ("harbour",):
                named = visitor.own.get(page.of) or things[client].get(page.of, "")
                path = address(route, named, things[client]["place"])
                answer = visitor.ask(method, path, page.data)
                may = _may(
                    name, client, whose, bound=bool(page.of) and page.of not in OWN_THINGS | {"limited"}
                )
                if problem := _problem(visitor, page, method, answer, may, client):
                    wrong.append(f"{method} {route} ({client}): {problem}")
                if page.of and answer.status_code == 404 and page.of not in OWN_THINGS:
                    nobodys = visitor.ask(
                        method, address(route, "X-0NEVER0THERE", "X-0NEVER0THERE"), page.data
                    )
                    if (nobodys.status_code, told(nobodys)) != (404, told(answer)):
                        wrong.append(f"{method} {route} ({client}): tells that it exists")

    assert wrong == []


def _may(name: str, client: str, whose: set[str], *, bound: bool) -> bool:
    """Of Lotus's things Bo is what Ada is of Harbour's."""
    if not bound:
        return name in whose
    if client == "lotus":
        return name in OF_LOTUS and ("ada" if name == "bo" else name) in whose
    return name in whose and name != "bo"


def _problem(visitor, page, method, answer, may, client) -> str:
    status = answer.status_code
    if status >= 500 and not (status == 503 and page is PAGES["healthz"]):
        return f"broke with {status}"
    if page is PAGES["healthz"] and method == "GET":
        return ""
    if may:
        return "" if status in TAKEN and not is_to_sign_in(answer) else f"{status} for whom it is"
    if visitor.name == "nobody":
        public = "nobody" in page.get | page.post or not (page.get or page.post)
        return "" if is_to_sign_in(answer) or (public and status in (404, 405)) else f"{status} for nobody"
    sees = _may(visitor.name, client, page.refused, bound=page.of not in {"", "limited"})
    if method == "POST" and sees:
        return "" if status == 403 else f"{status} instead of 403"
    return "" if status in (404, 405) else f"{status} for whom it is not"


@pytest.mark.parametrize("name", ["mei", "ada", "nobody"])
def test_the_pages_of_the_account_break_for_nobody(request, name, agency):
    visitor = Visitor(name, request)
    wrong = []
    for route in sorted(one for one in routes() if one.startswith("accounts/")):
        for method in ("GET", "POST"):
            answer = visitor.ask(method, address(route), {})
            if answer.status_code not in {200, 302, 400, 404, 405}:
                wrong.append(f"{method} {route}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("name", ["mei", "ada"])
def test_no_form_is_taken_without_its_own_sign(request, things, name):
    """Cookies alone move nothing: each POST of a page without the token is refused in our words."""
    visitor = Visitor(name, request)
    visitor.browser.handler.enforce_csrf_checks = True
    wrong = []
    for route, page in PAGES.items():
        if name in page.post:
            path = address(
                route,
                visitor.own.get(page.of) or things["harbour"].get(page.of, ""),
                things["harbour"]["place"],
            )
            answer = visitor.ask("POST", path, page.data)
            if answer.status_code != 403 or "<h1" not in answer.content.decode():
                wrong.append(f"{route}: {answer.status_code}")

    assert wrong == []
