"""The desk in a real browser: readable by everybody, no wider than the screen, by keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from clients import sight
from clients.models import User
from documents.models import Document
from tests.documents import samples
from tests.fixtures import browser_of
from tests.pages.desk.cast import moved, opened, ready

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}
PHOTO = ("submit", "pass_pre_audit", "finish_photo")


def sign_in(page, user, language: str = "en") -> None:
    """By the cookie of a browser that has signed in already."""
    with sight.every_client():
        User.objects.filter(pk=user.pk).update(language=language)
    cookie = browser_of(user).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": "localhost", "path": "/"}]
    )


def look(page, name: str) -> None:
    """Pictures for a person where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert Axe().run(page, options=RULES).response["violations"] == [], name


@pytest.fixture
def paper(store, agency, harbour, mei) -> Document:
    """A passport that has arrived."""
    from tests.documents.cast import checked, paper, send

    case = opened(harbour, mei)
    with sight.every_client():
        one = checked(send(paper(case, "passport"), samples.camera_jpeg((900, 640)), by=mei))
        checked(send(paper(case, "business_licence"), samples.scan_pdf(2), by=mei, kind="application/pdf"))
    return one


@pytest.mark.long
@pytest.mark.parametrize(("width", "language"), [(360, "zh-hans"), (1440, "en")])
def test_every_page_of_the_desk_is_readable(new_page, mei, lotus, paper, width, language):
    draft = paper.case
    sms = moved(ready(opened(lotus, mei, domain="sms.example"), mei), mei, *PHOTO)
    back = moved(ready(opened(lotus, mei, domain="back.example"), mei), mei, "submit", "return_for_changes")
    ready(opened(lotus, mei, domain="ready.example"), mei)
    moved(opened(lotus, mei, domain="held.example"), mei, "hold")
    page = new_page(viewport={"width": width, "height": 900})
    sign_in(page, mei, language)

    for name, path in {
        "today": "/",
        "cases": "/cases/",
        "nothing": "/cases/?q=nowhere",
        "new": "/cases/new/",
        "draft": draft.get_absolute_url(),
        "sms": sms.get_absolute_url(),
        "back": back.get_absolute_url(),
        "submit": f"/cases/{draft.reference}/moves/submit/",
        "reject": f"/cases/{sms.reference}/moves/reject/",
        "licence": f"/cases/{sms.reference}/moves/grant_licence/",
        "facts": f"/cases/{draft.reference}/facts/",
        "phone": f"/cases/{draft.reference}/phones/head/",
        "reveal": f"/cases/{draft.reference}/reveals/",
        "call": f"/cases/{draft.reference}/steps/call/",
        "note": f"/cases/{draft.reference}/notes/client/",
        "review": f"/documents/{paper.reference}/review/",
    }.items():
        assert page.goto(path).status == 200, path
        look(page, f"{name}-{language}-{width}")


def test_papers_are_judged_by_keyboard_alone(page, mei, paper):
    sign_in(page, mei)
    page.goto(f"/documents/{paper.reference}/review/")
    assert page.evaluate("document.querySelector('.mat img').naturalWidth") > 0

    page.keyboard.press("r")
    page.get_by_text("Give at least one reason").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("r")
    page.wait_for_url(lambda url: paper.reference not in url)
    page.keyboard.press("a")
    page.get_by_text("Accepted:").first.wait_for()

    with sight.every_client():
        assert sorted(Document.objects.values_list("state", flat=True)) == ["accepted", "returned"]


def test_filters_and_history_swap_in_place(page, mei, paper):
    sign_in(page, mei)
    page.goto("/cases/")
    page.get_by_label("Stage", exact=True).select_option("photo")
    page.get_by_text("No case fits.").wait_for()
    assert "stage=photo" in page.url

    page.goto(paper.case.get_absolute_url())
    page.get_by_role("link", name="Views", exact=True).click()
    page.get_by_text("Nothing of this kind yet.").wait_for()
    assert page.locator("h1").count() == 1


def test_a_return_shows_a_note_box_for_what_is_ticked(page, mei, agency, harbour):
    case = moved(ready(opened(harbour, mei), mei), mei, "submit")
    sign_in(page, mei)
    page.goto(f"/cases/{case.reference}/moves/return_for_changes/")
    box = page.locator("#n-id_unclear")
    assert not box.is_visible()

    page.locator("input[value=id_unclear]").check()
    page.locator("[name='requirements:id_unclear']").first.check()
    box.fill("The corner is cut off")
    page.get_by_role("button", name="Record a return").click()

    page.get_by_text("Returned for changes").first.wait_for()
    assert page.get_by_text("The corner is cut off").first.is_visible()
