"""Clocks start, stop and move in the transaction that moves the case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cases.deadlines import due, moved_on, next_look
from cases.models import Case, Deadline, DeadlineState
from trade.clocks import CLOCKS

A_MOMENT = timedelta(microseconds=1)
RUNNING = [DeadlineState.RUNNING, DeadlineState.PAUSED]


def start(case: Case, kind: str, *, at: datetime, until: datetime | None = None) -> Deadline:
    """Let the clock of this kind run from `at`; one that still runs is stopped first."""
    rule = CLOCKS[kind]
    stop(case, [kind], at=at)
    reckoned = due(at, rule.n, rule.unit)
    due_at = until or reckoned.at
    return Deadline.objects.create(
        case=case,
        client_id=case.client_id,
        kind=kind,
        waiting_on=rule.waiting_on,
        amount=rule.n,
        unit=rule.unit,
        started_at=at,
        due_at=due_at,
        is_provisional=reckoned.provisional and until is None,
        remind_at=next_look(kind, at, due_at, after=at - A_MOMENT),  # some speak as it begins
    )


def run_on(case: Case, kind: str) -> None:
    """What the last clock of this kind waited for was undone: it goes on as if it had never been met."""
    met = case.deadlines.filter(kind=kind, state=DeadlineState.MET).order_by("-id").first()
    if met is not None:
        start(case, kind, at=met.started_at)


def look_since(case: Case, since: datetime) -> None:
    """Reminders go on that rested since then: the sweep looks at once, and tells the newest of what came meanwhile."""
    case.deadlines.filter(state=DeadlineState.RUNNING, remind_at__gt=since).update(remind_at=since)
    Case.objects.filter(pk=case.pk, nudge_at__gt=since).update(nudge_at=since)


def meet(case: Case, kinds: Iterable[str], *, at: datetime) -> None:
    """What the clock waited for has happened: in time it is met, late it is missed."""
    for deadline in case.deadlines.filter(kind__in=list(kinds), state__in=RUNNING):
        deadline.state = DeadlineState.MET if at <= deadline.due_at else DeadlineState.MISSED
        deadline.ended_at = at
        deadline.remind_at = None
        deadline.save(update_fields=["state", "ended_at", "remind_at"])


def miss(case: Case, kinds: Iterable[str], *, at: datetime) -> None:
    """What the clock waited for will not happen any more."""
    _end(case, kinds, DeadlineState.MISSED, at)


def stop(case: Case, kinds: Iterable[str] | None = None, *, at: datetime) -> None:
    """These clocks, or all, no longer matter."""
    _end(case, kinds, DeadlineState.STOPPED, at)


def _end(case: Case, kinds: Iterable[str] | None, state: str, at: datetime) -> None:
    clocks = case.deadlines.filter(state__in=RUNNING)
    if kinds is not None:
        clocks = clocks.filter(kind__in=list(kinds))
    clocks.update(state=state, ended_at=at, remind_at=None)


def pause(case: Case, *, at: datetime) -> None:
    """The case is on hold: its clocks stand still and say so."""
    case.deadlines.filter(state=DeadlineState.RUNNING).update(state=DeadlineState.PAUSED, paused_at=at)


def go_on(case: Case, *, at: datetime) -> None:
    """The case goes on: what was left of each clock when it stopped is left of it now."""
    for deadline in case.deadlines.filter(state=DeadlineState.PAUSED):
        assert deadline.paused_at is not None
        deadline.due_at = moved_on(
            deadline.started_at, deadline.paused_at, deadline.due_at, deadline.unit, at
        )
        deadline.state, deadline.paused_at = DeadlineState.RUNNING, None
        deadline.remind_at = next_look(deadline.kind, deadline.started_at, deadline.due_at, after=at)
        deadline.save(update_fields=["due_at", "state", "paused_at", "remind_at"])
