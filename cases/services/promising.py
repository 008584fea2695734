"""A launch date that was promised to a client, held against the forecast: told once, when the forecast passes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.forecast import Arrival, forecast, learned_for
from cases.models import Audience, Case, CaseEvent, UsualStay
from cases.services import history
from cases.workflow import BEFORE_LICENCE, Stage
from clients.sight import every_client

BATCH = 200


def weigh(case: Case, *, now: datetime, learned: list[UsualStay] | None = None) -> None:
    """Whether the promise is in danger now. The case is held by whoever calls; one without a promise costs nothing."""
    if case.promised_on is None and not case.promise_is_late:
        return
    licence = _expected(case, now, learned)
    is_late = _is_late(case, licence, now)
    if is_late == case.promise_is_late:
        return
    case.promise_is_late = is_late
    case.lateness_is_told = False
    case.save(update_fields=["promise_is_late", "lateness_is_told"])
    if is_late:
        told = {"promised_on": str(case.promised_on)}
        if licence is not None:
            told |= {"earliest": str(licence.earliest), "latest": str(licence.latest)}
        history.record(case, "promise.endangered", by=None, data=told, audience=Audience.INTERNAL, at=now)


def _expected(case: Case, now: datetime, learned: list[UsualStay] | None) -> Arrival | None:
    if case.promised_on is None or case.stage not in BEFORE_LICENCE:
        return None
    moves = case.events.filter(kind="case.moved").order_by("id")
    known = learned_for([case]) if learned is None else learned
    return forecast(case, known, moves, now=now).get(Stage.LICENSED)


def lateness_of(cases: Iterable[Case], *, now: datetime) -> dict[int, dict[str, str]]:
    """Of those that will be late: the day promised and the days now expected, as `forecast.lateness_in_words` reads
    them. In two queries for all of them; of what nobody can foresee nothing is said."""
    late = [case for case in cases if case.promise_is_late and case.promised_on is not None]
    learned = learned_for(late)
    moves: dict[int, list[CaseEvent]] = {}
    moved = CaseEvent.objects.filter(case__in=late, kind="case.moved") if late else []
    for move in sorted(moved, key=lambda one: one.pk):
        moves.setdefault(move.case_id, []).append(move)
    found = {}
    for case in late:
        licence = forecast(case, learned, moves.get(case.pk, ()), now=now).get(Stage.LICENSED)
        if licence is not None:
            first, last = (licence.earliest, licence.latest) if licence.filings else (licence.on, licence.on)
            days = {"promised_on": case.promised_on, "expected_from": first, "expected_to": last}
            found[case.pk] = {name: str(day) for name, day in days.items()}
    return found


def _is_late(case: Case, licence: Arrival | None, now: datetime) -> bool:
    """The day is past, or four in five like it would not be there by then. Of a case on hold nobody can say."""
    if case.promised_on is None or case.stage not in BEFORE_LICENCE:
        return False
    last: date = licence.latest if licence is not None else beijing_day(now)
    return max(last, beijing_day(now)) > case.promised_on


def weigh_all(*, now: datetime | None = None) -> int:
    """The same for all that are promised, for days pass and change no fact; how many were looked at.

    One case, one transaction: a kill costs no more than the case it was in.
    """
    now = now or timezone.now()
    count, last = 0, 0
    while True:
        with every_client():
            promised = Case.objects.filter(promised_on__isnull=False, stage__in=BEFORE_LICENCE, pk__gt=last)
            batch = list(promised.order_by("pk")[:BATCH])
            learned = learned_for(batch)
        for case in batch:
            with every_client(), transaction.atomic():
                weigh(Case.objects.with_facts().locked(case), now=now, learned=learned)
        count += len(batch)
        if len(batch) < BATCH:
            return count
        last = batch[-1].pk
