"""Sessions as Django keeps them in the database, looked up by a kept statement: every page begins with it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.core import signing
from django.db.models import CharField
from django.utils import timezone

from clients.asking import Statement
from clients.kept import Kept

# Whether it has ended is asked of it in Python, so that it may be asked for before the portal knows who comes.
_SESSION: Kept[Session] = Kept(
    lambda key: Session.objects.filter(session_key=key), is_scoped=False, key=CharField()
)


def ahead(key: str | None) -> list[Statement]:
    """The session of this key, to be asked together with the first words of a request."""
    found = _SESSION.ahead(key=key) if key else None
    return [found] if found else []


class _AsSigned:
    """What was signed, as it is."""

    def loads(self, data: bytes) -> bytes:
        return data


@lru_cache(maxsize=2048)
def _proven(signed: str, salt: str, _key: str) -> bytes:
    """A signature that was right is right for as long as the key lives; what it signs is read anew each time."""
    return signing.loads(signed, salt=salt, serializer=_AsSigned)  # type: ignore[arg-type]


class SessionStore(db.SessionStore):
    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        try:
            told = _proven(str(session_data), self.key_salt, settings.SECRET_KEY)
        except Exception:  # noqa: BLE001  (Django's own tells it in the log, and takes it for an empty session)
            return super().decode(session_data)
        return self.serializer().loads(told)

    def _get_session_from_db(self) -> Session | None:
        found = _SESSION(key=self.session_key)
        if not found or found[0].expire_date <= timezone.now():
            self._session_key = None
            return None
        return found[0]
