"""What is usual is learned from the agency's own history; until there is enough of it, what was shipped holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import usual
from cases.models import Case, CaseEvent, UsualStay
from cases.services.learning import learn_usual_stays
from cases.services.opening import open_case
from cases.tasks import learn_usual_stays as task
from cases.workflow import ROAD
from clients import sight
from trade.clocks import USUAL

BEGUN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday morning in Beijing


def write(case: Case, kind: str, at: datetime, **more) -> None:
    CaseEvent.objects.create(case=case, client_id=case.client_id, kind=kind, at=at, relayed_at=at, **more)


def stayed(client, days: int, *, held: bool = False) -> Case:
    """A case whose pre-audit took so many days, from one Monday on."""
    case = open_case(client, by=None, given={"domain": {"name": "old.example"}}, now=BEGUN)
    moved = {"from_stage": "draft", "to_stage": "provider_pre_audit", "move": "submit"}
    write(case, "case.moved", BEGUN, **moved)
    if held:
        stage = {"from_stage": "provider_pre_audit", "to_stage": "provider_pre_audit"}
        write(case, "case.moved", BEGUN + timedelta(hours=1), move="hold", **stage)
    moved = {"from_stage": "provider_pre_audit", "to_stage": "photo", "move": "pass_pre_audit"}
    write(case, "case.moved", BEGUN + timedelta(days=days), **moved)
    return case


def test_usual_is_the_half_and_quiet_the_fifth_that_takes_longest(agency, harbour):
    """Ten took one working day, six four, four ten (two weeks with their weekends)."""
    with sight.every_client():
        for days in [1] * 10 + [4] * 6 + [14] * 4:
            stayed(harbour, days)

    assert task() is None
    assert (
        learn_usual_stays(now=datetime(2026, 6, 1, tzinfo=UTC)) == 5
    )  # the drafts too, and the ways to stops ahead

    with sight.every_client():
        row = UsualStay.objects.get(stage="provider_pre_audit", reached="", provider="")
        assert (row.usual, row.quiet_after, row.stays) == (1, 4, 20)
        assert usual.usual_stays()["provider_pre_audit"] == (1, 4)


def test_below_enough_history_the_shipped_days_hold(agency, harbour):
    with sight.every_client():
        for _ in range(usual.ENOUGH - 1):
            stayed(harbour, 1)
        UsualStay.objects.create(stage="photo", usual=9, quiet_after=9, stays=99)

    assert learn_usual_stays(now=datetime(2026, 6, 1, tzinfo=UTC)) == 0

    with sight.every_client():
        assert not UsualStay.objects.exists()
        shipped = {stage: row.quiet_after for stage, row in USUAL.items() if row.quiet_after}
        assert {stage: quiet for stage, (_usual, quiet) in usual.usual_stays().items()} == shipped
        assert set(shipped) == {stage.value for stage in ROAD[:-1]}


def test_time_on_hold_tells_nothing(agency, harbour):
    with sight.every_client():
        for number in range(2 * usual.ENOUGH):
            stayed(harbour, 2 if number % 2 else 60, held=not number % 2)

    learn_usual_stays(now=datetime(2026, 8, 3, tzinfo=UTC))

    with sight.every_client():
        row = UsualStay.objects.get(stage="provider_pre_audit", reached="", provider="")
        assert (row.stays, row.quiet_after) == (usual.ENOUGH, 2)


def test_today_calls_quiet_what_is_quiet_for_this_agency(agency, as_page, mei, harbour):
    with sight.every_client():
        case = open_case(harbour, by=mei, given={"domain": {"name": "still.example"}})
        Case.objects.filter(pk=case.pk).update(moved_at=timezone.now() - timedelta(days=9))
    browser = as_page(mei)

    def asked() -> int:
        browser.get("/")
        with CaptureQueriesContext(connection) as caught:
            browser.get("/")
        return len(caught)

    before = asked()
    assert browser.get("/").context["quiet"] == []
    with sight.every_client():
        UsualStay.objects.create(stage="draft", usual=2, quiet_after=3, stays=40)
    usual.forget_usual()

    (row,) = browser.get("/").context["quiet"]
    assert row["pk"] == case.pk and row["why"].startswith("usually 2 days")
    assert asked() == before


def test_what_was_shipped_is_told_in_working_days(agency):
    """Thirty calendar days are not held against working ones."""
    with sight.every_client():
        assert usual.usual_stays()["licensed"] == (21, 20)
