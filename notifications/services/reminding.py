"""The sweep: it looks at the clocks and open tasks whose moment has come, and tells as the rules of reminders say.

Rows are claimed in batches that no other sweep and no move holds. One statement reads them, one writes the promises,
one moves the rows on; only which step has come and who is told is worked out between them, by the rules promised to
each case. To the database go numbers alone, and once a batch what their messages have in common. After a standstill
each rule tells its newest step alone. A lock of the database's own makes two beats harmless.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from cases.deadlines import beijing_day
from cases.models import Case
from cases.models.case import is_resting
from cases.queries import cases_for, tasks_done
from cases.services import progress
from clients import sight
from clients.asking import asked
from clients.models import User
from clients.queries import stand_ins
from notifications import recipients
from notifications.kinds import kind_of
from notifications.models import Channel, Notification, State
from notifications.services.planning import Occasion, Rooms, database_now, rows_of_rooms, write
from rulebook.queries import promised_page
from trade import book, reminders
from trade.reminders import SMS, Reminder, Step

log = structlog.get_logger()

BATCH = 2000
BATCHES = 100
LOCK = 7_364_121  # the sweep's name among the database's advisory locks
LATER = timedelta(hours=6)  # until what cannot be read is looked at again


class Due(NamedTuple):
    """A clock, or a client whose move it is (`kind` is empty): what the sweep reads of it."""

    pk: int
    kind: str
    started_at: datetime
    due_at: datetime | None
    look_at: datetime
    case_id: int
    client_id: int
    manager_id: int | None
    edition: int
    reached: int
    began: date  # the day in Beijing
    snoozed_at: datetime | None
    snoozed_until: date | None
    is_told: bool


@dataclass(frozen=True)
class Outbox:
    """Where due rows stand, and what moves them on. The names are ours, never anybody's words."""

    source: str
    due: str
    facts: str  # of these rows: the beginning of a promise's name, and what its letter must know of the row
    on: str


_OF_CASE = """c.id, c.client_id, c.account_manager_id, c.rules_edition, c.rules_reached,
        (c.created_at AT TIME ZONE 'Asia/Shanghai')::date,
        c.snoozed_at, c.snoozed_until"""
CLOCKS = Outbox(
    "deadline",
    # The case is held as well: whoever moves it locks it first, and is not waited for.
    f"""SELECT d.id, d.kind, d.started_at, d.due_at, d.remind_at, {_OF_CASE}, true
        FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
        WHERE d.state = 'running' AND d.remind_at <= %s
        ORDER BY d.remind_at, d.id LIMIT %s FOR NO KEY UPDATE OF d, c SKIP LOCKED""",  # noqa: S608
    """SELECT id, client_id, case_id, 'deadline:' || id AS name,
        jsonb_build_object('clock', kind, 'due', due_at) AS data FROM cases_deadline""",
    """UPDATE cases_deadline SET reminded = reminded + step.told, remind_at = step.next_at
        FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS step (id, told, next_at)
        WHERE cases_deadline.id = step.id""",
)
TURNS = Outbox(
    "nudge",
    f"""SELECT c.id, '', c.waiting_since, NULL, c.nudge_at, {_OF_CASE}, c.waiting_on = 'client'
        FROM cases_case c WHERE c.nudge_at <= %s
        ORDER BY c.nudge_at, c.id LIMIT %s FOR NO KEY UPDATE OF c SKIP LOCKED""",  # noqa: S608
    """SELECT id, client_id, id AS case_id, 'nudge:' || id || ':' || floor(extract(epoch FROM waiting_since)) AS name,
        jsonb_build_object('since', floor(extract(epoch FROM waiting_since))) AS data FROM cases_case""",
    """UPDATE cases_case SET nudges = nudges + step.told, nudge_at = step.next_at
        FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS step (id, told, next_at)
        WHERE cases_case.id = step.id""",
)


