"""What the worker makes to be fetched: claimed, put back, ended, and led to by a link of a minute.

Some of it is for whoever asked alone: made in their sight as it is then, and no longer theirs once that has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import User
from clients.refusals import Conflict
from clients.sight import every_client, sight_to
from documents import storage
from documents.models import DEATHS, Fetched, FetchedByAsker

SPOOLED = 2_000_000  # bytes kept in memory before a file takes them
Row = TypeVar("Row", bound=FetchedByAsker)


# ── By the worker ───────────────────────────────────────────────────────────────────────────────────────────────────


def waiting(kind: Any, now: datetime | None, limit: int) -> list[int]:
    """Ids of what nobody is making."""
    with every_client():
        return kind.objects.ids_waiting(now or timezone.now(), limit)


def begin(
    kind: type[Row], pk: int, *, now: datetime | None, may: Callable[[User], bool]
) -> tuple[Row, User, str] | None:
    """The row, claimed, whose it is and the mark of what they see; None where there is nothing to make."""
    with every_client():
        if not kind.objects.claim(pk, now or timezone.now()):
            return None
        row: Row = kind.objects.get(pk=pk)  # type: ignore[assignment]
    if row.tries > DEATHS:
        settle(row, problem="could_not_make")
        return None
    with every_client():
        person = User.objects.get(pk=row.asked_by_id)
        seen = sight_mark(person)
    if not may(person):
        settle(row, problem="not_yours")
        return None
    return row, person, seen


def settle(row: Any, **told: Any) -> bool:
    """Write what became of it, where this claim still stands."""
    with every_client():
        return bool(type(row).objects.claimed_as(row).update(**told))


def put_back(row: Fetched) -> bool:
    """Free the claim as if nobody had tried: a store that is away is nobody's fault."""
    return settle(row, claimed_at=None, tries=max(0, row.tries - 1))


def sight_mark(person: User) -> str:
    """Whose rows this person sees; another mark once an assignment or a role has changed."""
    _sight, ids = sight_to(person)
    return hashlib.sha256(repr((person.standing.agency_role, ids)).encode()).hexdigest()


# ── Fetching ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_whether_there(row: Fetched, now: datetime) -> None:
    """Raises `Conflict` where it is not made, or gone."""
    stands = row.is_there(now) and storage.stands(row.key, version=row.version, size=row.size, etag=row.etag)
    if not stands:
        raise _gone()


def ask_whether_theirs(row: FetchedByAsker, by: User, now: datetime) -> None:
    """The same, and where it is another's or what they may see has changed since."""
    if row.asked_by_id != by.pk or not row.is_there(now):
        raise _gone()
    if row.seen != sight_mark(by):
        raise Conflict(_("What you may see has changed since. Ask for it anew."), "gone")
    ask_whether_there(row, now)


def _gone() -> Conflict:
    return Conflict(_("This is not there any more. Ask for it anew."), "gone")


def link_to(row: Fetched, *, filename: str, content_type: str) -> str:
    return storage.link_to(
        row.key, version=row.version, filename=filename, content_type=content_type, inline=False
    )
