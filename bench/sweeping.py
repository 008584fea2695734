"""The sweep of a thousand due clocks among ten thousand, a hundred thousand and a million open ones, against one
statement that does the same; and whether the others cost anything."""

from __future__ import annotations

import logging
import statistics
import time
from typing import NamedTuple

from bench.asking import processor_seconds
from bench.house import BIG, House

OPEN, DUE = (10_000, 100_000, 1_000_000), 1_000
KINDS = 12  # clocks that a case gets beside its own in one step, for there to be so many

# As much is written for each row as the sweep writes, to whom it writes; that these are told, by these ways and in
# these words, stands in no table.
AT_ONCE = """
WITH due AS (
    SELECT d.id, d.kind, d.client_id, d.case_id, d.due_at, c.account_manager_id FROM cases_deadline d
    JOIN cases_case c ON c.id = d.case_id WHERE d.state = 'running' AND d.remind_at <= %(now)s
    ORDER BY d.remind_at, d.id FOR NO KEY UPDATE SKIP LOCKED),
told AS (
    INSERT INTO notifications_notification (reference, key, client_id, case_id, recipient_id, "to", channel, kind,
        is_essential, data, language, source, source_id, state, reason, planned_at, due_at, next_try_at, sent_at, tries,
        unknowns)
    SELECT 'N-' || upper(substr(md5(due.id::text || way), 1, 14)), 'deadline:' || due.id || ':clock_late:0:' || way,
        due.client_id, due.case_id, person.id, person.email, way, 'clock', false,
        jsonb_build_object('rule', 'clock_late', 'step', 0, 'share', 80, 'clock', due.kind, 'due', due.due_at),
        person.language, 'deadline', due.id, CASE way WHEN 'mail' THEN 'planned' ELSE 'sent' END, '', %(now)s, %(now)s,
        %(now)s, CASE way WHEN 'mail' THEN NULL ELSE %(now)s::timestamptz END, 0, 0
    FROM due JOIN clients_user person ON person.id = due.account_manager_id, unnest(ARRAY['in_app', 'mail']) AS way
    ON CONFLICT (key) DO NOTHING)
UPDATE cases_deadline d SET reminded = reminded + 1, remind_at = due.due_at FROM due WHERE d.id = due.id"""

_MANY = f"""INSERT INTO cases_deadline (case_id, client_id, kind, waiting_on, amount, unit, started_at, due_at,
        is_provisional, state, remind_at, reminded)
    SELECT c.id, c.client_id, %s || n, 'agency', 30, 'calendar', now(), now() + interval '30 days', false,
        'running', now() + interval '20 days' + c.id %% 1000 * interval '1 minute', 0
    FROM generate_series(1, {KINDS}) AS n, cases_case c LIMIT %s"""  # noqa: S608
_NONE_DUE = """UPDATE cases_deadline SET remind_at = now() + interval '10 days'
    WHERE state = 'running' AND remind_at < now() + interval '10 days'"""
# Four fifths of each are over: the account manager is told in the portal and by mail.
_SO_MANY_DUE = """UPDATE cases_deadline SET started_at = now() - interval '17 days', due_at = now() + interval '3 days',
        kind = 'miit_review', remind_at = now() - interval '25 hours' - id %% 1000 * interval '1 second'
    WHERE id IN (SELECT DISTINCT ON (case_id) id FROM cases_deadline WHERE state = 'running' AND NOT EXISTS (
        SELECT FROM cases_deadline o WHERE o.case_id = cases_deadline.case_id AND o.kind = 'miit_review')
        ORDER BY case_id DESC LIMIT %s)"""


_CLEAN = "VACUUM (ANALYZE) cases_deadline, notifications_notification"  # what a round takes back leaves rows behind


class Among(NamedTuple):
    """So many open clocks: the sweep's share of the statement's rate there, by the clock and by processor time of this
    process and the database's; and the quickest of its rounds."""

    open: int
    share: float
    paid: float
    seconds: float


class Swept(NamedTuple):
    """How many rows each round had, and the figures among few open clocks, more, most."""

    rows: int
    among: list[Among]

    @property
    def grown(self) -> float:
        """The quickest among most in terms of the quickest among few."""
        return self.among[-1].seconds / self.among[0].seconds


class _Undone(Exception):
    """Take it all back: the next round finds the same rows."""


def measure(house: House, rounds: int = 3, database: str = BIG) -> Swept:
    """Many clocks more stand in the database afterwards."""
    with house.as_django(database):
        from django.db import connection, transaction
        from django.utils import timezone

        from clients import sight
        from notifications.services.reminding import sweep_deadlines

        logging.disable(logging.INFO)
        import structlog

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

        def count(now) -> tuple[int, int]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM cases_deadline WHERE state = 'running' AND remind_at <= %s", [now]
                )
                left = cursor.fetchone()[0]
                cursor.execute("SELECT count(*) FROM notifications_notification")
                return left, cursor.fetchone()[0]

        def paid() -> float:
            line = connection.connection
            return time.process_time() + (processor_seconds(line.info.backend_pid) if line else 0)

        def took(work) -> tuple[float, float, int, int]:
            """By the clock, by processor time; rows that are due no more, and promises made."""
            now = timezone.now()
            try:
                with sight.every_client(), transaction.atomic():
                    due, before = count(now)
                    begun, spent = time.perf_counter(), paid()
                    work(now)
                    seconds, spent = time.perf_counter() - begun, paid() - spent
                    left, made = count(now)
                    result = seconds, spent, due - left, made - before
                    raise _Undone
            except _Undone:
                return result

        def at_once(now) -> None:
            with connection.cursor() as cursor:
                cursor.execute(AT_ONCE, {"now": now})

        def swept(now) -> None:
            sweep_deadlines(now=now)

        def owned(statement: str, *values: object) -> None:
            house.sql(statement, *values, database=database)

        def running() -> int:
            return house.sql(
                "SELECT count(*) FROM cases_deadline WHERE state = 'running'", database=database
            )[0][0]

        owned(_NONE_DUE)
        owned(_SO_MANY_DUE, DUE)
        rows, among = 0, []
        for wanted in OPEN:
            owned(_MANY, f"bench_{wanted}_", max(0, wanted - running()))
            if among and running() == among[-1].open:
                continue
            owned(_CLEAN)
            took(swept)
            shares, costs, times = [], [], []
            for _ in range(rounds):
                owned(_CLEAN)
                plain = took(at_once)
                owned(_CLEAN)
                ours = took(swept)
                assert ours[2:] == plain[2:], f"the sweep wrote {ours[2:]} and the statement {plain[2:]}"
                assert ours[2] > 0, "nothing was due"
                shares.append(plain[0] / ours[0])
                costs.append(plain[1] / ours[1])
                times.append(ours[0])
            rows = ours[2]
            among.append(Among(running(), statistics.median(shares), statistics.median(costs), min(times)))
        return Swept(rows, among)