def sweep_deadlines(*, now: datetime | None = None) -> list[int]:
    """Remind of every clock and every open task that is due; the ids of what is to be sent at once."""
    sent: list[int] = []
    for _turn in range(BATCHES):
        with _alone() as alone:
            if not alone:
                return sent
            # Both in one transaction: what a person hears of in one sweep they hear of in one mail.
            swept = [_sweep(outbox, now or database_now()) for outbox in (CLOCKS, TURNS)]
        sent += [pk for _count, found in swept for pk in found]
        if all(count < BATCH for count, _found in swept):
            break
    return sent


@contextmanager
def _alone() -> Iterator[bool]:
    """True where no other sweep is at it; the lock goes with the transaction."""
    with sight.every_client(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        yield cursor.fetchone()[0]


def _sweep(outbox: Outbox, now: datetime) -> tuple[int, list[int]]:
    """One batch: how many rows were due, and what is to be sent at once."""
    rows = [Due(*row) for row in asked(outbox.due, [now, BATCH], is_planned_once=False)]
    if not rows:
        return 0, []
    moved: list[tuple[int, int, datetime | None]] = []
    come: list[tuple[Due, Step]] = []
    missed: list[Due] = []
    known: dict[tuple, tuple[Reminder, ...]] = {}
    today = beijing_day(now)
    for row in rows:
        steps, next_at = _outlook(row, now, today, known)
        if row.kind == SMS and row.due_at and row.due_at <= now:
            missed.append(row)  # the event tells of it
            steps, next_at = [], now + LATER
        come += [(row, step) for step in steps]
        moved.append((row.pk, len(steps), next_at))
    promised = list(_tellings(come, now))
    sent = _promise(promised, outbox, now) + _promise_rooms(promised, outbox, now)
    with connection.cursor() as cursor:
        cursor.execute(outbox.on, [_array(column) for column in zip(*moved, strict=True)])
    for row in missed:
        _miss(row, now)
    log.info("reminders.swept", outbox=outbox.source, count=len(rows), due=len(sent))
    return len(rows), sent


def _rules(row: Due, known: dict[tuple, tuple[Reminder, ...]]) -> tuple[Reminder, ...]:
    """The rules promised to the case for this clock, or for its client's move."""
    key = (row.edition, row.reached, row.began, row.kind)
    if key not in known:
        with book.using(promised_page(row.edition, row.reached, row.began)):
            known[key] = reminders.of_clock(row.kind) if row.kind else reminders.of_turn()
    return known[key]


def _array(column: Iterable[object]) -> str:
    """As PostgreSQL reads numbers and moments: psycopg's own way walks each value through Python."""
    return "{" + ",".join("NULL" if one is None else str(one) for one in column) + "}"


def _outlook(
    row: Due, now: datetime, today: date, known: dict[tuple, tuple[Reminder, ...]]
) -> tuple[list[Step], datetime | None]:
    """What has come for this row and when the next look is; one that cannot be read hurts itself only."""
    if not row.is_told:
        return [], None
    if row.kind != SMS and is_resting(row.snoozed_at, row.snoozed_until, today):
        return [], now + LATER  # whoever wakes it, and however: the newest step is told then
    # What came while it rested lies before the last look, and was not told.
    behind = min(row.look_at, row.snoozed_at or row.look_at)
    try:
        found = reminders.outlook(_rules(row, known), row.started_at, row.due_at, now, behind=behind)
    except DatabaseError:
        raise  # nothing more can be asked in this transaction; the next sweep tries all of them
    except Exception as error:  # noqa: BLE001  whatever a poisonous row raises
        log.error("reminder.untold", row=row.pk, kind=row.kind, error=type(error).__name__)
        return [], now + LATER
    ends = row.due_at if row.kind == SMS and row.due_at and row.due_at > now else None
    return found.come, min(filter(None, (found.next_at, ends)), default=None)


def _miss(row: Due, now: datetime) -> None:
    try:
        with transaction.atomic():
            progress.miss_sms_codes(Case.objects.get(pk=row.case_id), now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        log.error("clock.not_missed", deadline=row.pk, error=type(error).__name__)


# ── Promises ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Shape(NamedTuple):
    """What all promises of one step have in common; column by column as `_WRITE` takes it, once a batch."""

    step: str  # the end of a promise's name; behind it come person and way
    ways: str  # by commas
    kind: str
    is_essential: bool
    is_quiet: bool
    data: str


class Promise(NamedTuple):
    """What is told to one person of one step, by all its ways."""

    row: Due
    person: int
    shape: Shape


# What the row is stands in its own table; address, language and what they want in that of people. A reference is made
# of the key and a secret of this one writing, for a random number of its own costs five times as much. What was
# promised before stays as it is.
_WRITE = f"""
WITH shape AS MATERIALIZED (
    SELECT n, step, way, kind, is_essential, way = '{Channel.IN_APP}' AS is_here,
        way = '{Channel.MAIL}' AND NOT is_essential AS may_be_left, data::jsonb AS data,
        CASE WHEN is_quiet AND way <> '{Channel.IN_APP}' THEN %(opens)s::timestamptz
            ELSE %(now)s::timestamptz END AS at
    FROM unnest(%(step)s::text[], %(ways)s::text[], %(kind)s::text[], %(is_essential)s::bool[], %(is_quiet)s::bool[],
        %(data)s::text[]) WITH ORDINALITY AS given (step, ways, kind, is_essential, is_quiet, data, n),
        unnest(string_to_array(given.ways, ',')) AS way),
made AS (
    INSERT INTO notifications_notification (reference, key, client_id, case_id, recipient_id, "to", channel, kind,
        is_essential, data, language, source, source_id, state, reason, planned_at, due_at, next_try_at, sent_at, tries,
        unknowns)
    SELECT 'N-' || upper(encode(substr(sha256(convert_to(%(secret)s || one.key, 'UTF8')), 1, 10), 'hex')), one.key,
        one.client_id, one.case_id, person.id,
        CASE WHEN one.way = '{Channel.WECHAT}' THEN '****' || right(person.wechat_id, 4) ELSE person.email END,
        one.way, one.kind, one.is_essential, one.data, person.language, %(source)s, one.id,
        CASE WHEN one.is_here THEN '{State.SENT}' WHEN one.may_be_left AND NOT person.wants_reminders
            THEN '{State.SUPPRESSED}' ELSE '{State.PLANNED}' END,
        CASE WHEN one.may_be_left AND NOT person.wants_reminders THEN 'switched_off' ELSE '' END,
        %(now)s, one.at, one.at, CASE WHEN one.is_here THEN %(now)s::timestamptz END, 0, 0
    FROM (SELECT row.id, row.client_id, row.case_id, given.person, shape.way, shape.kind, shape.is_essential,
            shape.is_here, shape.may_be_left, shape.at, shape.data || row.data AS data,
            row.name || ':' || shape.step || ':' || given.person || ':' || shape.way AS key
        FROM unnest(%(row)s::bigint[], %(person)s::bigint[], %(shape)s::int[]) AS given (row, person, shape)
        JOIN shape ON shape.n = given.shape JOIN ({{facts}}) AS row ON row.id = given.row) AS one
    JOIN clients_user person ON person.id = one.person
        AND (one.way <> '{Channel.WECHAT}' OR person.wants_wechat AND person.wechat_id <> '')
    ON CONFLICT (key) DO NOTHING
    RETURNING id, state, next_try_at)
SELECT id FROM made WHERE state = '{State.PLANNED}' AND next_try_at <= %(now)s ORDER BY id"""  # noqa: S608


def _tellings(come: list[tuple[Due, Step]], now: datetime) -> Iterator[Promise]:
    """A row for each person and way; of one occasion nobody gets the same text twice, but the newest alone."""
    if not come:
        return
    people = People(
        {row.case_id: row for row, _step in come}.values(),
        {to for _, step in come for to in step.rule.to},
        beijing_day(now),
    )
    wanted = {row.case_id for row, step in come if step.rule.done != "any"}
    done = tasks_done(wanted) if wanted else {}
    already: dict[tuple[int, int, str], set[str]] = {}
    shapes: dict[tuple, Shape] = {}
    for row, step in sorted(come, key=lambda one: one[1].at, reverse=True):
        rule = step.rule
        if rule.done != "any" and done.get(row.case_id, "none") != rule.done:
            continue
        try:
            told = people.of(rule, row)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a poisonous row raises
            log.error("reminder.untold", row=row.pk, kind=row.kind, error=type(error).__name__)
            continue
        is_late = row.due_at is not None and step.at >= row.due_at
        ways_of_rule = _with_chosen(rule.channels)
        for person in told:
            before = already.setdefault((row.pk, person, rule.text), set())
            if ways := tuple(way for way in ways_of_rule if way not in before):
                before.update(ways)
                key = (id(rule), step.n, is_late, ways)
                if key not in shapes:
                    shapes[key] = _shape(step, ways, is_late=is_late)
                yield Promise(row, person, shapes[key])


def _shape(step: Step, ways: Iterable[str], *, is_late: bool) -> Shape:
    """Ids and numbers, nothing to hide; what only the row knows comes from its table."""
    rule, kind = step.rule, kind_of(step.rule.text)
    data: dict[str, object] = {"rule": rule.code, "step": step.n}
    if rule.own_text:
        data["text"] = rule.own_text
    if rule.unit == "percent":
        data["share"] = rule.in_turn[step.n]
    if is_late:
        data["late"] = True
    return Shape(
        f"{rule.code}:{step.n}", ",".join(ways), rule.text, kind.is_essential, kind.is_quiet, json.dumps(data)
    )


def _with_chosen(channels: Iterable[str]) -> list[str]:
    """What goes by mail goes by WeChat as well, to those who chose it: `_WRITE` leaves the others out."""
    channels = list(channels)
    beside = Channel.MAIL in channels and settings.WECHAT_APP_ID and Channel.WECHAT not in channels
    return [*channels, Channel.WECHAT.value] if beside else channels


def _promise_rooms(promised: list[Promise], outbox: Outbox, now: datetime) -> list[int]:
    """The rooms hear once what somebody who chose them gets by mail."""
    by_mail = [one for one in promised if Channel.MAIL in one.shape.ways.split(",")]
    mailed = {one.person for one in by_mail}
    if not mailed or not (robots := Rooms().all):
        return []
    choosers = set(User.objects.filter(pk__in=mailed, wants_chat=True).values_list("pk", flat=True))
    heard = [one for one in by_mail if one.person in choosers]
    if not heard:
        return []
    facts = {
        pk: (name, data)
        for pk, name, data in asked(
            f"SELECT id, name, data FROM ({outbox.facts}) AS row WHERE id = ANY(%s::bigint[])",  # noqa: S608
            [_array({one.row.pk for one in heard})],
        )
    }
    made: dict[str, Notification] = {}
    for one in heard:
        row, shape = one.row, one.shape
        name, data = facts[row.pk]
        occasion = Occasion(f"{name}:{shape.step}", outbox.source, row.pk, row.client_id, row.case_id)
        data = json.loads(shape.data) | json.loads(data)
        made |= {told.key: told for told in rows_of_rooms(occasion, shape.kind, data, now, robots)}
    return write(list(made.values()), now)


def _promise(promised: list[Promise], outbox: Outbox, now: datetime) -> list[int]:
    """Write those that are new; the ids of what is to be sent at once. A row that cannot be written is left out."""
    if not promised:
        return []
    shapes = {shape: n for n, shape in enumerate(dict.fromkeys(one.shape for one in promised), start=1)}
    columns = map(list, zip(*shapes, strict=True))
    given: dict[str, Any] = dict(zip(Shape._fields, columns, strict=True)) | {
        "row": _array(one.row.pk for one in promised),
        "person": _array(one.person for one in promised),
        "shape": _array(shapes[one.shape] for one in promised),
        "now": now,
        "opens": reminders.next_open(now),
        "source": outbox.source,
        "secret": secrets.token_hex(16),
    }
    try:
        with transaction.atomic():
            return [pk for (pk,) in asked(_WRITE.format(facts=outbox.facts), given, is_planned_once=False)]
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        if len(promised) == 1:
            log.error("reminder.unwritten", row=promised[0].row.pk, error=type(error).__name__)
            return []
        middle = len(promised) // 2
        return _promise(promised[:middle], outbox, now) + _promise(promised[middle:], outbox, now)


# ── Who is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


class People:
    """Who is told, asked once a batch and not once a row."""

    def __init__(self, rows: Iterable[Due], roles: set[str], day: date) -> None:
        rows = list(rows)
        clients = {row.client_id for row in rows}
        self._contacts = recipients.contacts_of(clients) if roles & {"contacts", "concerned"} else {}
        self._answering: dict[int, list[User]] = {}
        if "concerned" in roles:
            self._answering = recipients.answering_for({row.case_id: row.client_id for row in rows})
        self._rows = rows
        self._known: dict[int, User] = {}
        if roles & {"account_manager", "stand_in"}:
            self._known = User.objects.with_places().in_bulk({row.manager_id for row in rows} - {None})
        self._seen: dict[int, set[int]] = {}
        self._managers: list[int] | None = None
        self._stand_ins: dict[int, list[User]] = {}
        if roles & {"account_manager", "managers", "stand_in"}:
            self._stand_ins = stand_ins(day)

    def of(self, rule: Reminder, row: Due) -> list[int]:
        """The people of a rule's roles, each once."""
        return list(dict.fromkeys(pk for role in rule.to for pk in self._ROLES[role](self, row)))

    def _contacts_of(self, row: Due) -> list[int]:
        return [person.pk for person in self._contacts.get(row.client_id, ())]

    def _concerned(self, row: Due) -> list[int]:
        return self._contacts_of(row) + [person.pk for person in self._answering.get(row.case_id, ())]

    def _account_manager(self, row: Due) -> list[int]:
        """As `recipients.staff_of`, with who stands in today."""
        return self._with_stand_ins(self._answering_at_desk(row))

    def _stand_in(self, row: Due) -> list[int]:
        """Nobody, while whoever answers for the case is there."""
        return self._with_stand_ins(self._answering_at_desk(row))[len(self._answering_at_desk(row)) :]

    def _answering_at_desk(self, row: Due) -> list[int]:
        """Who sees every client is looked at once, anybody else once a batch."""
        person = self._known.get(row.manager_id or 0)
        if person is not None and (person.standing.sees_every_client or row.case_id in self._seen_by(person)):
            return [person.pk]
        return self._everybody(row)

    def _with_stand_ins(self, people: list[int]) -> list[int]:
        return [*people, *(one.pk for pk in people for one in self._stand_ins.get(pk, ()))]

    def _seen_by(self, person: User) -> set[int]:
        if person.pk not in self._seen:
            cases = {row.case_id for row in self._rows if row.manager_id == person.pk}
            seen = (
                cases_for(person).filter(pk__in=cases) if person.standing.is_member else Case.objects.none()
            )
            self._seen[person.pk] = set(seen.values_list("pk", flat=True))
        return self._seen[person.pk]

    def _everybody(self, _row: Due) -> list[int]:
        if self._managers is None:
            self._managers = [person.pk for person in recipients.managers()]
        return self._managers

    _ROLES: dict[str, Callable[[People, Due], list[int]]] = {
        "contacts": _contacts_of,
        "concerned": _concerned,
        "account_manager": _account_manager,
        "managers": lambda self, row: self._with_stand_ins(self._everybody(row)),
        "stand_in": _stand_in,
    }
