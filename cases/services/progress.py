"""What moves no stage but whose move it is: codes entered, papers handed in elsewhere, calls, notes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import records
from cases.deadlines import CALLBACK, midday
from cases.models import Audience, Case, CaseEvent, Commercial
from cases.promise import by_its_rules
from cases.services import checklist, clocks, history, waiting
from cases.workflow import ISSUED, MoveRefused, Stage
from clients.models import AuditEvent, User
from clients.refusals import Invalid, TooMany, error

REVEALS_AN_HOUR = 30  # of one person
RINGS_AGAIN = {"provider", "bureau"}
UNDER_REVIEW = {Stage.PROVIDER_PRE_AUDIT, Stage.PHOTO, Stage.MIIT_REVIEW}
RECORDED = gettext_lazy("This is recorded already. If something is wrong with it, write to your agency.")


def _in_stage(case: Case, stage: str, by: User) -> Case:
    case = Case.objects.with_facts().locked(case)
    if not (by.standing.is_agency or by.standing.is_contact_of(case.client_id)):
        raise PermissionDenied
    if case.stage != stage or case.on_hold:
        raise MoveRefused(_("The case does not stand where this could be recorded."), "wrong_stage")
    return case


def _only_agency_again(said: date | None, by: User) -> None:
    """A day that was said already is set right by the agency; with it the authority's clock begins anew."""
    if said is not None and not by.standing.is_agency:
        raise MoveRefused(RECORDED, "recorded")


