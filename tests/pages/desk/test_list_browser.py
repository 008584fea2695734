"""The list in a real browser: rows chosen by keyboard, cards put by hand, and both without a script."""

from __future__ import annotations

import re

import pytest

from cases.models import BulkRow, Case
from clients import sight
from tests.pages.desk.cast import opened, ready
from tests.pages.desk.test_browser import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(agency, harbour, mei) -> list[Case]:
    """One that is ready to be handed in, one that is not."""
    return [
        ready(opened(harbour, mei, domain="ready.example"), mei),
        opened(harbour, mei, domain="bare.example"),
    ]


def stage_of(case: Case) -> str:
    with sight.every_client():
        return Case.objects.get(pk=case.pk).stage


def chosen() -> int:
    with sight.every_client():
        return BulkRow.objects.count()


def test_rows_are_chosen_by_keyboard(page, two, mei):
    sign_in(page, mei)
    page.goto("/cases/?as=table")
    bar = page.locator(".selection")
    assert not bar.is_visible()

    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert page.locator("[data-selection-count]").inner_text() == "2 selected"
    look(page, "list-selected")
    page.keyboard.press("Escape")
    assert not bar.is_visible()

    page.get_by_label("Select all of this page").check()
    bar.get_by_role("button", name="Hand in").click()
    page.wait_for_url(re.compile("/bulk/"))
    page.get_by_text("1 will be done, 1 will not.").wait_for()
    look(page, "bulk-rehearsed")
    assert chosen() == 2


def test_enter_opens_the_row_under_the_cursor(page, two, mei):
    sign_in(page, mei)
    page.goto("/cases/?as=table")

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/cases/F-\w+/$"))


def test_a_card_is_put_into_the_next_column_and_a_refused_one_stays_and_says_why(page, two, mei):
    ready_one, bare = two
    sign_in(page, mei)
    page.goto("/cases/?as=board")
    look(page, "board")
    card = "[data-card='{}']".format

    page.drag_and_drop(card(bare.reference), "[data-stop=provider_pre_audit]")
    page.locator(f"[data-stop=draft] {card(bare.reference)}[data-refused]").wait_for()
    assert "Came back." in page.locator(card(bare.reference)).inner_text()
    look(page, "board-refused")
    assert stage_of(bare) == "draft"

    page.drag_and_drop(card(ready_one.reference), "[data-stop=provider_pre_audit]")
    page.locator(f"[data-stop=provider_pre_audit] {card(ready_one.reference)}").wait_for()
    assert stage_of(ready_one) == "provider_pre_audit"

    page.locator(f"{card(ready_one.reference)} > a").focus()
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    page.locator(f"[data-stop=photo] {card(ready_one.reference)}").wait_for()
    assert stage_of(ready_one) == "photo"


def test_rows_and_cards_move_without_a_script(new_page, two, mei):
    ready_one, bare = two
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    sign_in(page, mei)
    page.goto("/cases/?as=table")

    page.locator(f"input[value={bare.reference}]").check()
    page.get_by_role("button", name="Remind the client").click()
    page.get_by_text("1 will be done.").wait_for()
    assert chosen() == 1

    page.goto("/cases/?as=board")
    for case, sentence in ((ready_one, "Handed in to the provider"), (bare, "Not every required paper")):
        menu = page.locator(f"[data-card='{case.reference}'] details")
        menu.locator("summary").click()
        menu.locator("button[value=provider_pre_audit]").click()
        page.get_by_text(sentence).first.wait_for()
    assert (stage_of(ready_one), stage_of(bare)) == ("provider_pre_audit", "draft")
