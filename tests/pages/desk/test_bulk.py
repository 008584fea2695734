"""One act for many cases: rehearsed, confirmed once, done case by case in the sight of whoever asked."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from cases.models import BulkRow, BulkRun, Case, CaseEvent
from cases.services import bringing, bulk
from cases.services.changing import change_facts
from clients import sight
from clients.models import Agency, Membership
from clients.queries import forget_agency
from notifications.models import Notification
from notifications.services import deliver_due, relay_events
from tests.pages.desk.cast import moved, opened, ready


def chosen(browser, act: str, *cases: Case, **more):
    """The page that rehearses it."""
    answer = browser.post(
        "/bulk/?stage=draft", {"act": act, "case": [one.reference for one in cases], **more}
    )
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def run_of(path: str) -> BulkRun:
    with sight.every_client():
        return BulkRun.objects.get(reference=path.split("/")[2])


def told(path: str) -> dict[str, tuple[str, str]]:
    with sight.every_client():
        rows = BulkRow.objects.filter(run=run_of(path)).select_related("case")
        return {row.case.domain_name: (row.state, row.said) for row in rows}


def fresh(case: Case) -> Case:
    with sight.every_client():
        return Case.objects.get(pk=case.pk)


def promise(by, *cases: Case) -> None:
    """A day that none of them can keep any more."""
    with sight.every_client():
        for pk in [case.pk for case in cases]:
            case = Case.objects.with_facts().get(pk=pk)
            change_facts(case, {"promised_on": date.today().isoformat()}, by=by)
            assert fresh(case).promise_is_late


@pytest.fixture
def three(agency, harbour, mei) -> list[Case]:
    return [opened(harbour, mei, domain=f"{name}.example") for name in ("one", "two", "three")]


def test_hold_asks_once_says_what_will_not_and_changes_nothing_before_it_is_confirmed(
    desk, three, lotus_case, mei
):
    moved(three[2], mei, "hold")
    path = chosen(desk, "hold", *three)

    page = desk.get(path).content.decode()
    assert "2 will be done, 1 will not." in page and "Nothing has changed yet." in page
    assert page.partition("Which ones")[2].count("Harbour Ltd") == 2
    assert "three.example" in page and "The case is on hold. Resume it first." in page
    wrong = desk.post(path, {"until": "2001-01-01", "note": "Year's end"})
    assert wrong.status_code == 422 and "This day is over" in wrong.content.decode()
    assert "Year&#x27;s end" in wrong.content.decode()
    assert not fresh(three[0]).on_hold

    until = date.today() + timedelta(days=20)
    for _twice in range(2):
        assert desk.post(path, {"until": until.isoformat(), "note": "Year's end"}).url == path
    for _twice in range(2):
        bulk.do_run(run_of(path).pk)

    assert [(fresh(one).on_hold, fresh(one).hold_until) for one in three[:2]] == [(True, until)] * 2
    assert not fresh(lotus_case).on_hold
    assert [state for state, _said in told(path).values()] == ["done", "done", "refused"]
    page = desk.get(path).content.decode()
    assert "2 cases done, 1 not." in page
    assert page.index("three.example") < page.index("one.example")
    with sight.every_client():
        assert CaseEvent.objects.filter(move="hold", note="Year's end").count() == 2


def test_what_the_rehearsal_says_will_not_be_done_is_not_done(desk, three, mei, wen):
    """A case that has ended keeps who answered for it; before and after, the same is said of it."""
    moved(three[2], mei, "withdraw")
    path = chosen(desk, "assign", *three)
    page = desk.get(path).content.decode()
    assert "2 will be done, 1 will not." in page and "This case has ended" in page

    desk.post(path, {"account_manager": wen.email})
    bulk.do_run(run_of(path).pk)

    assert told(path)["three.example"] == (
        "refused",
        "This case has ended; its facts stay as they were filed.",
    )
    assert [fresh(one).account_manager_id for one in three] == [wen.pk, wen.pk, mei.pk]


def test_the_neighbours_rows_slipped_in_are_not_there(as_page, agency, lim, case, lotus_case):
    """H11: an id that is not in sight is nothing, whatever the form says."""
    browser = as_page(lim)
    path = chosen(browser, "remind", case, lotus_case)

    assert list(told(path)) == ["harbour.example"]
    assert "lotus.example" not in browser.get(path).content.decode()
    answer = browser.post("/bulk/", {"act": "remind", "case": [lotus_case.reference]}, follow=True)
    assert "Choose at least one case." in answer.content.decode()


def test_each_row_is_judged_when_it_runs_and_not_when_it_was_chosen(as_page, agency, lim, mei, three, case):
    """H11: moved meanwhile, and out of sight meanwhile."""
    browser = as_page(lim)
    path = chosen(browser, "hold", *three)
    browser.post(path, {"until": "2099-01-01", "note": "Wait"})
    moved(three[0], mei, "withdraw")

    bulk.do_run(run_of(path).pk)

    assert told(path)["one.example"][0] == "refused" and "Withdrawn" in told(path)["one.example"][1]
    assert told(path)["two.example"] == ("done", "")

    again = chosen(browser, "resume", three[1], three[2])
    browser.post(again)
    with sight.every_client():
        Membership.objects.filter(user=lim, role="assigned").update(ended_at=timezone.now())
    bulk.do_run(run_of(again).pk)
    assert set(told(again).values()) == {("refused", "You do not see this case any more.")}
    assert fresh(three[1]).on_hold


def test_a_worker_killed_in_the_middle_leaves_each_case_done_or_untouched(desk, three, monkeypatch):
    path = chosen(desk, "hold", *three)
    desk.post(path, {"until": "2099-01-01", "note": "Wait"})
    run, door, calls = run_of(path), bulk.move_case, []

    def dying(*args, **more):
        calls.append(1)
        case = door(*args, **more)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return case

    monkeypatch.setattr(bulk, "move_case", dying)
    with pytest.raises(KeyboardInterrupt):
        bulk.do_run(run.pk)
    assert [fresh(one).on_hold for one in three] == [True, False, False]

    bulk.do_run(run.pk)
    assert [fresh(one).on_hold for one in three] == [True, False, False], "somebody may be at it"
    bulk.do_run(run.pk, now=timezone.now() + timedelta(minutes=6))

    assert [fresh(one).on_hold for one in three] == [True, True, True]
    with sight.every_client():
        assert CaseEvent.objects.filter(move="hold").count() == 3
        assert BulkRun.objects.get().finished_at


def held_for_good(desk, *cases: Case) -> str:
    """Confirmed, and not begun."""
    path = chosen(desk, "hold", *cases)
    desk.post(path, {"until": "2099-01-01", "note": "Wait"})
    return path


def test_a_case_whose_import_is_taken_back_meanwhile_stops_no_other(desk, three, mei):
    path = held_for_good(desk, *three)
    with sight.every_client():
        bringing.take_back(three[0], by=mei, data={})

    assert bulk.do_run(run_of(path).pk)

    assert told(path) == {
        "one.example": ("refused", "You do not see this case any more."),
        "two.example": ("done", ""),
        "three.example": ("done", ""),
    }
    assert run_of(path).finished_at


def test_a_case_that_cannot_be_dealt_with_hurts_itself_only(desk, three, monkeypatch):
    path, door = held_for_good(desk, *three), bulk.move_case
    monkeypatch.setattr(
        bulk,
        "move_case",
        lambda case, *args, **more: 1 / 0 if case == three[1] else door(case, *args, **more),
    )

    assert bulk.do_run(run_of(path).pk)

    assert [state for state, _said in told(path).values()] == ["done", "refused", "done"]
    assert "could not be dealt with" in told(path)["two.example"][1]


def test_a_database_that_is_away_is_no_cases_fault(desk, three, monkeypatch):
    def away(*args, **more):
        raise OperationalError

    path = held_for_good(desk, *three)
    monkeypatch.setattr(bulk, "move_case", away)
    with pytest.raises(OperationalError):
        bulk.do_run(run_of(path).pk)

    assert {state for state, _said in told(path).values()} == {"planned"}


def test_handing_in_says_of_each_what_is_missing(desk, harbour, mei, three):
    handed = ready(opened(harbour, mei, domain="ready.example"), mei)
    path = chosen(desk, "submit", handed, three[0])

    page = desk.get(path).content.decode()
    assert "1 will be done, 1 will not." in page and "Not every required paper is accepted yet." in page
    desk.post(path)
    bulk.do_run(run_of(path).pk)

    assert fresh(handed).stage == "provider_pre_audit" and fresh(three[0]).stage == "draft"


def test_all_of_the_query_are_assigned_and_reminded(desk, harbour, wen, mei, three, lotus_case):
    path = chosen(desk, "assign", all="yes")
    desk.post(path, {"account_manager": wen.email})
    bulk.do_run(run_of(path).pk)
    with sight.every_client():
        assert set(Case.objects.values_list("account_manager", flat=True)) == {wen.pk}

    path = chosen(desk, "remind", three[0])
    desk.post(path)
    bulk.do_run(run_of(path).pk)
    with sight.every_client():
        assert CaseEvent.objects.filter(kind="client.reminded").count() == 1
        assert "The client was reminded" in desk.get(three[0].get_absolute_url()).content.decode()


def test_a_reminder_by_hand_reaches_the_contact(desk, ada, case):
    path = chosen(desk, "remind", case)
    assert "Ada" in desk.get(path).content.decode().partition("Who will read it")[2]
    desk.post(path)
    bulk.do_run(run_of(path).pk)
    with sight.every_client():
        relay_events()

        told_to = Notification.objects.filter(kind="nudge").values_list("recipient__email", "channel")
        assert set(told_to) == {(ada.email, "in_app"), (ada.email, "mail")}


def test_what_is_written_to_many_is_a_note_of_each_and_one_mail_to_each_reader(
    desk, as_page, ada, bo, three, lotus_case, mei, mailoutbox
):
    """With the day promised and the days now expected, in the reader's language; the neighbour reads their own."""
    promise(mei, *three[:2], lotus_case)
    path = chosen(desk, "tell", *three, lotus_case)
    page = desk.get(path).content.decode()
    assert "4 will be done." in page and page.count("Promised for") == 3
    assert page.count("Ada") == 3 and page.count("Bo") == 1
    wrong = desk.post(path, {"text": " "})
    assert wrong.status_code == 422 and "Write what they are to read." in wrong.content.decode()
    with sight.every_client():
        type(bo).objects.filter(pk=bo.pk).update(language="zh-hans")

    desk.post(path, {"text": "The bureau is slow.\nWe are sorry."})
    bulk.do_run(run_of(path).pk)
    mailoutbox.clear()
    now = timezone.now()
    with sight.every_client():
        relay_events(now=now)
    deliver_due(now=now)
    assert mailoutbox == [], "what follows is waited for"
    deliver_due(now=now + timedelta(minutes=1))

    to_ada, to_bo = sorted(mailoutbox, key=lambda one: one.to)
    assert to_ada.subject == "A note from your agency about 3 filings"
    assert to_ada.body.count("The bureau is slow.") == 1 and to_ada.body.count("Promised for") == 2
    assert all(f"{name}.example" in to_ada.body for name in ("one", "two", "three"))
    assert "承诺" in to_bo.body and "The bureau is slow." in to_bo.body
    assert "one.example" not in to_bo.body + to_bo.subject and "lotus.example" not in to_ada.body
    with sight.every_client():
        rows = Notification.objects.filter(kind="note.to_client", channel="mail")
        assert {row.state for row in rows} == {"sent"} and len(rows) == 4
        assert CaseEvent.objects.filter(kind="note.written", data__run=run_of(path).reference).count() == 4
    told_here = as_page(ada).get(f"/cases/{three[0].reference}/letters/").content.decode()
    assert "The bureau is slow.<br>We are sorry." in told_here and "Promised for" in told_here
    assert "Promised for" in desk.get(three[0].get_absolute_url()).content.decode()
    late = desk.get("/cases/?promise=late").content.decode()
    assert late.count("will be late, client told") == 3
    with sight.every_client():
        promise(mei, three[2])
    untold = desk.get("/cases/?promise=untold").content.decode()
    assert "three.example" in untold and "one.example" not in untold
    assert "1 not told to the client yet" in desk.get("/").content.decode()