@transaction.atomic
@by_its_rules
def enter_sms_codes(case: Case, *, by: User, now: datetime | None = None) -> Case:
    """Everybody concerned has entered the ministry's code; its review begins to count."""
    now = now or timezone.now()
    case = _in_stage(case, Stage.MIIT_REVIEW, by)
    if case.events.filter(kind="sms.entered", at__gte=case.moved_at).exists():
        # Said again it would wind the bureau's clock anew.
        raise MoveRefused(RECORDED, "recorded")
    clocks.meet(case, ["sms_code"], at=now)
    clocks.start(case, "miit_review", at=now)
    history.record(case, "sms.entered", by=by, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def miss_sms_codes(case: Case, *, now: datetime) -> Case:
    """Twenty-four hours are over and nobody recorded the code."""
    case = Case.objects.with_facts().locked(case)
    clocks.miss(case, ["sms_code"], at=now)
    history.record(case, "sms.missed", by=None, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def hand_in_psb(case: Case, *, by: User, on: date, now: datetime | None = None) -> Case:
    """The police filing is handed in; now the police has to answer."""
    now = now or timezone.now()
    case = _in_stage(case, Stage.LICENSED, by)
    _only_agency_again(case.psb_handed_in_on, by)
    case.psb_handed_in_on = on
    case.save(update_fields=["psb_handed_in_on"])
    clocks.meet(case, ["psb_filing"], at=now)
    clocks.start(case, "psb_review", at=midday(on))
    checklist.close_tasks(case, by=by, now=now)
    history.record(case, "psb.handed_in", by=by, data={"on": on.isoformat()}, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def return_psb(case: Case, reasons: Any, *, by: User, note: str = "", now: datetime | None = None) -> Case:
    """The police want something mended: a task in words for each reason, and the client's move again."""
    now = now or timezone.now()
    if not by.standing.is_agency:
        raise PermissionDenied
    case = _in_stage(case, Stage.LICENSED, by)
    if not case.psb_handed_in_on:
        raise MoveRefused(_("The PSB filing is not handed in; there is nothing to return."), "not_handed_in")
    named = records.some_reasons(case, reasons)
    case.psb_handed_in_on = None
    case.save(update_fields=["psb_handed_in_on"])
    for reason in named:
        checklist.open_task(case, reason, now=now)
    clocks.stop(case, ["psb_review"], at=now)
    clocks.start(case, "psb_filing", at=midday(case.opened_on or case.licensed_on))
    kept = [{"code": one["code"], "requirements": [], "note": one["note"]} for one in named]
    history.record(case, "psb.returned", by=by, note=note, reasons=kept, at=now)
    case = Case.objects.with_facts().get(pk=case.pk)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def hand_in_application(
    case: Case, *, by: User, on: date, receipt: str = "", now: datetime | None = None
) -> Case:
    """The application for the commercial licence is accepted (受理); the authority has to answer."""
    now = now or timezone.now()
    case = _in_stage(case, Stage.PSB_FILED, by)
    if not case.makes_revenue:
        raise MoveRefused(_("The site makes no revenue; no commercial licence is needed."), "no_revenue")
    if not case.wants_licence:
        raise MoveRefused(_("It was decided that no commercial licence is needed."), "not_needed")
    _only_agency_again(case.application_handed_in_on, by)
    case.application_handed_in_on = on
    case.save(update_fields=["application_handed_in_on"])
    if receipt:
        row = case.commercial_or_none or Commercial(case=case, client_id=case.client_id)
        row.receipt = receipt
        row.save()
    clocks.start(case, "commercial_review", at=midday(on))
    data = {"on": on.isoformat()} | ({"receipt": receipt} if receipt else {})
    history.record(case, "application.handed_in", by=by, data=data, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def open_site(case: Case, *, by: User, on: date, now: datetime | None = None) -> Case:
    """The site is open since that day: the footer's day begins, and the thirty days to the police filing anew."""
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    if not by.standing.is_agency:
        raise PermissionDenied
    if case.stage not in ISSUED or case.on_hold:
        raise MoveRefused(_("The case does not stand where this could be recorded."), "wrong_stage")
    if case.licensed_on and on < case.licensed_on:
        words = _("Before its licence of %(day)s the site may not open.") % {"day": case.licensed_on}
        raise Invalid([error("on", words)])
    case.opened_on = on
    case.save(update_fields=["opened_on"])
    clocks.start(case, "footer", at=midday(on))
    if case.deadlines.filter(kind="psb_filing", state__in=clocks.RUNNING).exists():
        clocks.start(case, "psb_filing", at=midday(on))
    history.record(case, "site.opened", by=by, data={"on": on.isoformat()}, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def show_footer(case: Case, *, by: User, now: datetime | None = None) -> Case:
    """The agency saw the number and its link at the foot of the live site: the duty is done."""
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    if not by.standing.is_agency:
        raise PermissionDenied
    clocks.meet(case, ["footer", "psb_footer"], at=now)
    history.record(case, "footer.seen", by=by, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
def write_note(case: Case, text: str, *, by: User, audience: str, data: dict | None = None) -> None:
    """A note: internal unless the writer chose the client as reader. A client's own note is for both."""
    if not by.standing.is_agency:
        audience = Audience.CLIENT
    history.record(case, "note.written", by=by, note=text, data=data, audience=audience)


@transaction.atomic
@by_its_rules
def log_call(
    case: Case,
    text: str,
    *,
    by: User,
    who: str = "other",
    is_missed: bool = False,
    now: datetime | None = None,
) -> Case:
    """A call was made or taken; what was said stays with the agency.

    One of the provider's or the bureau's that nobody took starts the hour in which they ring again; the client hears
    of it at once. One that was answered ends it.
    """
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    if not by.standing.is_agency:
        raise PermissionDenied
    data = {"who": who, "outcome": "missed" if is_missed else "answered"}
    history.record(case, "call.logged", by=by, note=text, data=data, audience=Audience.INTERNAL, at=now)
    if who in RINGS_AGAIN and not case.on_hold and case.stage in UNDER_REVIEW:
        if is_missed:
            clocks.start(case, CALLBACK, at=now)
            history.record(case, "call.missed", by=by, data={"who": who}, at=now)
        else:
            clocks.meet(case, [CALLBACK], at=now)
        waiting.refresh(case, now=now)
    return case


@transaction.atomic
@by_its_rules
def answer_call(case: Case, *, by: User, now: datetime | None = None) -> Case:
    """Somebody of the client's has spoken to whoever rang in vain."""
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    standing = by.standing
    if not (standing.is_agency or standing.is_contact_of(case.client_id) or case.parts_of(by)):
        raise PermissionDenied
    if not case.deadlines.filter(kind=CALLBACK, state__in=clocks.RUNNING).exists():
        raise MoveRefused(RECORDED, "recorded")
    clocks.meet(case, [CALLBACK], at=now)
    history.record(case, "call.answered", by=by, at=now)
    waiting.refresh(case, now=now)
    return case


@transaction.atomic
def reveal_numbers(
    case: Case, *, by: User, why: str, data: dict | None = None, now: datetime | None = None
) -> None:
    """Numbers are about to be shown in clear: the event is left first, and counted; `data` says in which paper.

    Raises `TooMany` beyond thirty in an hour; with the thirtieth the managers are told.
    """
    now = now or timezone.now()
    may_reveal(case, by=by)
    with connection.cursor() as cursor:  # one after the other, so that twenty at once are twenty
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reveal:{by.pk}"])
    hour = CaseEvent.objects.filter(kind="numbers.revealed", by=by, at__gt=now - timedelta(hours=1))
    shown = hour.count()
    if shown >= REVEALS_AN_HOUR:
        wait = timedelta(hours=1) - (now - hour.order_by("id")[shown - REVEALS_AN_HOUR].at)
        words = _("You have looked at %(n)d cases' numbers within an hour. Wait a while.") % {"n": shown}
        raise TooMany(words, "too_many_reveals", wait=max(1, int(wait.total_seconds()) + 1))
    history.record(case, "numbers.revealed", by=by, note=why, data=data, at=now)
    if shown + 1 == REVEALS_AN_HOUR:
        AuditEvent.objects.create(kind="reveals.many", client=case.client, by=by, about=by)


def may_reveal(case: Case, *, by: User) -> None:
    """Agency and the client's contact."""
    if not (by.standing.is_agency or by.standing.is_contact_of(case.client_id)):
        raise PermissionDenied
