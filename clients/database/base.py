"""Django's own engine for PostgreSQL, with a cheaper look at a line kept open, and words said straight to it."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from clients.database.spoken import Spoken


class DatabaseWrapper(base.DatabaseWrapper):
    _spoken: Spoken | None = None  # of the line that is open

    @property
    def spoken(self) -> Spoken | None:
        """The line itself, for what is said without a cursor; none where somebody counts or watches the statements."""
        if self.queries_logged or self.execute_wrappers:
            return None
        spoken = self._spoken
        if spoken is None or spoken.line is not self.connection:
            spoken = self._spoken = Spoken(self.connection)
        return spoken

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

    def _set_autocommit(self, autocommit: bool) -> None:
        """Nothing is said to PostgreSQL by it, so that between two transactions nobody need wait for the line."""
        line = self.connection
        if line.pgconn.transaction_status == TransactionStatus.IDLE:
            line._autocommit = autocommit
        else:
            super()._set_autocommit(autocommit)

    def _commit(self) -> None:
        if self.connection is None or (spoken := self.spoken) is None:
            super()._commit()
            return
        with self.wrap_database_errors:
            spoken.commit()

    def _said(self, words: str) -> bool:
        """Every page has a savepoint."""
        if self.connection is None or (spoken := self.spoken) is None:
            return False
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            spoken.say(words.encode())
        return True
