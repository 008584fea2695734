"""A person asks that what is theirs goes, and may take it back until an administrator of the agency has answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.deadlines import BEIJING, beijing_day
from clients.models import AuditEvent, User
from clients.refusals import Conflict, Invalid, TooMany, error
from clients.services.traces import record
from clients.sight import every_client
from rights.models import STANDING, Erasure, ErasureState
from rights.permissions import may_decide
from trade.days import nth_working_day
from trade.keeping import ANSWER, TERMS

MOST_A_DAY = 3
LONGEST_REASON = 2000
MORNING = 9  # o'clock in Beijing
NEAR = 3  # working days before an asking is to be answered, on which administrators are reminded of it


@transaction.atomic
def ask_erasure(*, by: User, now: datetime | None = None) -> Erasure:
    """One at a time: asked again while it stands it is the same. The agency's own people ask their employer."""
    now = now or timezone.now()
    if by.standing.is_agency or not by.standing.is_member:
        raise PermissionDenied
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)  # a double click makes no second
    mine = Erasure.objects.filter(user=by)
    standing = mine.filter(state__in=STANDING).first()
    if standing is not None:
        return standing
    lately = mine.filter(asked_at__gt=now - timedelta(days=1))
    if lately.count() >= MOST_A_DAY:
        raise TooMany(
            _("You have asked and taken it back several times today. Ask again tomorrow."), wait=86400
        )
    answer_by = TERMS[ANSWER].after(beijing_day(now))
    row = Erasure.objects.create(user=by, asked_at=now, answer_by=answer_by)
    due = answer_by.isoformat() if answer_by else ""
    record("erasure.asked", by=by, about=by, erasure=row.reference, due=due)
    return row


def remind_of_answers(*, now: datetime | None = None) -> int:
    """Administrators hear of an asking again when its day is near, and once more on that day; how many were told."""
    now = now or timezone.now()
    if now.astimezone(BEIJING).hour < MORNING:
        return 0
    day, told = beijing_day(now), 0
    with every_client():
        for row in Erasure.objects.filter(
            state=ErasureState.ASKED, answer_by__lte=nth_working_day(day, NEAR)
        ):
            at: dict[str, Any] = {
                "erasure": row.reference,
                "due": row.answer_by.isoformat(),
                "last": row.answer_by <= day,
            }
            if not AuditEvent.objects.filter(kind="erasure.due", data__contains=at).exists():
                record("erasure.due", by=None, about=row.user, **at)
                told += 1
    return told


@transaction.atomic
def take_erasure_back(row: Erasure, *, by: User, now: datetime | None = None) -> None:
    """Nothing was touched yet. Raises `Conflict` once it is answered."""
    if row.user_id != by.pk:
        raise PermissionDenied
    won = Erasure.objects.filter(pk=row.pk, state=ErasureState.ASKED).update(
        state=ErasureState.TAKEN_BACK, taken_back_at=now or timezone.now()
    )
    if not won:
        raise Conflict(_("It has been answered already."), "answered")
    record("erasure.taken_back", by=by, about=by, erasure=row.reference)


def grant_erasure(row: Erasure, *, by: User, now: datetime | None = None) -> Erasure:
    """What no rule keeps goes at once; what one keeps goes on its day."""
    return _decide(row, ErasureState.GRANTED, "", by, now)


def refuse_erasure(row: Erasure, *, by: User, reason: str, now: datetime | None = None) -> Erasure:
    """The person reads the reason. Raises `Invalid` without one."""
    reason = reason.strip()
    if not reason:
        raise Invalid([error("reason", _("Say why; the person reads it."), "required")])
    return _decide(row, ErasureState.REFUSED, reason[:LONGEST_REASON], by, now)


@transaction.atomic
def _decide(row: Erasure, state: str, reason: str, by: User, now: datetime | None) -> Erasure:
    """By an administrator, about somebody else, once; the database asks for the same."""
    if not may_decide(by) or row.user_id == by.pk:
        raise PermissionDenied
    row = Erasure.objects.select_for_update(of=("self",)).select_related("user").get(pk=row.pk)
    if row.state != ErasureState.ASKED:
        raise Conflict(_("It was answered or taken back meanwhile. Look at it as it is now."), "answered")
    row.state, row.reason, row.decided_by, row.decided_at = state, reason, by, now or timezone.now()
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    record(f"erasure.{state}", by=by, about=row.user, erasure=row.reference, reason=reason)
    return row
