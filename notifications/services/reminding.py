"""Clocks and open tasks: a sweep that looks at what is due, and skips to the newest step after a standstill.

Rows are claimed in batches that no other sweep and no move holds; one statement reads them, one writes the promises,
one moves the clocks on. A lock of the database's own makes two beats harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from cases.deadlines import NUDGE_DAYS, due, reminder_moments
from cases.models import Case, Deadline, DeadlineState
from cases.models.case import WaitingOn
from cases.services import progress
from clients import sight
from clients.models import User
from notifications import kinds, recipients
from notifications.models import Notification
from notifications.recipients import BOTH, ONLY_HERE, Telling
from notifications.services.planning import Occasion, database_now, rows_of, write

log = structlog.get_logger()

BATCH = 500
BATCHES = 100
LOCK = 7_364_121  # the sweep's name among the database's advisory locks
SMS = "sms_code"
LAST_CALL = 10  # working days after which a manager hears that reminding did not help


class Step(NamedTuple):
    """How far a row has come, and when it is looked at next."""

    pk: int
    done: int
    next_at: datetime | None


def sweep_deadlines(*, now: datetime | None = None) -> list[int]:
    """Remind of every clock and every open task that is due; the ids of what is to be sent at once."""
    sent: list[int] = []
    for sweep in (_sweep_clocks, _sweep_nudges):
        for _turn in range(BATCHES):
            count, found = sweep(now)
            sent += found
            if count < BATCH:
                break
    return sent


@contextmanager
def _alone() -> Iterator[bool]:
    """True where no other sweep is at it; the lock goes with the transaction."""
    with sight.every_client(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        yield cursor.fetchone()[0]


# ── Clocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sweep_clocks(now: datetime | None) -> tuple[int, list[int]]:
    with _alone() as alone:
        if not alone:
            return 0, []
        now = now or database_now()
        # The case is held as well: whoever moves it locks it first, and is not waited for.
        clocks = list(
            Deadline.objects.filter(state=DeadlineState.RUNNING, remind_at__lte=now)
            .order_by("remind_at", "id")
            .select_related("case")
            .defer("case__pairs", "case__hold_note")
            .select_for_update(of=("self", "case"), skip_locked=True, no_key=True)[:BATCH]
        )
        if not clocks:
            return 0, []
        people = People(clock.case for clock in clocks)
        rows: list[Notification] = []
        steps: list[Step] = []
        missed: list[Deadline] = []
        for clock in clocks:
            step, told = _of_clock(clock, now, people)
            steps.append(step)
            if clock.kind == SMS and step.next_at is None:
                missed.append(clock)  # the event tells of it
            else:
                rows += _guarded(f"deadline:{clock.pk}:{step.done}", clock, told, now)
        sent = write(rows, now)
        _move_on("cases_deadline", "reminded", "remind_at", steps)
        for clock in missed:
            _miss(clock, now)
    log.info("clocks.swept", count=len(clocks), due=len(sent))
    return len(clocks), sent


def _of_clock(clock: Deadline, now: datetime, people: People) -> tuple[Step, Callable[[], list[Telling]]]:
    """The newest step that has come; older ones that nobody swept are left out."""
    moments = reminder_moments(clock.kind, clock.started_at, clock.due_at)
    come = sum(moment <= now for moment in moments)
    later = moments[come] if come < len(moments) else None
    step = Step(clock.pk, max(come, clock.reminded), later)
    if come <= clock.reminded:
        return step, list  # told before the clock was moved
    if clock.kind == SMS:
        return step, lambda: _sms_told(clock, come - 1, people)
    length = clock.due_at - clock.started_at or timedelta(seconds=1)
    share = round(100 * ((moments[come - 1] - clock.started_at) / length))
    data = {"clock": clock.kind, "share": share}
    ways = ONLY_HERE if share < 80 else BOTH
    return step, lambda: [Telling(person, kinds.CLOCK, ways, data) for person in people.staff_of(clock.case)]


def _sms_told(clock: Deadline, hour: int, people: People) -> list[Telling]:
    """At once in the portal, for the mail has gone out with the move; then by the hour, day and night."""
    ways = BOTH if hour else ONLY_HERE
    data = {"clock": clock.kind, "step": hour}
    told = [Telling(one, kinds.SMS_CLOCK, ways, data) for one in recipients.concerned(clock.case)]
    return told + [Telling(one, kinds.SMS_CLOCK, ways, data) for one in people.staff_of(clock.case)]


def _guarded(
    name: str, row: Deadline | Case, told: Callable[[], list[Telling]], now: datetime
) -> list[Notification]:
    """The promises of one row; one that cannot be read hurts itself only."""
    source, case_id = ("deadline", row.case_id) if isinstance(row, Deadline) else ("nudge", row.pk)
    try:
        return rows_of(Occasion(name, source, row.pk, row.client_id, case_id), told(), now)
    except DatabaseError:
        raise  # nothing more can be asked in this transaction; the next sweep tries all of them
    except Exception as error:  # noqa: BLE001  whatever a poisonous row raises
        log.error("reminder.untold", name=name, error=type(error).__name__)
        return []


def _miss(clock: Deadline, now: datetime) -> None:
    try:
        with transaction.atomic():
            progress.miss_sms_codes(clock.case, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        log.error("clock.not_missed", deadline=clock.pk, error=type(error).__name__)


def _move_on(table: str, done: str, next_at: str, steps: list[Step]) -> None:
    """All rows of the batch in one statement. The names are ours, never anybody's words."""
    sql = f"""UPDATE {table} SET {done} = step.done, {next_at} = step.next_at
        FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS step (id, done, next_at)
        WHERE {table}.id = step.id"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                [step.pk for step in steps],
                [step.done for step in steps],
                [step.next_at for step in steps],
            ],
        )


# ── Open tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _sweep_nudges(now: datetime | None) -> tuple[int, list[int]]:
    with _alone() as alone:
        if not alone:
            return 0, []
        now = now or database_now()
        cases = list(
            Case.objects.filter(nudge_at__lte=now)
            .order_by("nudge_at", "id")
            .defer("pairs", "hold_note")
            .select_for_update(of=("self",), skip_locked=True, no_key=True)[:BATCH]
        )
        if not cases:
            return 0, []
        people = People(cases)
        rows: list[Notification] = []
        steps: list[Step] = []
        for case in cases:
            step, told = _of_case(case, now, people)
            steps.append(step)
            name = f"nudge:{case.pk}:{int(case.waiting_since.timestamp())}:{step.done}"
            rows += _guarded(name, case, told, now)
        sent = write(rows, now)
        _move_on("cases_case", "nudges", "nudge_at", steps)
    log.info("nudges.swept", count=len(cases), due=len(sent))
    return len(cases), sent


def _of_case(case: Case, now: datetime, people: People) -> tuple[Step, Callable[[], list[Telling]]]:
    """After 2, 5 and 9 working days the client; where that did not help, a manager."""
    if case.waiting_on != WaitingOn.CLIENT:
        return Step(case.pk, case.nudges, None), list
    days = (*NUDGE_DAYS, LAST_CALL)
    moments = [due(case.waiting_since, day, "working").at for day in days]
    come = sum(moment <= now for moment in moments)
    later = moments[come] if come < len(moments) else None
    step = Step(case.pk, max(come, case.nudges), later)
    if come <= case.nudges:
        return step, list

    def told() -> list[Telling]:
        found: list[Telling] = []
        if case.nudges < min(come, len(NUDGE_DAYS)):
            data = {"step": min(come, len(NUDGE_DAYS))}
            found += [Telling(one, kinds.NUDGE, BOTH, data) for one in people.contacts(case.client_id)]
        if come > len(NUDGE_DAYS):
            found += [Telling(one, kinds.NUDGED_IN_VAIN, BOTH) for one in people.staff_of(case)]
        return found

    return step, told


class People:
    """Who is told, asked once a batch and not once a row."""

    def __init__(self, cases: Iterable[Case]) -> None:
        cases = list(cases)
        self._of_client = recipients.contacts_of({case.client_id for case in cases})
        self._known = User.objects.in_bulk({case.account_manager_id for case in cases} - {None})
        self._managers: list[User] | None = None

    def contacts(self, client_id: int) -> list[User]:
        return self._of_client.get(client_id, [])

    def staff_of(self, case: Case) -> list[User]:
        """As `recipients.staff_of`; who sees every client is looked at once."""
        person = self._known.get(case.account_manager_id)
        if person is not None:
            if person.standing.sees_every_client:
                return [person]
            if recipients.may_see(person, case.client_id, case):
                return [person]
        if self._managers is None:
            self._managers = recipients.managers()
        return self._managers
