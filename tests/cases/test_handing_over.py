"""All open cases of one person go to another: once, whole, with one message, whoever is killed meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import BulkRun, Case, CaseEvent
from cases.services import bulk, clocks, handing_over
from clients import sight
from clients.models import AuditEvent
from clients.refusals import Conflict, Invalid
from clients.services.members import end_membership
from notifications.models import Notification
from notifications.services import relay_events
from tests.pages.desk.cast import moved, opened


def answering() -> dict[str, str]:
    with sight.every_client():
        return dict(Case.objects.values_list("domain_name", "account_manager__name"))


def run_of(answer) -> BulkRun:
    with sight.every_client():
        return BulkRun.objects.get(reference=answer.url.split("/")[2])


@pytest.fixture
def five(agency, harbour, lotus, mei, wen) -> list[Case]:
    """Four of Mei's, one of which has ended and one of another client; one of Wen's."""
    cases = [opened(harbour, mei, domain=f"{name}.example") for name in ("one", "two", "gone")]
    moved(cases[2], mei, "withdraw")
    cases.append(opened(lotus, mei, domain="lotus.example"))
    cases.append(opened(harbour, wen, domain="wens.example"))
    with sight.every_client():
        clocks.start(cases[0], "sms_code", at=timezone.now())
    relay_events()
    with sight.every_client():
        Notification.objects.all().update(read_at=timezone.now())
    return cases


def test_a_page_says_how_many_changes_nothing_and_then_hands_all_over_with_one_message(
    five, mei, wen, root, as_page, mailoutbox
):
    page, path = as_page(root), f"/people/{mei.reference}/handover/"
    shown = page.get(path).content.decode()
    assert (
        "3 open cases" in shown
        and "1 waits for the ministry" in shown
        and "Nothing has changed yet." in shown
    )
    assert "one.example" in shown and "Hand over 3 cases" in shown
    for to in ("", mei.reference, "P-NOBODY"):
        assert page.post(path, {"to": to}).status_code == 422
    assert set(answering().values()) == {"Mei", "Wen"} and list(answering().values()).count("Mei") == 4

    answer = page.post(path, {"to": wen.reference})
    run = run_of(answer)
    with sight.every_client():
        again = handing_over.hand_over(mei, wen, by=root)
    assert again == run  # twice at once is one
    for _twice in range(2):
        bulk.do_run(run.pk)

    assert answering() == {
        "one.example": "Wen", "two.example": "Wen", "lotus.example": "Wen", "wens.example": "Wen",
        "gone.example": "Mei",
    }  # fmt: skip
    with sight.every_client():
        told = CaseEvent.objects.filter(kind="facts.changed", by=root)
        assert sorted(told.values_list("case__domain_name", flat=True)) == [
            "lotus.example", "one.example", "two.example",
        ]  # fmt: skip
        assert told[0].data["changes"] == [{"path": "account_manager", "old": "Mei", "new": "Wen"}]
        assert AuditEvent.objects.get(kind="cases.handed_over").data["rows"] == 3
    relay_events()
    with sight.every_client():
        rows = Notification.objects.filter(kind="cases.handed_over")
        assert [(one.recipient, one.channel) for one in rows.order_by("channel")] == [
            (wen, "in_app"),
            (wen, "mail"),
        ]
    assert "Yours from now on: 3 cases of Mei" in as_page(wen).get("/notifications/").content.decode()
    assert "3 cases done" in page.get(answer.url).content.decode()
    assert page.get(path).url == "/settings/people/"  # nothing is left

    # And back, but for what was passed on meanwhile and what had been Wen's before.
    with sight.every_client():
        Case.objects.filter(domain_name="two.example").update(account_manager=root)
    bulk.do_run(run_of(page.post(f"{answer.url}return/")).pk)
    assert answering() == {
        "one.example": "Mei", "two.example": "Root", "lotus.example": "Mei", "wens.example": "Wen",
        "gone.example": "Mei",
    }  # fmt: skip
    assert page.post(f"{answer.url}return/").url == answer.url  # nothing to give back any more


def test_a_worker_killed_leaves_a_batch_whole_or_untouched_and_the_message_comes_once(
    five, mei, wen, root, monkeypatch
):
    monkeypatch.setattr(handing_over, "BATCH", 1)
    with sight.every_client():
        run = handing_over.hand_over(mei, wen, by=root)
    record, calls = handing_over.history.record_each, []

    def dying(*args, **more):
        record(*args, **more)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(handing_over.history, "record_each", dying)
    with pytest.raises(KeyboardInterrupt):
        bulk.do_run(run.pk)
    assert list(answering().values()).count("Mei") == 3  # two to go, and the one that has ended
    bulk.do_run(run.pk, now=timezone.now() + timedelta(minutes=6))
    handing_over.finish(run)

    assert list(answering().values()).count("Mei") == 1
    with sight.every_client():
        assert CaseEvent.objects.filter(kind="facts.changed", by=root).count() == 3
        assert AuditEvent.objects.filter(kind="cases.handed_over").count() == 1


def test_each_batch_asks_again_who_may_and_who_is_there(five, mei, wen, root):
    """The receiver leaves, a case is passed on or ends, between the asking and the doing."""
    with sight.every_client():
        run = handing_over.hand_over(mei, wen, by=root)
        Case.objects.filter(domain_name="two.example").update(account_manager=root)
        assert handing_over.do_batch(run)
        assert {row.case.domain_name: row.said for row in run.rows.select_related("case") if row.said} == {
            "two.example": "Mei does not answer for it any more."
        }
        back = handing_over.hand_over(wen, mei, by=root)
        end_membership(mei.memberships.get(), by=root)
        bulk.do_run(back.pk)
        assert set(back.rows.values_list("state", "said")) == {("refused", "Mei cannot take it any more.")}
        assert not AuditEvent.objects.filter(kind="cases.handed_over").exists()


def test_managers_hand_over_to_whoever_sees_every_client_and_the_price_is_flat(
    five, mei, wen, lim, root, ada
):
    with sight.every_client():
        for to in (lim, ada, mei):
            with pytest.raises(Invalid):
                handing_over.hand_over(mei, to, by=root)
        with pytest.raises(Conflict):
            handing_over.hand_over(root, wen, by=mei)
        for by in (wen, lim, ada):
            with pytest.raises(PermissionDenied):
                handing_over.hand_over(mei, root, by=by)
        one = handing_over.hand_over(wen, root, by=mei)
        three = handing_over.hand_over(mei, root, by=mei)
        counts = []
        for run in (one, three):
            with CaptureQueriesContext(connection) as seen:
                handing_over.do_batch(run)
            counts.append(len(seen))
    assert counts[0] == counts[1]


def test_whoever_is_let_go_with_cases_leads_to_the_page_that_hands_them_over(five, mei, wen, root, as_page):
    with sight.every_client():
        place = wen.memberships.get()
    page = as_page(root)
    answer = page.post(f"/members/{place.reference}/ending/")
    assert answer.url == f"/people/{wen.reference}/handover/?left"
    shown = page.get(answer.url).content.decode()
    assert "Wen has no access any more. Until somebody else answers" in shown and "Hand over 1 case" in shown
    bulk.do_run(run_of(page.post(answer.url, {"to": mei.reference})).pk)
    assert answering()["wens.example"] == "Mei"
    assert page.get(answer.url).url == "/settings/people/"
