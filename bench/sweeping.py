"""The sweep of what is due against one statement that claims, promises and marks the same rows."""

from __future__ import annotations

import logging
import statistics
import time
from datetime import timedelta

from bench.house import BIG, House

# As much is written for each row as the sweep writes; who is told, and in which words, stands in no table.
AT_ONCE = """
WITH due AS (
    SELECT d.id, d.kind, d.client_id, d.case_id, c.account_manager_id FROM cases_deadline d
    JOIN cases_case c ON c.id = d.case_id WHERE d.state = 'running' AND d.remind_at <= %(now)s
    ORDER BY d.remind_at, d.id FOR NO KEY UPDATE SKIP LOCKED),
told AS (
    INSERT INTO notifications_notification (reference, key, client_id, case_id, recipient_id, "to", channel, kind,
        is_essential, data, language, source, source_id, state, reason, planned_at, due_at, next_try_at, tries,
        unknowns)
    SELECT 'N-' || upper(substr(md5(due.id::text || way), 1, 14)), 'bench:' || due.id || ':' || way, due.client_id,
        due.case_id, due.account_manager_id, '', way, 'clock', true, '{}', 'en', 'deadline', due.id, 'planned', '',
        %(now)s, %(now)s, %(now)s, 0, 0
    FROM due, unnest(ARRAY['in_app', 'mail']) AS way)
UPDATE cases_deadline d SET reminded = 3, remind_at = NULL FROM due WHERE d.id = due.id"""


class _Undone(Exception):
    """Take it all back: the next round finds the same rows."""


def measure(house: House, rounds: int = 3) -> tuple[float, int]:
    """The sweep's share of the statement's rate, and how many rows each round had."""
    with house.as_django(BIG):
        from django.db import connection, transaction
        from django.utils import timezone

        from clients import sight
        from notifications.services.reminding import sweep_deadlines

        logging.disable(logging.INFO)
        import structlog

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        now = timezone.now() + timedelta(days=60)  # every clock has run out by then

        def count() -> tuple[int, int]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM cases_deadline WHERE state = 'running' AND remind_at <= %s", [now]
                )
                left = cursor.fetchone()[0]
                cursor.execute("SELECT count(*) FROM notifications_notification")
                return left, cursor.fetchone()[0]

        def took(work) -> tuple[float, int, int]:
            try:
                with sight.every_client(), transaction.atomic():
                    due, _ = count()
                    begun = time.perf_counter()
                    work()
                    seconds = time.perf_counter() - begun
                    left, made = count()
                    result = seconds, due - left, made
                    raise _Undone
            except _Undone:
                return result

        def at_once() -> None:
            with connection.cursor() as cursor:
                cursor.execute(AT_ONCE, {"now": now})

        shares, rows = [], 0
        for _ in range(rounds):
            plain, plain_rows, _made = took(at_once)
            ours, rows, _made = took(lambda: sweep_deadlines(now=now))
            assert rows == plain_rows > 0, f"the sweep had {rows} rows and the statement {plain_rows}"
            shares.append(plain / ours)
        return statistics.median(shares), rows
