"""Sessions as Django keeps them in the database, looked up by a kept statement: every page begins with it."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from clients.kept import Kept

_ALIVE: Kept[Session] = Kept(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    is_scoped=False,
    key=CharField(),
    now=DateTimeField(),
)


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        found = _ALIVE(key=self.session_key, now=timezone.now())
        if not found:
            self._session_key = None
        return found[0] if found else None
