"""Reminders of a case rest: until a day, or until the client moves. Its clocks run on; the ministry's SMS code is not
silenced, for nobody gets another day for that."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.deadlines import beijing_day
from cases.models import Audience, Case
from cases.promise import by_its_rules
from cases.services import clocks, history
from clients.models import User
from clients.refusals import Conflict


@by_its_rules
@transaction.atomic
def snooze(
    case: Case, *, by: User, until: date | None = None, note: str = "", now: datetime | None = None
) -> None:
    """Let its reminders rest until that day in Beijing; without one until the client moves. Raises `Conflict`."""
    if not by.standing.is_agency:
        raise PermissionDenied
    now = now or timezone.now()
    case = Case.objects.locked(case)
    if why := why_no_rest(case):
        raise Conflict(why, "not_open")
    if until is not None and until <= beijing_day(now):
        raise Conflict(_("Give a day to come, or none."), "day_over")
    case.snoozed_at, case.snoozed_until = now, until
    case.save(update_fields=["snoozed_at", "snoozed_until"])
    data = {"until": until.isoformat()} if until else {}
    history.record(case, "reminders.rest", by=by, note=note, data=data, audience=Audience.INTERNAL, at=now)


@by_its_rules
@transaction.atomic
def wake(case: Case, *, by: User, now: datetime | None = None) -> None:
    """Its reminders go on; nothing happens where they did already."""
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.locked(case)
    if case.snoozed_at is None:
        return
    clocks.look_since(case, case.snoozed_at)
    case.snoozed_at = case.snoozed_until = None
    case.save(update_fields=["snoozed_at", "snoozed_until"])
    history.record(case, "reminders.wake", by=by, audience=Audience.INTERNAL, at=now)


def why_no_rest(case: Case) -> str:
    """Why nothing is to be silenced there; empty where something is."""
    if case.is_ended:
        return _("The case has ended; nobody is reminded of it.")
    if case.on_hold:
        return _("The case is on hold.")
    return ""
