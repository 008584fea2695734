"""Whose rows may be seen from here: the query scope in Python and the role in PostgreSQL, opened together.

The login role owns nothing and may read nothing. Requests, tasks and commands take one of three group roles for the
length of their transaction; forgetting to do so fails loudly in both places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django_scopes import get_scope, scope

from clients.asking import Answers, Statement, asked_with, knowing


@dataclass(frozen=True)
class Sight:
    """What PostgreSQL is told: a role, the clients in sight, the person looking."""

    role: str
    clients: str = ""
    user: str = ""
    is_capped: bool = False


NOTHING = Sight("none")
_current: ContextVar[Sight] = ContextVar("sight", default=NOTHING)

# One round trip, local to the transaction, so that nothing outlives it on a pooled connection.
_TELL = """SELECT set_config('role', %s, true), set_config('portal.clients', %s, true),
    set_config('portal.user', %s, true)"""


_CAP = ", set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"


def _tell(sight: Sight, ahead: Sequence[Statement] = ()) -> Answers:
    """Told to PostgreSQL; with what the reader of this sight is going to ask first, in the same trip."""
    told = [sight.role, sight.clients, sight.user]
    if sight.is_capped:
        cap = [f"{settings.STATEMENT_SECONDS}s", f"{settings.LOCK_SECONDS}s"]
        return asked_with((_TELL + _CAP, [*told, *cap]), ahead)
    return asked_with((_TELL, told), ahead)


def is_whole() -> bool:
    """Every client is in sight here, in Python as in PostgreSQL."""
    return _current.get().role == "portal_all" and get_scope().get("client", 0) is None


def is_closed() -> bool:
    """Nothing may be read from here."""
    return _current.get() is NOTHING


@contextmanager
def _open(sight: Sight, ahead: Sequence[Statement] = (), **scopes) -> Iterator[None]:
    """Take `sight` in a transaction; an enclosing one gets its own back on a normal exit.

    After an exception the rollback of the savepoint has already put the settings back.
    """
    nested = connection.in_atomic_block
    before = _current.get()
    with transaction.atomic(), ExitStack() as stack:
        stack.enter_context(knowing(_tell(sight, ahead)))
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
    return _open(_every(user_id), client=None)


def some_clients(client_ids: Iterable[int], *, user_id: int | None = None):
    """The rows of these clients and no others; an empty list sees nothing."""
    chosen, ids = _some(client_ids, user_id)
    return _open(chosen, client=ids)


def at_the_door(*, user_id: int | None = None, is_capped: bool = False, ahead: Sequence[Statement] = ()):
    """Users, sessions, memberships and tokens: just enough to find out who is knocking.

    Pages and API calls are capped: a statement of theirs ends after some seconds. Tasks are not.
    """
    return _open(Sight("portal_door", "", str(user_id or ""), is_capped=is_capped), ahead)


def _every(user_id: int | None) -> Sight:
    return Sight("portal_all", "", str(user_id or ""))


def _some(client_ids: Iterable[int], user_id: int | None) -> tuple[Sight, list[int]]:
    ids = sorted(set(client_ids))
    told = "{" + ",".join(str(int(one)) for one in ids) + "}"
    return Sight("portal_some", told, str(user_id or "")), ids


def sight_to(user) -> tuple[Sight, list[int] | None]:
    """What belongs to a person by their standing today: for PostgreSQL, and for the query scope."""
    standing = user.standing
    if standing.sees_every_client:
        return _every(user.pk), None
    return _some(standing.client_ids, user.pk)


def sight_of(user):
    """The same as a block of its own, for tasks and commands that act as a person."""
    chosen, ids = sight_to(user)
    return _open(chosen, client=ids)


@contextmanager
def as_client(client_ids: Iterable[int], *, user_id: int | None, is_read_only: bool = True) -> Iterator[None]:
    """Within a request of somebody's of the agency: the rows of these clients alone, and none of them changes.

    PostgreSQL itself refuses to write; with the savepoint's end the request may write again, as before.
    """
    chosen, ids = _some(client_ids, user_id)
    with _open(chosen, client=ids):
        if is_read_only:
            connection.cursor().execute("SET LOCAL transaction_read_only = on")
        yield


@contextmanager
def of_request(user, ahead: Sequence[Statement] = ()) -> Iterator[None]:
    """The person's sight for the rest of a request's transaction, which the outermost middleware opened and ends.

    One round trip: no savepoint (middleware sees answers, not errors), and nothing to give back.
    """
    chosen, ids = sight_to(user)
    answers = _tell(chosen, ahead)
    token = _current.set(chosen)
    try:
        with scope(client=ids), knowing(answers):
            yield
    finally:
        _current.reset(token)
