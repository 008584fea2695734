"""Statements that every page says, straight to libpq: a cursor's ceremony around one costs more than the asking.

A statement is prepared at its first use on a line and read by the loaders that were found for it then; its columns
keep their types as long as the line lives. Values travel beside it as text, of the type that PostgreSQL finds for them.
"""

from __future__ import annotations

import re
import select
from collections.abc import Iterator, Sequence
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
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(line.fileno(), select.POLLIN)
        self._writable.register(line.fileno(), select.POLLOUT)

    def rows(self, sql: str, given: Sequence[Any] = ()) -> list[tuple]:
        """What a statement answers."""
        return self.answers([(sql, given)])[0]

    def answers(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple]]:
        """What several answer, asked in one trip; a transaction that is to begin begins in the same."""
        said = [self._made_ready(sql, given) for sql, given in asked]
        if self._begins or len(said) > 1:
            results = self._in_one_trip(said)
        else:
            results = [self._sound(self.pgconn.exec_prepared, *said[0])]
        return [self._read(sql, result) for (sql, _given), result in zip(asked, results, strict=True)]

    def say(self, words: bytes) -> None:
        """A command that answers nothing."""
        if self._begins:
            self._sound(self.pgconn.exec_, b"BEGIN")
        self._sound(self.pgconn.exec_, words)

    def commit(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            self._sound(self.pgconn.exec_, b"COMMIT")

    @property
    def _begins(self) -> bool:
        """A cursor, too, begins before its first words."""
        return self.pgconn.transaction_status == TransactionStatus.IDLE and not self.line.autocommit

    def _made_ready(self, sql: str, given: Sequence[Any]) -> tuple[bytes, Sequence[Any]]:
        if (known := self._known.get(sql)) is None:
            known = self._known[sql] = self._prepared(sql), None
        return known[0], self._values.dump_sequence(given, [PyFormat.TEXT] * len(given)) if given else ()

    def _read(self, sql: str, result: Any) -> list[tuple]:
        name, reader = self._known[sql]
        if reader is None:
            reader = Transformer(self._context)
            reader.set_pgresult(result)
            self._known[sql] = name, reader
        else:
            reader.set_pgresult(result, set_loaders=False)
        return reader.load_rows(0, result.ntuples, tuple)

    def _in_one_trip(self, said: list[tuple[bytes, Sequence[Any]]]) -> list[Any]:
        """Sent one behind the other, and then read; of several refusals the first counts, for it stops the others."""
        line, begins = self.pgconn, self._begins
        try:
            line.enter_pipeline_mode()
            if begins:
                line.send_query_params(b"BEGIN", None)
            for name, values in said:
                line.send_query_prepared(name, values)
            line.pipeline_sync()
            while line.flush():
                self._writable.poll()
            results = list(self._until_sync())
            line.exit_pipeline_mode()
        except BaseException:
            line.finish()  # half an answer may stand in it
            raise
        for result in results:
            if result.status not in _DONE:
                raise errors.error_from_result(result, encoding="utf-8")
        return results[1:] if begins else results

    def _until_sync(self) -> Iterator[Any]:
        line = self.pgconn
        while True:
            while line.is_busy():
                self._readable.poll()
                line.consume_input()
            result = line.get_result()
            if result is None:  # between two of them
                self._look_alive()
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            yield result

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
        self._look_alive()
        if result is None:
            raise psycopg.OperationalError(self.pgconn.get_error_message())
        raise errors.error_from_result(result, encoding="utf-8")

    def _look_alive(self) -> None:
        if self.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(self.pgconn.get_error_message())
