"""One act for many cases: chosen, rehearsed, confirmed, then done one by one through the doors that each case has.

Each case has a transaction of its own, in the sight its person has at that moment: what was chosen from another
client, or moved meanwhile, is refused with a sentence, and the rest goes on. A worker that is killed leaves each case
either done or untouched.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import asked
from cases.bulk import ACTS, ASKED, ASSIGN, HAND_OVER, REMIND, SNOOZE, TELL, WAKE
from cases.models import Audience, BulkRow, BulkRun, Case, RowState
from cases.models.case import WaitingOn
from cases.promise import by_its_rules
from cases.queries import cases_for, every_case
from cases.services import handing_over, history
from cases.services.changing import HAS_ENDED, change_facts
from cases.services.moves import move_case, refusal_of
from cases.services.progress import write_note
from cases.services.promising import lateness_of
from cases.services.snoozing import snooze, wake, why_no_rest
from cases.workflow import MoveRefused
from clients.bodies import REFERENCE
from clients.models import Membership, Role, User
from clients.queries import the_agency
from clients.refusals import Conflict, Invalid, Refusal
from clients.sight import every_client, sight_of

log = structlog.get_logger()

GONE = gettext_lazy("You do not see this case any more.")
STALE = timedelta(minutes=5)
SECONDS = 200  # of one turn of the worker; what is left is rung for again


# ── Choosing ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def choose(act: str, references: list[str], *, query: dict[str, str], is_whole: bool, by: User) -> BulkRun:
    """The chosen cases, or all behind the query, kept to be looked at; nothing has changed yet.

    Raises `Conflict` where there is none, or more than the house allows at once.
    """
    if act not in ACTS:
        raise Conflict(_("Choose what to do with them."), "act")
    query = asked.said(asked.read(query))
    most = the_agency().bulk_most
    if is_whole:
        listed = islice(every_case(by, asked.filters_of(query), most + 1), most + 1)
        named = [row.reference for row in listed]
    else:
        named = [one for one in dict.fromkeys(references) if REFERENCE.fullmatch(one)][: most + 1]
    place = {reference: n for n, reference in enumerate(named)}
    found = cases_for(by).filter(reference__in=named).values_list("reference", "pk", "client_id")
    chosen = sorted(found, key=lambda one: place[one[0]])
    if len(chosen) > most:
        words = _("At most %(n)d cases at once. Narrow the list, or do it in parts.")
        raise Conflict(words % {"n": most}, "too_many")
    if not chosen:
        raise Conflict(_("Choose at least one case."), "none")
    run = BulkRun.objects.create(by=by, act=act, query=query)
    BulkRow.objects.bulk_create(
        BulkRow(run=run, case_id=pk, client_id=client) for _reference, pk, client in chosen
    )
    return run


# ── Rehearsing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def rehearse(run: BulkRun, *, by: User) -> tuple[list[BulkRow], list[BulkRow]]:
    """Which would be done as things stand, and which not, each with its sentence; in a fixed number of queries."""
    rows = {row.case_id: row for row in BulkRow.objects.filter(run=run)}
    cases = cases_for(by).filter(pk__in=rows).with_facts().defer("filed_under")  # type: ignore[attr-defined]
    will: list[BulkRow] = []
    will_not: list[BulkRow] = []
    listed = cases.select_related("photo").prefetch_related("requirements", "deadlines")
    spoken_for = readers_of({row.client_id for row in rows.values()}) if run.act == TELL else {}
    for case in listed:
        row = rows[case.pk]
        row.case = case
        row.said = _why_not(run.act, case, by, spoken_for)
        (will_not if row.said else will).append(row)
    return will, will_not


def readers_of(client_ids: set[int]) -> dict[int, list[User]]:
    """Who reads what is written to these clients."""
    places = Membership.objects.current().filter(
        client_id__in=client_ids, role=Role.CONTACT, user__is_active=True
    )
    found: dict[int, list[User]] = {}
    for place in places.select_related("user").order_by("user_id"):
        found.setdefault(place.client_id or 0, []).append(place.user)
    return found


def _why_not(act: str, case: Case, by: User, spoken_for: dict[int, list[User]]) -> str:
    if act == TELL:
        return "" if case.client_id in spoken_for else _("Nobody speaks for this client in the portal yet.")
    if act == ASSIGN:
        return str(HAS_ENDED) if case.is_ended else ""
    if act == REMIND:
        return _why_no_reminder(case)
    if act == SNOOZE:
        return why_no_rest(case)
    if act == WAKE:
        return "" if case.snoozed_at else _("Its reminders do not rest.")
    return refusal_of(case, act, by)


def _why_no_reminder(case: Case) -> str:
    if case.on_hold:
        return _("The case is on hold.")
    if case.waiting_on != WaitingOn.CLIENT:
        return _("It does not wait on the client.")
    return ""


# ── Confirming ──────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def confirm(run: BulkRun, data: dict[str, Any], *, now: datetime | None = None) -> bool:
    """To be done from now on, once; False where it was confirmed before."""
    given = {name: str(data[name] or "") for name in ASKED.get(run.act, ())}
    left = BulkRun.objects.filter(pk=run.pk, confirmed_at__isnull=True)
    return bool(left.update(confirmed_at=now or timezone.now(), data=given))


# ── Doing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def waiting_runs(*, now: datetime | None = None) -> list[int]:
    """Ids of what nobody is doing, oldest first; bells may have been lost."""
    with every_client():
        return list(_waiting(now or timezone.now()).order_by("id").values_list("pk", flat=True)[:50])


def _waiting(now: datetime) -> Any:
    is_free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - STALE)
    return BulkRun.objects.filter(is_free, confirmed_at__isnull=False, finished_at__isnull=True)


def do_run(run_id: int, *, now: datetime | None = None) -> bool:
    """Do what is planned, case by case; False where time was over before the end.

    Does nothing where somebody else is at it.
    """
    now = now or timezone.now()
    with every_client():
        if not _waiting(now).filter(pk=run_id).update(claimed_at=now):
            return True
        run = BulkRun.objects.select_related("by").get(pk=run_id)
    end = monotonic() + SECONDS
    for _one in _batches(run):
        if monotonic() > end:
            with every_client():
                BulkRun.objects.filter(pk=run_id, claimed_at=now).update(claimed_at=None)
            return False
    if run.act == HAND_OVER:
        handing_over.finish(run)
    with every_client():
        BulkRun.objects.filter(pk=run_id, finished_at__isnull=True).update(finished_at=timezone.now())
    log.info("bulk.done", run=run.reference, act=run.act)
    return True


def _batches(run: BulkRun) -> Iterator[None]:
    """Piece by piece, each in a transaction of its own: case by case, or as many as one statement takes."""
    if run.act == HAND_OVER:
        while handing_over.do_batch(run):
            yield
        return
    for row_id in _planned(run.pk):
        yield
        _do_row(run, row_id)


def _planned(run_id: int) -> list[int]:
    with every_client():
        rows = BulkRow.objects.filter(run=run_id, state=RowState.PLANNED).order_by("id")
        return list(rows.values_list("pk", flat=True))


def _do_row(run: BulkRun, row_id: int) -> None:
    """One case in one transaction, in the sight its person has now."""
    with every_client():
        person = User.objects.get(pk=run.by_id)
        standing = person.standing
    with translation.override(person.language):
        if standing.is_agency:
            with sight_of(person):
                row = BulkRow.objects.select_for_update(skip_locked=True).filter(pk=row_id).first()
                if row is not None:
                    _settle(row, _done(run, row, person) if row.state == RowState.PLANNED else None)
                    return
        with every_client():
            left = BulkRow.objects.filter(pk=row_id, state=RowState.PLANNED)
            left.update(state=RowState.REFUSED, said=str(GONE))


def _settle(row: BulkRow, said: str | None) -> None:
    if said is not None:
        row.state, row.said = (RowState.REFUSED, said[:500]) if said else (RowState.DONE, "")
        row.save(update_fields=["state", "said"])


def _done(run: BulkRun, row: BulkRow, person: User) -> str:
    """Empty where it is done; else the sentence, and the case as it was. One that cannot be done hurts itself only."""
    try:
        with transaction.atomic():
            _do(run, Case.objects.get(pk=row.case_id), person)
    except (MoveRefused, Refusal, Invalid) as refused:
        return str(refused)
    except Case.DoesNotExist:  # its import was taken back meanwhile
        return str(GONE)
    except (OperationalError, InterfaceError):
        raise
    except Exception as trouble:  # noqa: BLE001  whatever a poisonous case raises
        log.error("bulk.row_failed", row=row.pk, error=type(trouble).__name__)
        return _("This case could not be dealt with; the cause is in the portal's log.")
    return ""


def _do(run: BulkRun, case: Case, person: User) -> None:
    told = dict(run.data)
    if run.act == ASSIGN:
        change_facts(case, {"account_manager": told["account_manager"]}, by=person)
    elif run.act == REMIND:
        remind(case, by=person)
    elif run.act == TELL:
        write(case, told["text"], by=person, run=run.reference)
    elif run.act == SNOOZE:
        snooze(case, by=person, until=date.fromisoformat(told["rest_until"]) if told["rest_until"] else None)
    elif run.act == WAKE:
        wake(case, by=person)
    else:
        note = told.pop("note", "")
        move_case(case, run.act, by=person, data=told or None, note=note)


@by_its_rules
@transaction.atomic
def remind(case: Case, *, by: User) -> None:
    """The client's contacts are told once more what is open; raises `Conflict` where nothing waits on them."""
    case = Case.objects.locked(case)
    if why := _why_no_reminder(case):
        raise Conflict(why, "not_waiting")
    history.record(case, "client.reminded", by=by)


@by_its_rules
@transaction.atomic
def write(case: Case, text: str, *, by: User, run: str, now: datetime | None = None) -> None:
    """A note to the client, on each of the cases alike; where the case will be late, with the days.

    Raises `Conflict` where nobody would read it.
    """
    case = Case.objects.with_facts().locked(case)
    if why := _why_not(TELL, case, by, readers_of({case.client_id})):
        raise Conflict(why, "no_reader")
    days = lateness_of([case], now=now or timezone.now()).get(case.pk, {})
    write_note(case, text, by=by, audience=Audience.CLIENT, data={"run": run, **days})
    if days:
        Case.objects.filter(pk=case.pk).update(lateness_is_told=True)


# ── What became of it ───────────────────────────────────────────────────────────────────────────────────────────────


def counts_of(run: BulkRun) -> dict[str, int]:
    """How many are planned, done and refused."""
    found = BulkRow.objects.filter(run=run).order_by().values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(RowState.values, 0) | dict(found)
