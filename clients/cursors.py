"""Where a list goes on: a signed number that holds no name and is worth nothing to another person or list."""

from __future__ import annotations

from typing import TypeVar

from django.core import signing
from django.db.models import Model, QuerySet

from clients.models import User

Row = TypeVar("Row", bound=Model)


def _salt(of: str, user: User) -> str:
    return f"cursor:{of}:{user.pk}"


def cursor_after(pk: int, *, of: str, user: User) -> str:
    """What stands in the address of the next page."""
    return signing.dumps(pk, salt=_salt(of, user))


def read_cursor(cursor: str, *, of: str, user: User) -> int | None:
    """The row after which to go on; None for none, an edited one or a neighbour's, which begin at the top."""
    if not cursor:
        return None
    try:
        pk = signing.loads(cursor, salt=_salt(of, user))
    except signing.BadSignature:
        return None
    return pk if isinstance(pk, int) else None


def page_of(
    rows: QuerySet[Row], cursor: str, *, of: str, user: User, size: int
) -> tuple[list[Row], str, bool]:
    """A page of rows, the newest first, with the cursor of the next one and whether this is the first."""
    after = read_cursor(cursor, of=of, user=user)
    if after:
        rows = rows.filter(pk__lt=after)
    page = list(rows.order_by("-pk")[: size + 1])
    more, page = len(page) > size, page[:size]
    return page, cursor_after(page[-1].pk, of=of, user=user) if more else "", not after
