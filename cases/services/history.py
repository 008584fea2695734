"""Every trace is left here: one row in the history, which is the outbox too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from cases.models import Audience, Case, CaseEvent
from cases.services import clocks
from clients import source
from clients.models import User

LOOKS = {"paper.viewed", "numbers.revealed"}  # to look is no move


def record_each(
    cases: Iterable[Case], kind: str, *, by: User | None, data: dict, at: datetime | None = None
) -> None:
    """The same of each of these cases, in one statement; for what the agency does, as both sides read it."""
    now = at or timezone.now()
    CaseEvent.objects.bulk_create(
        CaseEvent(
            case=case, client_id=case.client_id, kind=kind, by=by, source=source.current(), data=data, at=now
        )
        for case in cases
    )


def record(
    case: Case,
    kind: str,
    *,
    by: User | None,
    move: str = "",
    from_stage: str = "",
    to_stage: str = "",
    note: str = "",
    reasons: list | None = None,
    data: dict | None = None,
    audience: str = Audience.CLIENT,
    at: datetime | None = None,
    is_told: bool = False,
) -> CaseEvent:
    """Write the event in the caller's transaction. `data` and `note` hold no number of a paper; mask before.

    `is_told` marks what nobody needs to hear of, such as the sending of a message itself.
    """
    now = at or timezone.now()
    if case.snoozed_at is not None and by is not None and kind not in LOOKS and not by.standing.is_agency:
        # The client moved: reminders need not rest any longer.
        clocks.look_since(case, case.snoozed_at)
        case.snoozed_at = case.snoozed_until = None
        Case.objects.filter(pk=case.pk).update(snoozed_at=None, snoozed_until=None)
    return CaseEvent.objects.create(
        case=case,
        client_id=case.client_id,
        kind=kind,
        move=move,
        from_stage=from_stage,
        to_stage=to_stage,
        by=by,
        source=source.current(),
        audience=audience,
        note=note,
        reasons=reasons or [],
        data=data or {},
        at=now,
        relayed_at=now if is_told else None,
    )
