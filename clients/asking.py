"""Statements of ours, said straight to the line, and several of them in one trip.

Nothing is kept beyond a block of one view or request: what was asked ahead is found there once, in the same sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from clients.database.spoken import MOMENT, MOMENT_LOADER, Spoken

Statement = tuple[str, Sequence[Any]]
Answers = dict[str, tuple[Sequence[Any], list[tuple]]]  # by the statement: its values, and the rows
_known: ContextVar[Answers | None] = ContextVar("answers to what was asked ahead", default=None)


def asked(
    sql: str, given: Sequence[Any] | Mapping[str, Any] = (), *, is_planned_once: bool = True
) -> list[tuple]:
    """The rows of a statement of ours, said straight to the line where it is planned once and its values have no names.

    Where somebody counts or watches the statements, they go Django's way.
    """
    is_plain = is_planned_once and not isinstance(given, Mapping)
    if is_plain and (known := _known.get()) and sql in known and known[sql][0] == given:
        return known.pop(sql)[1]
    line = _open_line()
    spoken = line.spoken if is_plain else None
    if spoken is None:
        return _by_cursor(line, sql, given)
    line.validate_no_broken_transaction()
    with line.wrap_database_errors:
        return spoken.rows(sql, given)


def asked_with(first: Statement, ahead: Sequence[Statement]) -> Answers:
    """Ask the first, and the others in the same trip; where statements are counted or watched, the first alone."""
    if not ahead or (rows := _in_one_trip([first, *ahead])) is None:
        asked(*first)
        return {}
    return _answers(ahead, rows[1:])


@contextmanager
def knowing(answers: Answers | None) -> Iterator[None]:
    """Whoever asks for one of these within the block finds it here, once; what was known around is not known."""
    token = _known.set(answers)
    try:
        yield
    finally:
        _known.reset(token)


@contextmanager
def asked_ahead(*statements: Statement | None) -> Iterator[None]:
    """Ask these in one trip, for the lines of a view that read them; what is none is left out."""
    wanted = [one for one in statements if one is not None]
    rows = _in_one_trip(wanted) if wanted else None
    with knowing(None if rows is None else _answers(wanted, rows)):
        yield


def _in_one_trip(statements: list[Statement]) -> list[list[tuple]] | None:
    line = _open_line()
    spoken: Spoken | None = line.spoken
    if spoken is None:
        return None
    line.validate_no_broken_transaction()
    with line.wrap_database_errors:
        return spoken.answers(statements)


def _answers(statements: Sequence[Statement], rows: list[list[tuple]]) -> Answers:
    return {sql: (given, found) for (sql, given), found in zip(statements, rows, strict=True)}


def ask_ahead_too(*statements: Statement | None) -> None:
    """More of them, within such a block; outside of any, each is asked by whoever reads it."""
    known = _known.get()
    if known is None:
        return
    wanted = [one for one in statements if one is not None]
    if wanted and (rows := _in_one_trip(wanted)) is not None:
        known.update(_answers(wanted, rows))


def _open_line() -> Any:
    line: Any = connections[DEFAULT_DB_ALIAS]
    line.close_if_health_check_failed()
    if line.connection is None:
        line.ensure_connection()
    return line


def _by_cursor(line: Any, sql: str, given: Any) -> list[tuple]:
    """Never prepared: psycopg throws what it prepared away with each rollback, and what `Spoken` prepared with it."""
    with line.wrap_database_errors:
        cursor = psycopg.Cursor(line.connection)
        cursor.adapters.register_loader(MOMENT, MOMENT_LOADER)
    with line._prepare_cursor(cursor) as ours:
        ours.execute(sql, given)
        return ours.fetchall()