def test_nothing_is_written_where_nobody_reads_it(desk, three, lotus_case, ada):
    path = chosen(desk, "tell", three[0], lotus_case)
    page = desk.get(path).content.decode()
    assert "1 will be done, 1 will not." in page and "Nobody speaks for this client" in page

    desk.post(path, {"text": "Hello"})
    with sight.every_client():
        Membership.objects.filter(user=ada).update(ended_at=timezone.now())
    bulk.do_run(run_of(path).pk)

    assert {state for state, _said in told(path).values()} == {"refused"}


def test_more_than_the_house_allows_is_said_in_a_sentence(desk, three):
    with sight.every_client():
        Agency.objects.update(bulk_most=2)
    forget_agency()

    for given in ({"all": "yes"}, {"case": [one.reference for one in three]}):
        answer = desk.post("/bulk/?stage=draft", {"act": "remind", **given}, follow=True)
        assert "At most 2 cases at once." in answer.content.decode()
        assert answer.redirect_chain == [("/cases/?stage=draft", 302)]


def test_nobody_else_sees_a_run(desk, as_page, wen, root, ada, three):
    path = chosen(desk, "remind", *three)

    for person in (wen, root, ada):
        assert as_page(person).get(path).status_code == 404
        assert as_page(person).post(path).status_code == 404


