"""The pre-flight is run with every change, its findings kept as rows; a warning is waived with a note."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import preflight, records
from cases.deadlines import beijing_day, midnight
from cases.models import Audience, Case, Finding
from cases.promise import by_its_rules
from cases.services import history
from cases.workflow import BEFORE_LICENCE, Stage
from clients.models import User
from clients.refusals import Conflict
from clients.sight import every_client
from trade.checks import judge

DRAFTS_AT_ONCE = 500
KEPT = ["severity", "detail", "about", "found_at", "waived_at", "waived_by", "note"]


@by_its_rules
def refresh(case: Case, *, now: datetime) -> None:
    """Bring the findings of a locked case up to date; a waiver lapses with the values it was good for.

    After the licence there is nothing to hand in: the findings stay as they were.
    """
    if case.stage not in BEFORE_LICENCE:
        return
    known = {(one.code, one.place): one for one in Finding.objects.filter(case=case)}
    open_now, changed, lapsed = [], [], []
    for found in judge(preflight.draft_of(case, on=beijing_day(now))):
        about = preflight.about(case, found)
        one = known.pop((found.code, found.place), None)
        if one is None or one.about != about:
            if one and one.is_waived:
                lapsed.append(one)
            one = Finding(
                case=case,
                client_id=case.client_id,
                code=found.code,
                place=found.place,
                severity=found.severity,
                detail=list(found.detail),
                about=about,
                found_at=now,
            )
            changed.append(one)
        open_now.append(one)
    if changed:
        Finding.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["case", "code", "place"], update_fields=KEPT
        )
    if known:
        Finding.objects.filter(case=case, pk__in=[one.pk for one in known.values()]).delete()
        lapsed += [one for one in known.values() if one.is_waived]
    if lapsed:
        codes = sorted({one.code for one in lapsed})
        history.record(
            case, "finding.lapsed", by=None, data={"findings": codes}, audience=Audience.INTERNAL, at=now
        )
    _count(case, open_now, now)


def _count(case: Case, findings: list[Finding], now: datetime) -> None:
    case.open_blocks = sum(1 for one in findings if one.blocks)
    case.open_warns = sum(1 for one in findings if not one.blocks and not one.is_waived)
    case.checked_at = now
    case.save(update_fields=["open_blocks", "open_warns", "checked_at"])


@transaction.atomic
def check_again(case: Case, *, now: datetime | None = None) -> Case:
    """The same at any time: days pass, and nobody changes a fact."""
    case = Case.objects.with_facts().locked(case)
    refresh(case, now=now or timezone.now())
    return case


def check_drafts(*, now: datetime | None = None, most: int = DRAFTS_AT_ONCE) -> int:
    """Run it for drafts that were not looked at today: days pass and change no fact. How many there were.

    One case, one transaction: a kill costs no more than the case it was in.
    """
    now = now or timezone.now()
    stale = Q(checked_at__isnull=True) | Q(checked_at__lt=midnight(beijing_day(now)))
    with every_client():
        drafts = Case.objects.filter(stale, stage=Stage.DRAFT)
        ids = list(
            drafts.order_by(F("checked_at").asc(nulls_first=True), "id").values_list("pk", flat=True)[:most]
        )
    for pk in ids:
        with every_client():
            check_again(Case(pk=pk), now=now)
    return len(ids)


@transaction.atomic
def press(case: Case, *, by: User, now: datetime | None = None) -> Case:
    """Somebody at the agency asks for it by hand."""
    if not by.standing.is_agency:
        raise PermissionDenied
    if case.stage not in BEFORE_LICENCE:
        raise Conflict(_("The filing is through; there is nothing left to check before it."), "ended")
    now = now or timezone.now()
    case = check_again(case, now=now)
    told = {"blocks": case.open_blocks, "warns": case.open_warns}
    history.record(case, "preflight.run", by=by, data=told, audience=Audience.INTERNAL, at=now)
    return case


@transaction.atomic
def waive(
    case: Case, code: str, *, by: User, note: str, place: str = "", now: datetime | None = None
) -> list[Finding]:
    """The agency knows better than a warning, and says why; without a place, wherever it was found.

    Raises `Conflict` where it blocks, is waived already or is gone.
    """
    if not by.standing.is_agency:
        raise PermissionDenied
    now = now or timezone.now()
    case = Case.objects.locked(case)
    text = records.words_of(note, at="note")
    every = list(Finding.objects.filter(case=case))
    chosen = [one for one in every if one.code == code and place in ("", one.place) and not one.is_waived]
    if not chosen:
        raise Conflict(_("This is not open any more. Look at the findings again."), "settled")
    if any(one.blocks for one in chosen):
        raise Conflict(_("This keeps the filing in draft: it is mended, not waived."), "blocks")
    for one in chosen:
        one.waived_at, one.waived_by, one.note = now, by, text
    Finding.objects.bulk_update(chosen, ["waived_at", "waived_by", "note"])
    history.record(
        case,
        "finding.waived",
        by=by,
        note=text,
        data={"findings": [code], "places": [one.place for one in chosen]},
        audience=Audience.INTERNAL,
        at=now,
    )
    case.open_warns = sum(1 for one in every if not one.blocks and not one.is_waived)
    case.save(update_fields=["open_warns"])
    return chosen
