"""What people do about duties after the licence: done, not needed, and a provider's check that its notice names."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import records
from cases.aftercare import BY_NOTICE, FACT_OF, SERVER, asks_for_day
from cases.deadlines import beijing_day
from cases.models import Audience, Case, Duty, DutyState
from cases.promise import by_its_rules
from cases.services import history
from cases.services.changing import change_facts
from cases.services.duties import follow
from cases.workflow import ISSUED, MoveRefused
from clients.models import User
from clients.refusals import Conflict, Invalid, error
from trade.aftercare import DUTIES


@transaction.atomic
@by_its_rules
def finish(duty: Duty, *, by: User, until: date | None = None, now: datetime | None = None) -> None:
    """It is done. What ends on a day has a new one now, which becomes the fact it came from; the next duty follows.

    Raises `Conflict` where it is not open any more, `Invalid` where the new day is missing or no later one.
    """
    now = now or timezone.now()
    case, duty = _held(duty, by)
    if asks_for_day(duty.kind):
        _ask_for_later(until, duty, now)
    else:
        until = None
    _close(duty, DutyState.DONE, by=by, now=now)
    told = {"until": until.isoformat()} if until and duty.kind == SERVER else {}
    history.record(case, "duty.done", by=by, data={"duty": duty.kind, **told}, at=now)
    if path := FACT_OF.get(duty.kind):
        thing, _dot, name = path.partition(".")
        change_facts(case, {thing: {name: until}}, by=by, now=now)
        return
    if duty.kind == SERVER:
        case.server.paid_until = until
        case.server.save(update_fields=["paid_until"])
    follow(case, now=now)


def _ask_for_later(until: date | None, duty: Duty, now: datetime) -> None:
    if until is None:
        raise Invalid([error("until", _("Say until when it holds now."), "missing")])
    if until <= max(duty.due_on, beijing_day(now)):
        raise Invalid([error("until", _("The new day must lie ahead, and after the one that runs out."))])


@transaction.atomic
@by_its_rules
def waive(duty: Duty, note: str, *, by: User, now: datetime | None = None) -> None:
    """It need not be done, and why; it comes back only with another day."""
    now = now or timezone.now()
    case, duty = _held(duty, by)
    duty.note = records.words_of(note)
    _close(duty, DutyState.WAIVED, by=by, now=now)
    history.record(
        case,
        "duty.waived",
        by=by,
        note=duty.note,
        data={"duty": duty.kind},
        audience=Audience.INTERNAL,
        at=now,
    )
    follow(case, now=now)


@transaction.atomic
@by_its_rules
def note_check(case: Case, *, by: User, on: date, note: str, now: datetime | None = None) -> Duty:
    """The provider checks the filing; what its notice names is to be right by that day. The client hears at once."""
    now = now or timezone.now()
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.with_facts().locked(case)
    if case.stage not in ISSUED:
        raise MoveRefused(_("The case does not stand where this could be recorded."), "wrong_stage")
    if on < beijing_day(now):
        raise Invalid([error("on", _("This day is over."))])
    if Duty.objects.filter(case=case, kind=BY_NOTICE, state=DutyState.OPEN).exists():
        raise Conflict(_("A check of the provider is open already. Finish it first."), "open")
    text = records.words_of(note)
    duty = Duty.objects.create(
        case=case,
        client_id=case.client_id,
        kind=BY_NOTICE,
        due_on=on,
        tell_on=min(DUTIES[BY_NOTICE].told_from(on), beijing_day(now)),
        note=text,
        created_at=now,
        changed_at=now,
    )
    data = {"duty": BY_NOTICE, "on": on.isoformat()}
    history.record(case, "check.noticed", by=by, note=text, data=data, at=now)
    return duty


def _held(duty: Duty, by: User) -> tuple[Case, Duty]:
    """The case first and its duty after, here as everywhere."""
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.with_facts().locked(duty.case)
    duty = Duty.objects.select_for_update().get(pk=duty.pk)
    if duty.state != DutyState.OPEN:
        raise Conflict(_("This is settled already."), "settled")
    return case, duty


def _close(duty: Duty, state: str, *, by: User, now: datetime) -> None:
    duty.state, duty.closed_at, duty.closed_by, duty.changed_at = state, now, by, now
    duty.save(update_fields=["state", "note", "closed_at", "closed_by", "changed_at"])
