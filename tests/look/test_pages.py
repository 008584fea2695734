"""The skeletons: light, closed to foreign code, and readable by everybody."""

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.template import engines, loader
from django.utils import translation

from clients import jinja
from tests.look.conftest import AGENCY, MEI, draw, portal

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in (ROOT / "templates").rglob("*.html")
    if "emails" not in str(path) and "email/" not in str(path)
]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}


def test_sheets_and_scripts_weigh_little_over_the_wire():
    pages = draw(portal("", "desk.html")) + draw(portal(""))
    names = set(re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', pages))
    sign_in = {"mfa/js/webauthn-json.js", "mfa/js/webauthn.js", "account/js/onload.js", "js/passkey.js"}

    weight = sum(len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in names | sign_in)

    assert weight <= 80 * 1024, f"{weight} bytes"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_page_holds_code_style_or_a_foreign_address(path):
    source = path.read_text()

    assert not re.search(r"<style|\sstyle=|\son(?!e=)[a-z]+=|javascript:|\|safe\b|autoescape off", source)
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", source)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//(?!beian|tsm\.miit\.gov\.cn)", source)


@pytest.mark.parametrize("name", ["500.html", "503.html", "offline.html"])
def test_the_last_pages_need_nothing_and_speak_both_languages(name):
    page = loader.render_to_string(name)

    assert 'lang="zh-Hans"' in page and "Try again" in page and "重试" in page


def test_an_error_says_what_happened_and_what_to_do(stage):
    for name in ("400.html", "403.html", "404.html", "413.html", "429.html"):
        for language in ("en", "zh-hans"):
            page = stage.show('{% include "' + name + '" %}', language, user=None)

            assert page.locator("h1").inner_text() and page.locator(".now-calm").inner_text(), (
                name,
                language,
            )
            assert Axe().run(page, options=RULES).response["violations"] == [], (name, language)


def test_htmx_may_neither_run_nor_remember():
    page = draw(portal(""))

    for setting in ('"allowEval": false', '"allowScriptTags": false', '"historyCacheSize": 0'):
        assert setting in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_both_engines_draw_the_same_frame(language):
    ours = draw(portal("<h1>A</h1>", "desk.html"), language, unread=3, q="茶")

    with translation.override(language):
        page = '{% extends "desk.html" %}{% block main %}<h1>A</h1>{% endblock %}'
        frame = jinja.frame_of(None, agency=AGENCY, user=MEI, csrf_token="t" * 64)
        told = {**jinja.spoken(), "frame": frame, "unread": 3, "q": "茶", "messages": []}
        theirs = engines["jinja2"].from_string(page).render(told)

    assert "".join(theirs.split()) == "".join(ours.split())


def test_the_skeletons_fit_every_width(stage):
    """Axe sees either at both ends once, as it does in tests/journeys/test_everywhere.py."""
    for layout in ("desk.html", "portal.html"):
        for language, looked_at in (("en", 1440), ("zh-hans", 360)):
            page = stage.show(portal("<h1>A</h1>", layout), language)
            for width in (820, 1440, 360):
                page.set_viewport_size({"width": width, "height": 740})
                at = (layout, language, width)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), at
                if width == looked_at:
                    assert Axe().run(page, options=RULES).response["violations"] == [], at


def test_a_piece_shows_markup_as_text():
    nasty = "<script>alert(1)</script>"

    page = draw(
        portal(
            '{% include "components/task.html" with name=x words=x state="todo" link="/" only %}'
            '{% include "components/fact.html" with label=x value=x copy=True only %}'
            '{% include "components/event.html" with kind="note" at=None words=x title=x audience="client" only %}'
        ),
        x=nasty,
    )

    assert nasty not in page
