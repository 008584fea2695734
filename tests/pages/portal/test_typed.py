"""Answers saved as they are typed, in real browsers: closed at once, on a slow server, on two devices, signed out."""

from __future__ import annotations

import re
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from django.conf import settings as of_django
from django.contrib.sessions.models import Session

from cases.models import Case
from clients import sight

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def until(case, says) -> Case:
    """The case as soon as it says so; what was sent from a page that is gone arrives when it arrives."""
    ends = monotonic() + 60
    while not says(now := fresh(case)) and monotonic() < ends:
        sleep(0.1)  # the server's thread answers in the meantime
    return now


@contextmanager
def slow_server(case, settings):
    """Whatever would change the case waits in the meantime."""
    settings.LOCK_SECONDS = settings.STATEMENT_SECONDS = 60
    with sight.every_client():
        Case.objects.select_for_update().only("pk").get(pk=case.pk)
        yield


def types(page, name: str, text: str) -> None:
    page.locator(f"main [name={name}]").fill(text)


def is_saved(page, name: str) -> None:
    page.locator(f"[data-field={name}][data-state=saved]").wait_for()


def test_what_is_on_its_way_and_what_was_typed_after_it_outlive_the_closed_tab(enter, empty, settings):
    page = enter()
    page.goto(f"/cases/{empty.reference}/facts/subject/")
    with slow_server(empty, settings):
        with page.expect_request(lambda asked: asked.method == "POST"):
            types(page, "subject-name", "Harbour Example Ltd")
        types(page, "subject-name_zh", "港湾示例有限公司")
        page.close(run_before_unload=True)

    subject = until(empty, lambda now: now.subject.name and now.subject.name_zh).subject

    assert (subject.name, subject.name_zh) == ("Harbour Example Ltd", "港湾示例有限公司")


def test_the_last_of_two_words_in_one_box_is_what_a_closed_tab_leaves(enter, empty, settings):
    page = enter()
    page.goto(f"/cases/{empty.reference}/facts/subject/")
    with slow_server(empty, settings):
        with page.expect_request(lambda asked: asked.method == "POST"):
            types(page, "subject-name", "Harbour")
        types(page, "subject-name", "Harbour Example Ltd")
        page.close(run_before_unload=True)

    now = until(empty, lambda now: now.subject.name == "Harbour Example Ltd")

    assert now.subject.name == "Harbour Example Ltd"


@pytest.mark.long
def test_two_devices_on_two_pages_go_on_without_a_word(enter, empty):
    phone, laptop = enter(), enter()
    phone.goto(f"/cases/{empty.reference}/facts/subject/")
    laptop.goto(f"/cases/{empty.reference}/facts/server/")

    for turn in ("1", "2"):
        types(phone, "subject-name", f"Harbour {turn} Ltd")
        is_saved(phone, "subject-name")
        types(laptop, "server-instance", f"i-harbour-0{turn}")
        is_saved(laptop, "server-instance")
        types(phone, "subject-name_zh", f"港湾{turn}")
        is_saved(phone, "subject-name_zh")
    phone.get_by_role("button", name="Done with this page").click()
    phone.get_by_text("answers are still missing here:").wait_for()

    now = fresh(empty)
    assert (now.subject.name, now.subject.name_zh, now.server.instance) == (
        "Harbour 2 Ltd",
        "港湾2",
        "i-harbour-02",
    )


@pytest.mark.long
def test_the_slower_of_two_in_one_box_is_told_keeps_it_and_decides(enter, empty):
    path = f"/cases/{empty.reference}/facts/subject/"
    phone, laptop = enter(), enter()
    phone.goto(path)
    laptop.goto(path)
    types(laptop, "subject-name", "Harbour Trading Ltd")
    is_saved(laptop, "subject-name")

    types(phone, "subject-name", "Harbor Ltd")
    phone.locator("[data-field=subject-name]").get_by_text(
        re.compile("says “Harbour Trading Ltd” now")
    ).wait_for()
    types(phone, "subject-name_zh", "港湾示例有限公司")
    is_saved(phone, "subject-name_zh")
    assert phone.locator("[name=subject-name]").input_value() == "Harbor Ltd"
    assert fresh(empty).subject.name == "Harbour Trading Ltd"
    phone.get_by_role("button", name="Done with this page").click()
    phone.get_by_text("Somebody was faster").wait_for()
    assert phone.locator("[name=subject-name]").input_value() == "Harbor Ltd"
    phone.get_by_role("button", name="Done with this page").click()
    phone.get_by_text("answers are still missing here:").wait_for()

    assert fresh(empty).subject.name == "Harbor Ltd"


def test_whoever_signs_in_again_in_another_tab_types_on(enter, empty, ada, as_page, live_server):
    page = enter()
    page.goto(f"/cases/{empty.reference}/facts/subject/")
    with sight.at_the_door():
        Session.objects.all().delete()
    types(page, "subject-name", "Harbour Example Ltd")
    page.get_by_text("You are no longer signed in.").wait_for()

    jar = as_page(ada).cookies
    again = {of_django.SESSION_COOKIE_NAME: jar[of_django.SESSION_COOKIE_NAME].value, "csrf": "n" * 32}
    page.context.add_cookies(
        [{"name": key, "value": value, "url": live_server.url} for key, value in again.items()]
    )
    types(page, "subject-name_zh", "港湾示例有限公司")
    is_saved(page, "subject-name_zh")
    is_saved(page, "subject-name")

    subject = fresh(empty).subject
    assert (subject.name, subject.name_zh) == ("Harbour Example Ltd", "港湾示例有限公司")


def test_a_number_leaves_nothing_in_the_browser(enter, empty):
    page = enter()
    path = f"/cases/{empty.reference}/facts/head/"
    page.goto(path)
    page.get_by_label("Kind of ID").select_option("passport")
    is_saved(page, "head-id_kind")
    types(page, "head-id_number", "T98765432")
    is_saved(page, "head-id_number")
    page.goto(path)

    assert fresh(empty).head.id_number == "T98765432"
    assert "T98765432" not in page.content()
    kept = page.evaluate(
        "async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,"
        " (await indexedDB.databases()).map((one) => one.name), history.state])"
    )
    assert "T98765432" not in kept
