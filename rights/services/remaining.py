"""What a rule kept of an erased person goes on its day; and an older copy that was restored follows the list."""

from __future__ import annotations

from datetime import date, datetime

import structlog
from django.db import IntegrityError, ProgrammingError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from cases.deadlines import beijing_day
from cases.models import Person
from clients.models import ERASED, User
from clients.sight import every_client
from documents import keeping
from documents import services as papers
from rights import erased, weighing
from rights.models import Erasure, ErasureState, Remainder
from rights.services import erasing
from rights.weighing import FACTS

log = structlog.get_logger()

BATCH = 200


def sweep_remainders(*, now: datetime | None = None) -> int:
    """How many are gone. Each in a transaction of its own; what is killed in the middle is done by the next ring."""
    now, gone = now or timezone.now(), 0
    with every_client():
        ids = list(Remainder.objects.filter(gone_at__isnull=True).order_by("id").values_list("pk", flat=True))
    for pk in ids:
        with every_client():
            rows = Remainder.objects.select_for_update(of=("self",), skip_locked=True)
            row = rows.filter(pk=pk, gone_at__isnull=True).select_related("case", "erasure").first()
            if row is not None:
                gone += _facts_go(row, now) if row.kind == FACTS else _papers_go(row, now)
    return gone


def _facts_go(row: Remainder, now: datetime) -> bool:
    """The person's row in the filing, as long as it is still theirs: another may have taken their place."""
    person = Person.objects.filter(case=row.case_id, part=row.of).first()
    if person is None or erasing.mark_of(person.email) != row.mark:
        return _gone(row, now)
    rule, until = weighing.facts_stay(row.case, beijing_day(now))
    if rule:
        return _stays(row, rule, until)
    _stays(row, row.rule, beijing_day(now))  # by which the database knows whose words go
    erasing.blank_history(row.erasure)
    erasing.without(erasing.pattern_of(erasing.words_of([person])), [row.client_id])
    erasing.blank_people(Person.objects.filter(pk=person.pk))
    return _gone(row, now)


def _papers_go(row: Remainder, now: datetime) -> bool:
    """Those that were there when the person was erased; identity papers have their own sweep and day."""
    assert row.erasure.blanked_at is not None
    there = keeping.with_stops(
        keeping.stored().filter(
            case=row.case_id,
            requirement__of=row.of,
            sent_at__lte=row.erasure.blanked_at,
        )
    ).select_related("case", "requirement", "client")
    lying = list(there)
    told = [weighing.paper_stays(paper, beijing_day(now)) for paper in lying if not paper.destroying_at]
    free = [
        paper.pk
        for paper in lying
        if not paper.destroying_at and not weighing.paper_stays(paper, beijing_day(now))[0]
    ]
    if free:
        papers.claim_for(row.erasure.reference, free, now=now)
    if not lying:
        return _gone(row, now)
    for rule, until in told:
        if rule:
            return _stays(row, rule, until)
    return False


def _stays(row: Remainder, rule: str, until: date | None) -> bool:
    if (rule, until) != (row.rule, row.until):
        row.rule, row.until = rule, until
        row.save(update_fields=["rule", "until"])
    return False


def _gone(row: Remainder, now: datetime) -> bool:
    row.mark, row.gone_at = "", now
    row.save(update_fields=["mark", "gone_at"])
    return True


# ── After a restore ─────────────────────────────────────────────────────────────────────────────────────────────────


def replay_erased(*, now: datetime | None = None) -> int:
    """Whom an older copy of the database has brought back is erased again; nobody is written to. How many they were."""
    now, again = now or timezone.now(), 0
    for line in erased.entries():
        try:
            with every_client():
                again += _erase_again(line, now)
        except (IntegrityError, ProgrammingError) as error:
            # An older copy in which whoever decided was no administrator yet: a person must look.
            log.error("erasure.not_replayed", erasure=line["reference"], error=type(error).__name__)
    if again:
        log.warning("erasure.replayed", count=again)
    return again


def _erase_again(line: dict[str, str], now: datetime) -> bool:
    user = User.objects.filter(reference=line["person"]).exclude(email__endswith=ERASED).first()
    row = _as_decided(line, user) if user is not None else None
    if row is None:
        return False
    erasing.blank(row, now, is_again=True)
    row.replayed_at = now
    erasing.forget_address(row, now)
    return True


def _as_decided(line: dict[str, str], user: User) -> Erasure | None:
    """The row as it was decided, where the older copy had not heard of the asking or the answer; else None.

    What is granted or blanked here goes on by itself, with its receipt, as on the first day: whoever carried it out was
    killed after the list had its line.
    """
    by = User.objects.filter(reference=line["decided_by"]).first()
    row = Erasure.objects.select_for_update(of=("self",)).filter(reference=line["reference"]).first()
    if row is None:
        row = Erasure.objects.create(
            reference=line["reference"],
            user=user,
            asked_at=parse_datetime(line["asked_at"]),
            answer_by=parse_date(line["answer_by"]),
        )
    if row.state != ErasureState.ASKED:
        return None
    row.state, row.decided_by = ErasureState.GRANTED, by
    row.decided_at = parse_datetime(line["decided_at"])
    row.save(update_fields=["state", "decided_by", "decided_at"])
    return row
