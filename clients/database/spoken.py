"""Statements that every page says, straight to libpq: a cursor's ceremony around one costs more than the asking.

A statement is prepared at its first use on a line and read by the loaders that were found for it then; its columns
keep their types as long as the line lives. Values travel beside it as text, of the type that PostgreSQL finds for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

# Django's own makes each moment UTC in Python; a line of ours speaks UTC, and psycopg's is in C.
MOMENT = psycopg.adapters.types["timestamptz"].oid
MOMENT_LOADER: Any = psycopg.adapters.get_loader(MOMENT, psycopg.pq.Format.TEXT)

_MARK = re.compile(r"%([%s])")
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Spoken:
    """One line to PostgreSQL, and the statements that it knows by a number."""

    def __init__(self, line: psycopg.Connection) -> None:
        self.line, self.pgconn = line, line.pgconn
        self._context = line.cursor()  # loaders of its own
        self._context.adapters.register_loader(MOMENT, MOMENT_LOADER)
        self._values = Transformer(self._context)
        self._known: dict[
            str, tuple[bytes, Any]
        ] = {}  # its name, and what reads its rows once there were some

    def rows(self, sql: str, given: Sequence[Any] = ()) -> list[tuple]:
        """What a statement answers."""
        self._begin()
        if (known := self._known.get(sql)) is None:
            known = self._known[sql] = self._prepared(sql), None
        name, reader = known
        values = self._values.dump_sequence(given, [PyFormat.TEXT] * len(given)) if given else ()
        result = self._sound(self.pgconn.exec_prepared, name, values)
        if reader is None:
            reader = Transformer(self._context)
            reader.set_pgresult(result)
            self._known[sql] = name, reader
        else:
            reader.set_pgresult(result, set_loaders=False)
        return reader.load_rows(0, result.ntuples, tuple)

    def say(self, words: bytes) -> None:
        """A command that answers nothing."""
        self._begin()
        self._sound(self.pgconn.exec_, words)

    def _begin(self) -> None:
        """As a cursor does before its first words."""
        if self.pgconn.transaction_status == TransactionStatus.IDLE and not self.line.autocommit:
            self._sound(self.pgconn.exec_, b"BEGIN")

    def _prepared(self, sql: str) -> bytes:
        name = b"spoken_%d" % len(self._known)
        count = 0

        def numbered(mark: re.Match[str]) -> str:
            nonlocal count
            if mark[1] == "%":
                return "%"
            count += 1
            return f"${count}"

        self._sound(self.pgconn.prepare, name, _MARK.sub(numbered, sql).encode())
        return name

    def _sound(self, ask: Any, *words: Any) -> Any:
        """The answer, or psycopg's error for it; a line that broke gives none or half a one."""
        try:
            result = ask(*words)
        except MemoryError:
            result = None
        if result is not None and result.status in _DONE:
            return result
        if result is None or self.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(self.pgconn.get_error_message())
        raise errors.error_from_result(result, encoding="utf-8")
