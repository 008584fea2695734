"""What lived elsewhere comes in where it stands, and goes again where that was a mistake; no move is made or told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import facts, records, search
from cases.deadlines import midday, next_look
from cases.models import Audience, Case
from cases.promise import by_its_rules
from cases.services import clocks, duties, history, planning, waiting, watching
from cases.services.moves import start_again
from cases.workflow import ENDED, ISSUED, ROAD, MoveRefused, Stage
from clients.models import User


@transaction.atomic
@by_its_rules
def bring_in(case: Case, stage: str, results: dict[str, str], *, now: datetime | None = None) -> Case:
    """A case that lived elsewhere until today, from the draft in which it begins to where it stands.

    It is walked along the pairs that the database lets through, for that asks at each step whoever comes. Nothing is
    recorded as a move: nobody here made one, and no day is known on which it was. Only for a draft just opened.
    Raises `facts.Invalid` for a result that cannot be taken.
    """
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    if (
        case.stage != Stage.DRAFT
        or case.events.exclude(kind="case.imported").filter(by__isnull=False).exists()
    ):
        raise MoveRefused(_("This case has begun here; it goes on by its moves."), "wrong_stage")
    given = clean_results(case, stage, results, now=now)
    road = _road_to(stage)
    if not road:
        return case
    for before, after in zip([Stage.DRAFT, *road], road, strict=False):
        Case.objects.filter(pk=case.pk, stage=before).update(stage=after)
    case = Case.objects.with_facts().get(pk=case.pk)
    for name, value in given.items():
        setattr(case, name, value)
    since = [given[on] for on in ("granted_on", "filed_on", "licensed_on") if on in given]
    case.moved_at = midday(since[0]) if since else now
    case.filed_under = search.filed_under(case, case.client)
    case.save()
    start_again(case, now)
    _keep_quiet(case, now)
    case = Case.objects.with_facts().get(pk=case.pk)
    waiting.refresh(case, now=now)
    if case.stage in ISSUED:
        watching.follow(case, now=now)
        duties.follow(case, now=now)
        planning.refresh_others(case, now=now)
    return case


def clean_results(case: Case, stage: str, results: dict[str, str], *, now: datetime) -> dict[str, Any]:
    """The numbers and days that a case at this stage brings along, each cleaned as its move would."""
    given: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for move, wanted in records.WANTED.items():
        told = {name: results[name] for name in wanted if results.get(name)}
        if not told or move not in ("grant_licence", "file_psb", "grant_commercial_licence"):
            continue
        try:
            given |= records.clean_data(case, move, told, now=now)
        except facts.Invalid as refused:
            errors += refused.errors
    if errors:
        raise facts.Invalid(errors)
    return given


def _road_to(stage: str) -> list[Stage]:
    """The stops after the draft, the last one included; an end is reached from the first stop that leads there."""
    if stage == Stage.WITHDRAWN:
        return [Stage.WITHDRAWN]
    if stage == Stage.CANCELLED:
        return [*ROAD[1 : ROAD.index(Stage.LICENSED) + 1], Stage.CANCELLED]
    return ROAD[1 : ROAD.index(Stage(stage)) + 1]


def _keep_quiet(case: Case, now: datetime) -> None:
    """Nobody is reminded of what was long ago: of the past only the duty to file with the police runs on, overdue."""
    for clock in case.deadlines.filter(state__in=clocks.RUNNING):
        if clock.due_at < now and clock.kind not in ("psb_filing", "psb_review"):
            clocks.stop(case, [clock.kind], at=now)
            continue
        clock.remind_at = next_look(clock.kind, clock.started_at, clock.due_at, after=now)
        clock.save(update_fields=["remind_at"])


@transaction.atomic
@by_its_rules
def take_back(case: Case, *, by: User, data: dict[str, Any], now: datetime | None = None) -> None:
    """A case that should not have been brought in: ended the way its stage allows, told to nobody, in no list any more.

    What was written of it stays in the history.
    """
    now = now or timezone.now()
    case = Case.objects.with_facts().locked(case)
    before = case.stage
    was_issued = before in ISSUED
    if before not in ENDED:
        end = Stage.CANCELLED if was_issued else Stage.WITHDRAWN
        Case.objects.filter(pk=case.pk, stage=before).update(stage=end, moved_at=now)
        case = Case.objects.with_facts().get(pk=case.pk)
    clocks.stop(case, at=now)
    waiting.refresh(case, now=now)
    watching.follow(case, now=now)
    duties.follow(case, now=now)
    history.record(
        case,
        "case.taken_back",
        by=by,
        from_stage=before,
        to_stage=case.stage,
        data=data,
        at=now,
        is_told=True,
    )
    Case.objects.filter(pk=case.pk).update(taken_back_at=now, version=case.version + 1)
    if was_issued:
        planning.refresh_others(case, now=now)


def keep_note(case: Case, text: str, *, by: User) -> None:
    """What the spreadsheet said besides, for the agency alone."""
    history.record(case, "note.written", by=by, note=text, audience=Audience.INTERNAL, is_told=True)