def test_progress_is_asked_for_until_the_end(desk, three):
    path = chosen(desk, "resume", *three)
    with sight.every_client():
        BulkRun.objects.update(confirmed_at=timezone.now())

    piece = desk.get(path, headers={"HX-Request": "true", "HX-Target": "bulk"}).content.decode()
    assert re.search(r'hx-get="/bulk/[^"]+" hx-trigger="load delay:1s"', piece) and "<html" not in piece
    assert "0 of 3 looked at" in piece

    bulk.do_run(run_of(path).pk)
    assert (
        "hx-get" not in desk.get(path, headers={"HX-Request": "true", "HX-Target": "bulk"}).content.decode()
    )


def test_a_rehearsal_asks_as_much_of_one_as_of_many(desk, three):
    from tests.pages.desk.test_list import asked

    few, _page = asked(desk, chosen(desk, "submit", three[0]))
    many, _page = asked(desk, chosen(desk, "submit", *three))

    assert few == many


def test_reminders_are_laid_to_rest_from_the_case_and_in_bulk_and_the_row_says_so(desk, three, mei):
    one, other = three[0], three[1]
    step = f"{one.get_absolute_url()}steps/snooze/"
    refused = desk.post(step, {"until": "2020-01-01", "note": "Ada is on leave"})
    assert refused.status_code == 422 and "Ada is on leave" in refused.content.decode()
    assert "Give a day to come, or none." in refused.content.decode()
    desk.post(step, {"until": "", "note": "Ada is on leave"})
    page = desk.get(one.get_absolute_url()).content.decode()
    assert "Reminders rest until the client moves" in page and "Ada is on leave" in page
    assert desk.get("/cases/").content.decode().count(">reminders rest<") == 1

    path = chosen(desk, "snooze", one, other)
    desk.post(path, {"rest_until": "2099-12-24"})
    bulk.do_run(run_of(path).pk)
    assert fresh(other).snoozed_until.isoformat() == "2099-12-24"
    desk.post(f"{other.get_absolute_url()}steps/wake/")
    path = chosen(desk, "wake", one, other)
    assert "Its reminders do not rest." in desk.get(path).content.decode()
    desk.post(path)
    bulk.do_run(run_of(path).pk)
    assert not fresh(one).snoozed_at and ">reminders rest<" not in desk.get("/cases/").content.decode()
