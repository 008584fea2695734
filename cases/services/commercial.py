"""The commercial licence beside the road: whether it is needed, what lies ready, when to appear, what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Audience, Case, Commercial
from cases.promise import by_its_rules
from cases.services import clocks, history, waiting
from cases.workflow import MoveRefused, Stage
from clients.models import User
from clients.refusals import Invalid, error
from trade.commercial import DEMANDS


def _open(case: Case, by: User) -> tuple[Case, Commercial]:
    """The case, held, and its row; both only where the question is asked at all."""
    if not by.standing.is_agency:
        raise PermissionDenied
    case = Case.objects.with_facts().locked(case)
    if case.is_ended:
        raise MoveRefused(_("This case has ended; nothing more is recorded."), "ended")
    if not case.makes_revenue:
        raise MoveRefused(_("The site makes no revenue; no commercial licence is needed."), "no_revenue")
    return case, case.commercial_or_none or Commercial(case=case, client_id=case.client_id)


@transaction.atomic
@by_its_rules
def decide(
    case: Case,
    *,
    needed: bool,
    why: str,
    by: User,
    foreign_capital: bool | None = None,
    now: datetime | None = None,
) -> Case:
    """Staff say whether this site needs the licence; without it the road ends with the police."""
    now = now or timezone.now()
    case, row = _open(case, by)
    if not needed and (case.application_handed_in_on or case.licence_number):
        raise MoveRefused(_("The application is in already. Record what came of it instead."), "handed_in")
    if not needed and not why:
        raise Invalid([error("why", _("Write in a sentence why."), "missing")])
    row.needed, row.why, row.foreign_capital = needed, why, foreign_capital
    row.save()
    data = {"needed": needed, "foreign_capital": foreign_capital}
    history.record(case, "commercial.decided", by=by, note=why, data=data, at=now)
    case = Case.objects.with_facts().get(pk=case.pk)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def tick(case: Case, codes: Iterable[str], *, by: User) -> Case:
    """What of the application lies ready; lines that no rule names are left out."""
    case, row = _open(case, by)
    ticked = [code for code in DEMANDS if code in set(codes)]
    if ticked != row.ticked:
        changed = {
            "ticked": [code for code in ticked if code not in row.ticked],
            "unticked": [code for code in row.ticked if code not in ticked],
        }
        row.ticked = ticked
        row.save()
        history.record(case, "commercial.checked", by=by, data=changed, audience=Audience.INTERNAL)
    return case


@transaction.atomic
@by_its_rules
def appoint(case: Case, *, on: date | None, office: str, carried: str, by: User) -> Case:
    """When to appear where, and with which papers; without a day the appointment is off."""
    case, row = _open(case, by)
    if on is None and (office or carried):
        raise Invalid([error("on", _("Give the day of the appointment."), "missing")])
    if (on, office, carried) == (row.appointment_on, row.office, row.carried):
        return case
    row.appointment_on, row.office, row.carried = on, office, carried
    row.save()
    data = {"on": on.isoformat(), "office": office} if on else {}
    history.record(case, "commercial.appointment", by=by, note=carried, data=data)
    return case


@transaction.atomic
@by_its_rules
def refuse_application(case: Case, *, note: str, by: User, now: datetime | None = None) -> Case:
    """The authority said no: its clock ends, and it may be applied for again."""
    now = now or timezone.now()
    case, row = _open(case, by)
    if case.stage != Stage.PSB_FILED or case.on_hold or not case.application_handed_in_on:
        raise MoveRefused(_("The case does not stand where this could be recorded."), "wrong_stage")
    if not note:
        raise Invalid([error("text", _("Write in a sentence why."), "missing")])
    case.application_handed_in_on = None
    case.save(update_fields=["application_handed_in_on"])
    row.receipt = ""
    row.save()
    clocks.stop(case, ["commercial_review"], at=now)
    history.record(case, "application.refused", by=by, note=note, at=now)
    waiting.refresh(case, now=now)
    return case
