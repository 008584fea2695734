"""Duties after the licence are kept as the facts have them.

Whatever changes an issued filing calls `follow` in its own transaction. A walk over all of them, once a day and once an
edition of the rules, brings along what only the rules or the days have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

import structlog
from django.utils import timezone

from cases import aftercare
from cases.aftercare import BY_NOTICE, SERVER, Known, Wanted
from cases.deadlines import beijing_day
from cases.models import Case, Duty, DutyRound, DutyState, Watch
from cases.workflow import ISSUED
from clients.sight import every_client
from rulebook.queries import newest_edition, todays_page
from trade import book

log = structlog.get_logger()

BATCH = 200


def follow(case: Case, *, now: datetime) -> None:
    """The duties of this case, and of older filings of the same site. The case is held by whoever calls.

    Others that somebody else holds just now are left to the walk: nobody waits here for a second case.
    """
    others = Case.objects.filter(client_id=case.client_id, domain_name=case.domain_name, stage__in=ISSUED)
    held = others.exclude(pk=case.pk).exclude(domain_name="").order_by("pk")
    pks = list(held.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    keep([case.pk, *pks], now=now)


def keep(pks: Collection[int], *, now: datetime) -> int:
    """Bring the duties of these cases, which the caller holds, to what today's rules make of them; how many changed.

    The rules of today and not those a case began with: the authorities' days bind whoever was filed before.
    """
    cases = Case.objects.with_facts().defer("filed_under").filter(pk__in=pks).order_by("pk")
    rows = _rows_of(pks)
    certificates = dict(Watch.objects.filter(case__in=pks).values_list("case_id", "certificate_until"))
    new: list[Duty] = []
    moved: list[Duty] = []
    over: list[Duty] = []
    with book.using(todays_page):
        cases = list(cases)
        newer = _newer(cases)
        for case in cases:
            open_now, closed_on = rows.get(case.pk, ({}, {}))
            open_on = {kind: row.due_on for kind, row in open_now.items()}
            known = Known(certificates.get(case.pk), open_on, closed_on, newer.get(case.pk))
            _difference(case, open_now, _wanted(case, known, now), now, (new, moved, over))
    Duty.objects.bulk_create(new)
    Duty.objects.bulk_update(moved, ["due_on", "tell_on", "is_assumed", "changed_at"])
    Duty.objects.filter(pk__in=[row.pk for row in over]).update(
        state=DutyState.STOPPED, closed_at=now, changed_at=now
    )
    return len(new) + len(moved) + len(over)


def _rows_of(pks: Collection[int]) -> dict[int, tuple[dict[str, Duty], dict[str, date]]]:
    """By case: what is open by its kind, and the day of what was done or waived last."""
    found: dict[int, tuple[dict[str, Duty], dict[str, date]]] = {}
    rows = Duty.objects.filter(case__in=pks).exclude(state=DutyState.STOPPED)
    for row in rows.order_by("closed_at", "id"):
        open_now, closed_on = found.setdefault(row.case_id, ({}, {}))
        if row.state == DutyState.OPEN:
            open_now[row.kind] = row
        else:
            closed_on[row.kind] = row.due_on
    return found


def _newer(cases: Iterable[Case]) -> dict[int, frozenset[str]]:
    """Of filings whose site a newer one answers for: nothing but the server, where that is another provider's."""
    sites = {(case.client_id, case.domain_name) for case in cases if case.domain_name}
    others = Case.objects.filter(
        client_id__in={client for client, _domain in sites},
        domain_name__in={domain for _client, domain in sites},
        stage__in=ISSUED,
    )
    newest: dict[tuple[int, str], Case] = {}
    for one in others.only("client_id", "domain_name", "provider", "filing_kind").order_by("pk"):
        if not aftercare.is_cancellation(one):
            newest[one.client_id, one.domain_name] = one
    found = {}
    for case in cases:
        last = newest.get((case.client_id, case.domain_name))
        if last is not None and last.pk > case.pk:
            found[case.pk] = frozenset({SERVER} if last.provider != case.provider else ())
    return found


def _wanted(case: Case, known: Known, now: datetime) -> dict[str, Wanted] | None:
    """None where nothing is cared for, a notice included."""
    if case.stage not in ISSUED or aftercare.is_cancellation(case):
        return None
    return aftercare.wanted(case, known, today=beijing_day(now))


def _difference(
    case: Case,
    open_now: dict[str, Duty],
    wanted: dict[str, Wanted] | None,
    now: datetime,
    into: tuple[list[Duty], list[Duty], list[Duty]],
) -> None:
    new, moved, over = into
    over += [
        row for kind, row in open_now.items() if wanted is None or (kind not in wanted and kind != BY_NOTICE)
    ]
    for kind, one in (wanted or {}).items():
        row = open_now.get(kind)
        if row is None:
            new.append(
                Duty(
                    case=case,
                    client_id=case.client_id,
                    kind=kind,
                    created_at=now,
                    changed_at=now,
                    **one._asdict(),
                )
            )
        elif (row.due_on, row.tell_on, row.is_assumed) != one:
            row.due_on, row.tell_on, row.is_assumed = one
            row.changed_at = now
            moved.append(row)


def walk(*, now: datetime | None = None, most: int = BATCH) -> int:
    """One batch of today's walk over all issued cases, in one transaction; how many it was, 0 where it is over.

    The row of the round is the cursor: a kill costs one batch, and a second worker finds it held and goes home.
    """
    now = now or timezone.now()
    with every_client():
        today = DutyRound.objects.get_or_create(day=beijing_day(now), edition=newest_edition())[0]
        held = DutyRound.objects.filter(pk=today.pk, ended_at__isnull=True)
        row = held.select_for_update(skip_locked=True).first()
        if row is None:
            return 0
        issued = Case.objects.filter(stage__in=ISSUED, pk__gt=row.last).order_by("pk")
        pks = list(issued.select_for_update(no_key=True).values_list("pk", flat=True)[:most])
        changed = keep(pks, now=now) if pks else 0
        row.last = pks[-1] if pks else row.last
        row.ended_at = None if pks else now
        row.save(update_fields=["last", "ended_at"])
    if changed or not pks:
        log.info("duties.kept", count=len(pks), changed=changed)
    return len(pks)
