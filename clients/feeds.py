"""Calendar addresses: 128 bits in the path, of which only a hash is kept; worth nothing once their person has left."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from clients.models import CalendarFeed, User
from clients.tokens import hash_of

BYTES = 16
FRESH_ENOUGH = timedelta(hours=1)  # `last_read_at` is written at most this often


def new_secret(user: User) -> tuple[str, bool]:
    """A new secret for this person's one address, and whether it takes the place of an older one."""
    secret = secrets.token_urlsafe(BYTES)
    told = {"token_hash": hash_of(secret), "made_at": timezone.now(), "last_read_at": None}
    _row, is_new = CalendarFeed.objects.update_or_create(user=user, defaults=told)
    return secret, not is_new


def person_behind(secret: str) -> User | None:
    """Whose calendar this is; nobody's for an unknown or renewed secret, or where they have no place any more."""
    row = CalendarFeed.objects.select_related("user").filter(token_hash=hash_of(secret)).first()
    if row is None or not row.user.is_active or not row.user.standing.is_member:
        return None
    now = timezone.now()
    if row.last_read_at is None or now - row.last_read_at > FRESH_ENOUGH:
        stale = Q(last_read_at__isnull=True) | Q(last_read_at__lt=now - FRESH_ENOUGH)
        CalendarFeed.objects.filter(stale, pk=row.pk).update(last_read_at=now)
    return row.user
