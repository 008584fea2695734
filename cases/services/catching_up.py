"""Changes of the rules that reach running cases: batch by batch, each case once, wherever a kill left it.

Each case says itself how far it has come (`rules_reached`), and that moves in the transaction that brings its list
and its clocks along. So nothing is done twice, nothing is left out, and two workers share the rest between them.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from cases.deadlines import due, next_look, next_nudge
from cases.models import Audience, Case, CaseEvent, Deadline, DeadlineState, Requirement
from cases.models.case import WaitingOn
from cases.models.requirement import TASK
from cases.promise import page_of
from cases.services import checklist, waiting
from cases.services.clocks import RUNNING
from cases.workflow import BEFORE_LICENCE
from clients import sight
from rulebook.queries import newest_reaching
from trade import book
from trade.clocks import CLOCKS

BATCH = 200


def adopt(edition: int) -> int:
    """Cases from before the rules were rows are promised the first edition that says what they began with."""
    return Case.objects.filter(rules_edition=0).update(rules_edition=edition, rules_reached=edition)


def behind(edition: int) -> QuerySet[Case]:
    """Open cases that a change up to this edition has not reached yet."""
    return Case.objects.open().filter(rules_reached__lt=edition)


def catch_up(*, most: int = BATCH, now: datetime | None = None) -> int:
    """One batch in one transaction; how many cases it was. Call it until there are none."""
    now = now or timezone.now()
    with sight.every_client():
        edition = newest_reaching()
        held = behind(edition).order_by("rules_reached", "id").select_for_update(skip_locked=True)
        ids = list(held.values_list("pk", flat=True)[:most])
        if ids:
            _reach(ids, edition, now)
        return len(ids)


class Reached(NamedTuple):
    """What a change of the rules means for one case."""

    case: Case
    new: list[Requirement]
    changed: list[Requirement]
    clocks: list[Deadline]
    looks: list[Deadline]  # whose reminders come at another time
    nudged: bool
    told: dict[str, list[str]]  # what its history says of it


def _reach(ids: list[int], edition: int, now: datetime) -> None:
    papers = Prefetch("requirements", Requirement.everything.exclude(kind=TASK), to_attr="every_paper")
    clocks = Prefetch("deadlines", Deadline.objects.filter(state__in=RUNNING), to_attr="clocks_on")
    cases = Case.objects.with_facts().prefetch_related(papers, clocks).filter(pk__in=ids)
    found = [_reached(case, edition, now) for case in cases]
    Case.objects.filter(pk__in=ids).update(rules_reached=edition)
    Requirement.objects.bulk_create([paper for one in found for paper in one.new])
    Requirement.everything.bulk_update([paper for one in found for paper in one.changed], checklist.CHANGED)
    Deadline.objects.bulk_update([clock for one in found for clock in one.clocks], CLOCK)
    Deadline.objects.bulk_update([clock for one in found for clock in one.looks], ["remind_at"])
    Case.objects.bulk_update([one.case for one in found if one.nudged], ["nudge_at"])
    touched = [one for one in found if one.told]
    CaseEvent.objects.bulk_create(
        CaseEvent(
            case=one.case,
            client_id=one.case.client_id,
            kind="rules.reached",
            audience=Audience.CLIENT,
            data=one.told | {"edition": edition},
            at=now,
            relayed_at=now,  # what is asked now stands on the list; nobody is rung for it
        )
        for one in touched
    )
    _settle([one.case.pk for one in touched], now)


CLOCK = ["amount", "unit", "waiting_on", "due_at", "is_provisional", "remind_at"]


def _reached(case: Case, edition: int, now: datetime) -> Reached:
    case.rules_reached = edition
    papers: list[Requirement] = case.every_paper  # type: ignore[attr-defined]
    away = {paper.pk for paper in papers if paper.dropped_at}
    new: list[Requirement] = []
    changed: list[Requirement] = []
    with book.using(page_of(case)):
        if case.stage in BEFORE_LICENCE:  # what a licence was given for is not asked for again
            new, changed = checklist.difference(case, papers, now=now)
        clocks = [clock for clock in case.clocks_on if _set_anew(clock, now)]  # type: ignore[attr-defined]
        looks = [clock for clock in case.clocks_on if _looked_at_anew(clock, now)]  # type: ignore[attr-defined]
        nudged = _nudged_anew(case, now)
    told = {
        "asked": [
            paper.kind for paper in (*new, *changed) if paper.pk in {None, *away} and not paper.dropped_at
        ],
        "dropped": [paper.kind for paper in changed if paper.dropped_at],
        "clocks": [clock.kind for clock in clocks],
    }
    return Reached(
        case, new, changed, clocks, looks, nudged, {name: kinds for name, kinds in told.items() if kinds}
    )


def _set_anew(clock: Deadline, now: datetime) -> bool:
    """A clock that another length or unit was promised to since; one set by hand, or that stood still, goes on as it
    is."""
    rule = CLOCKS.get(clock.kind)
    if rule is None or (rule.n, rule.unit) == (clock.amount, clock.unit):
        return False
    if clock.state != DeadlineState.RUNNING:
        return False
    if due(clock.started_at, clock.amount, clock.unit).at != clock.due_at:
        return False
    reckoned = due(clock.started_at, rule.n, rule.unit)
    clock.amount, clock.unit, clock.waiting_on = rule.n, rule.unit, rule.waiting_on
    clock.due_at, clock.is_provisional = reckoned.at, reckoned.provisional
    clock.remind_at = next_look(clock.kind, clock.started_at, clock.due_at, after=now)
    return True


def _looked_at_anew(clock: Deadline, now: datetime) -> bool:
    """Its reminders come when the rules that reached it say; what is due is left to the sweep."""
    if clock.state != DeadlineState.RUNNING or (clock.remind_at and clock.remind_at <= now):
        return False
    before, clock.remind_at = (
        clock.remind_at,
        next_look(clock.kind, clock.started_at, clock.due_at, after=now),
    )
    return clock.remind_at != before


def _nudged_anew(case: Case, now: datetime) -> bool:
    if case.waiting_on != WaitingOn.CLIENT or (case.nudge_at and case.nudge_at <= now):
        return False
    before, case.nudge_at = case.nudge_at, next_nudge(case.waiting_since, after=now)
    return case.nudge_at != before


def _settle(ids: list[int], now: datetime) -> None:
    """Whose move it is, of the cases as they are now; their findings are looked at again soon."""
    running = Prefetch(
        "deadlines",
        Deadline.objects.filter(state=DeadlineState.RUNNING).order_by("due_at", "id"),
        to_attr="clocks_on",
    )
    cases = list(
        Case.objects.with_facts().prefetch_related("requirements", "reopenings", running).filter(pk__in=ids)
    )
    for case in cases:
        waiting.reckon(case, case.clocks_on, now=now)  # type: ignore[attr-defined]
        if case.stage in BEFORE_LICENCE:
            case.checked_at = None
    Case.objects.bulk_update(cases, [*waiting.RECKONED, "checked_at"])
