"""Whose rows may be seen from here: the query scope in Python and the role in PostgreSQL, opened together.

The login role owns nothing and may read nothing. Requests, tasks and commands take one of three group roles for the
length of their transaction; forgetting to do so fails loudly in both places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django_scopes import scope


@dataclass(frozen=True)
class Sight:
    """What PostgreSQL is told: a role, the clients in sight, the person looking."""

    role: str
    clients: str = ""
    user: str = ""


NOTHING = Sight("none")
_current: ContextVar[Sight] = ContextVar("sight", default=NOTHING)

# One round trip, local to the transaction, so that nothing outlives it on a pooled connection.
_TELL = """SELECT set_config('role', %s, true), set_config('portal.clients', %s, true),
    set_config('portal.user', %s, true)"""


def _tell(sight: Sight) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [sight.role, sight.clients, sight.user])


@contextmanager
def _open(sight: Sight, **scopes) -> Iterator[None]:
    """Take `sight` in a transaction; an enclosing one gets its own back on a normal exit.

    After an exception the rollback of the savepoint has already put the settings back.
    """
    nested = connection.in_atomic_block
    before = _current.get()
    with transaction.atomic(), ExitStack() as stack:
        _tell(sight)
        token = _current.set(sight)
        try:
            if scopes:
                stack.enter_context(scope(**scopes))
            yield
        finally:
            _current.reset(token)
        if nested and not connection.needs_rollback:
            _tell(before)


def every_client(*, user_id: int | None = None):
    """All rows of the agency: its unlimited staff, and tasks that sweep over all clients."""
    return _open(Sight("portal_all", "", str(user_id or "")), client=None)


def some_clients(client_ids: Iterable[int], *, user_id: int | None = None):
    """The rows of these clients and no others; an empty list sees nothing."""
    ids = sorted(set(client_ids))
    told = "{" + ",".join(str(int(one)) for one in ids) + "}"
    return _open(Sight("portal_some", told, str(user_id or "")), client=ids)


def at_the_door(*, user_id: int | None = None):
    """Users, sessions, memberships and tokens: just enough to find out who is knocking."""
    return _open(Sight("portal_door", "", str(user_id or "")))


def sight_of(user):
    """The sight that belongs to a person, by their standing today."""
    standing = user.standing
    if standing.sees_every_client:
        return every_client(user_id=user.pk)
    return some_clients(standing.client_ids, user_id=user.pk)


def cap_time(seconds: int | None = None, lock_seconds: int | None = None) -> None:
    """End a statement of this transaction after so many seconds; pages and API calls have a cap, tasks none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [
                f"{seconds or settings.STATEMENT_SECONDS}s",
                f"{lock_seconds or settings.LOCK_SECONDS}s",
            ],
        )
