"""Django's own engine for PostgreSQL, with a cheaper look at a line that was kept open, and cheaper savepoints."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    kept_cursor: Any = None  # of `clients/kept.py`, for the line as long as it lives

    def is_usable(self) -> bool:
        """A line whose other end hung up has something to read though nobody asked; a quiet one needs no question."""
        line = self.connection
        if line is None or line.closed:
            return False
        poll = select.poll()
        poll.register(line.fileno(), select.POLLIN)
        return super().is_usable() if poll.poll(0) else True

    def _savepoint(self, sid: str) -> None:
        if not self._said(self.ops.savepoint_create_sql(sid)):
            super()._savepoint(sid)

    def _savepoint_commit(self, sid: str) -> None:
        if not self._said(self.ops.savepoint_commit_sql(sid)):
            super()._savepoint_commit(sid)

    def _said(self, words: str) -> bool:
        """Every page has a savepoint: said without a dressed cursor, unless somebody counts or watches."""
        cursor = self.kept_cursor
        if cursor is None or cursor.connection is not self.connection:
            return False
        if self.queries_logged or self.execute_wrappers:
            return False
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            cursor.is_planned_once = False
            cursor.execute(words)
        return True
