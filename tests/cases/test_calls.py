"""A call is expected, logged, missed, answered; an hour counts, and the second miss proposes the return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases.models import Case
from cases.services import progress
from cases.services.moves import move_case
from cases.workflow import MoveRefused
from clients import sight
from notifications.models import Notification
from notifications.services.relaying import relay_events
from tests.api.filings import drive, make_case
from trade.calls import CALLERS, caller_of
from trade.kinds import PROVIDERS

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
def case(agency, harbour, mei):
    return make_case(harbour, mei)


@pytest.fixture
def submitted(case, mei):
    return drive(case, "provider_pre_audit", mei)


def now(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().prefetch_related("deadlines").get(pk=case.pk)


def clocks(case) -> list[tuple[str, str]]:
    with sight.every_client():
        return [
            (one.kind, one.state) for one in case.deadlines.filter(kind="provider_callback").order_by("id")
        ]


def log(case, by, *, missed, at=NOON, who="provider"):
    with sight.every_client():
        return progress.log_call(case, "", by=by, who=who, is_missed=missed, now=at)


def page(browser, path) -> str:
    return browser.get(path).content.decode()


# ── Expected ──


@pytest.mark.parametrize("provider", [*PROVIDERS, "", "nobody"])
def test_every_provider_has_somebody_who_rings(provider):
    caller = caller_of(provider)

    assert caller.code in CALLERS
    assert caller.hours.en and caller.hours.zh and caller.asks.zh and caller.source and caller.checked_on


def test_client_and_manager_read_who_rings_and_when(as_page, submitted, ada, ann, mei):
    for person in (ada, ann, mei):
        shown = page(as_page(person), submitted.get_absolute_url())
        assert "Expect a call" in shown and "95187" in shown and "Not confirmed" in shown
        assert "within the first working day" in shown


def test_nothing_is_expected_in_draft_or_with_the_ministry(as_page, case, ada, mei):
    assert "Expect a call" not in page(as_page(ada), case.get_absolute_url())
    drive(case, "miit_review", mei)
    assert "Expect a call" not in page(as_page(ada), case.get_absolute_url())


def test_both_are_told_at_the_handing_in(submitted, ada, mei, wen, client):
    with sight.every_client():
        Case.objects.filter(pk=submitted.pk).update(account_manager=wen)
    relay_events()

    with sight.every_client():
        told = Notification.objects.filter(kind="moved.submit").select_related("case", "recipient")
        assert {one.recipient for one in told} == {ada, wen}
        from notifications.letters import headline

        assert all("95187" in headline(one) for one in told)


# ── Logged ──


def test_a_call_is_logged_in_three_clicks(as_page, submitted, mei):
    desk = as_page(mei)
    link = f"/cases/{submitted.reference}/steps/call/"
    assert f'href="{link}"' in page(desk, submitted.get_absolute_url())
    form = page(desk, link)
    # The provider is chosen already: "Nobody answered" is the second click.
    assert "checked" in form.split('value="provider"')[1].partition(">")[0]
    assert desk.post(link, {"who": "provider", "text": "", "outcome": "missed"}).status_code == 302

    with sight.every_client():
        event = submitted.events.get(kind="call.logged")
        assert (event.audience, event.data) == ("internal", {"who": "provider", "outcome": "missed"})
    assert "nobody answered" in page(desk, submitted.get_absolute_url())


def test_an_unknown_caller_is_refused_and_nothing_typed_is_lost(as_page, submitted, mei):
    answer = as_page(mei).post(
        f"/cases/{submitted.reference}/steps/call/",
        {"who": "aunt", "text": "Kept words", "outcome": "missed"},
    )

    assert answer.status_code == 422
    assert "Kept words" in answer.content.decode() and clocks(submitted) == []


def test_what_was_said_never_reaches_the_client(as_page, submitted, ada, mei):
    with sight.every_client():
        progress.log_call(submitted, "They sounded cross", by=mei, who="provider", is_missed=True)
        relay_events()

    assert "sounded cross" not in page(as_page(ada), submitted.get_absolute_url())
    with sight.every_client():
        assert not Notification.objects.filter(data__icontains="cross").exists()


# ── Missed and answered ──


def test_a_missed_call_is_the_clients_for_an_hour(submitted, mei):
    log(submitted, mei, missed=True)

    missed = now(submitted)
    assert (missed.waiting_on, missed.due_at) == ("client", NOON + timedelta(hours=1))


def test_a_missed_call_is_told_to_client_and_manager_at_once(submitted, ada, ann, mei, wen):
    with sight.every_client():
        Case.objects.filter(pk=submitted.pk).update(account_manager=wen)
    log(submitted, mei, missed=True)
    relay_events()

    with sight.every_client():
        told = Notification.objects.filter(kind="call.missed")
        assert {(one.recipient, one.channel) for one in told} == {
            (person, channel) for person in (ada, ann, wen) for channel in ("in_app", "mail")
        }
        assert all(one.due_at == one.planned_at for one in told)


def test_the_client_has_a_task_and_says_that_they_spoke(as_page, submitted, ada, mei):
    with sight.every_client():
        progress.log_call(submitted, "", by=mei, who="provider", is_missed=True)
    browser, path = as_page(ada), f"/cases/{submitted.reference}/call/"
    assert "Answer the call" in page(browser, submitted.get_absolute_url())
    assert "We have spoken to them" in page(browser, path)

    assert browser.post(path).status_code == 302
    assert clocks(submitted) == [("provider_callback", "met")]
    assert now(submitted).waiting_on == "provider"
    assert "No call is awaited" in page(browser, path)
    with sight.every_client(), pytest.raises(MoveRefused):
        progress.answer_call(submitted, by=ada)


def test_the_responsible_person_whose_phone_rang_may_say_so_and_a_stranger_not(submitted, ann, bo, mei):
    log(submitted, mei, missed=True)
    with sight.every_client():
        with pytest.raises(PermissionDenied):
            progress.answer_call(submitted, by=bo)
        progress.answer_call(submitted, by=ann, now=NOON)

    assert clocks(submitted) == [("provider_callback", "met")]


def test_an_answered_call_ends_the_hour(submitted, mei):
    log(submitted, mei, missed=True)
    log(submitted, mei, missed=False, at=NOON + timedelta(minutes=20))

    assert clocks(submitted) == [("provider_callback", "met")]
    assert now(submitted).waiting_on == "provider"


def test_after_the_second_miss_the_page_proposes_the_return(as_page, submitted, mei):
    desk = as_page(mei)
    log(submitted, mei, missed=True, at=datetime.now(UTC))
    assert "Two calls were missed" not in page(desk, submitted.get_absolute_url())
    log(submitted, mei, missed=True, at=datetime.now(UTC))
    shown = page(desk, submitted.get_absolute_url())

    link = f"/cases/{submitted.reference}/moves/return_for_changes/?reason=phone_unreachable"
    assert "Two calls were missed" in shown and link in shown
    form = page(desk, link)
    assert 'value="phone_unreachable" checked' in form
    desk.post(link, {"reason": "phone_unreachable", "note": "Nobody answered twice"})
    back = now(submitted)
    assert (back.stage, back.round) == ("draft", 2)
    assert clocks(submitted) == [("provider_callback", "stopped"), ("provider_callback", "stopped")]


def test_a_verdict_ends_the_hour_too(submitted, mei):
    log(submitted, mei, missed=True)
    with sight.every_client():
        move_case(submitted, "pass_pre_audit", by=mei, now=NOON + timedelta(minutes=5))

    assert clocks(submitted) == [("provider_callback", "met")]


@pytest.mark.parametrize(
    ("stage", "who"), [("draft", "provider"), ("licensed", "provider"), ("photo", "client")]
)
def test_other_calls_are_only_kept(case, mei, stage, who):
    drive(case, stage, mei)
    log(case, mei, missed=True, who=who)

    assert clocks(case) == []


@pytest.mark.parametrize("who", ["ada", "ann", "bo"])
def test_the_log_is_the_agencys(request, as_page, submitted, who):
    browser = as_page(request.getfixturevalue(who))

    assert browser.post(f"/cases/{submitted.reference}/steps/call/", {"outcome": "missed"}).status_code == 404


def test_a_neighbours_call_is_not_there(as_page, submitted, bo):
    assert as_page(bo).get(f"/cases/{submitted.reference}/call/").status_code == 404
