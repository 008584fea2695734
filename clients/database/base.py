"""Django's own engine for PostgreSQL, with a cheaper look at a line that was kept open."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """A line whose other end hung up has something to read though nobody asked; a quiet one needs no question."""
        line = self.connection
        if line is None or line.closed:
            return False
        poll = select.poll()
        poll.register(line.fileno(), select.POLLIN)
        return super().is_usable() if poll.poll(0) else True
