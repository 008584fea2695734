"""Rows are the promise: what happened becomes one row an address, in the transaction that says it was told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cases.models import Case, CaseEvent, Deadline, DeadlineState
from clients.sight import every_client
from hooks.events import DEADLINE, KINDS, data_of
from hooks.models import Delivery, Hook

LOOKS_BACK = timedelta(days=1)  # for clocks that ran out while nobody looked


def promise_events(events: Iterable[CaseEvent], now: datetime) -> None:
    """One row for each address that wants to know of each; the caller's transaction marks the events as told."""
    told = [event for event in events if event.kind in KINDS]
    hooks = _listening({event.kind for event in told})
    _write(
        _row(hook, f"event:{event.pk}", event.kind, event.case, data_of(event), event.at, now)
        for event in told
        for hook in hooks
        if event.kind in hook.events
    )


def promise(kind: str, name: str, case: Case, data: dict[str, Any], now: datetime) -> None:
    """The same for what is no event of a case; `name` makes twice once."""
    _write(
        _row(hook, name, kind, case, {"case": case.reference} | data, now, now) for hook in _listening({kind})
    )


def promise_missed_deadlines(*, now: datetime) -> None:
    """Clocks that ran out since an address listens; told once for each day they were set to."""
    with every_client():
        hooks = _listening({DEADLINE})
        if not hooks:
            return
        missed = Deadline.objects.filter(
            state__in=[DeadlineState.RUNNING, DeadlineState.MISSED],
            due_at__lte=now,
            due_at__gt=now - LOOKS_BACK,
        )
        _write(
            _row(
                hook,
                f"deadline:{clock.pk}:{clock.due_at:%y%m%d%H%M}",
                DEADLINE,
                clock.case,
                told,
                clock.due_at,
                now,
            )
            for clock in missed.select_related("case").order_by("due_at", "id")
            for told in [
                {"case": clock.case.reference, "clock": clock.kind, "due_at": clock.due_at.isoformat()}
            ]
            for hook in hooks
            if clock.due_at > hook.made_at
        )


def _listening(kinds: set[str]) -> list[Hook]:
    """Who is told of any of these; a held one too, for what happens meanwhile waits."""
    return list(Hook.objects.filter(events__overlap=sorted(kinds))) if kinds else []


def _row(
    hook: Hook, name: str, kind: str, case: Case, data: dict[str, Any], at: datetime, now: datetime
) -> Delivery:
    return Delivery(
        key=f"{name}:{hook.pk}",
        hook=hook,
        client_id=case.client_id,
        case=case,
        event=kind,
        data=data,
        happened_at=at,
        planned_at=now,
        next_try_at=now,
    )


def _write(rows: Iterable[Delivery]) -> None:
    if rows := list(rows):
        Delivery.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
