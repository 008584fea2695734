"""Where a list goes on: a signed number that holds no name and is worth nothing to another person or list."""

from __future__ import annotations

from django.core import signing

from clients.models import User


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
