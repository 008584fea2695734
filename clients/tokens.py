"""Bearer tokens: 256 bits with a prefix, of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from clients.models import ApiToken, User

PREFIX = "icp_"
LONGEST = timedelta(days=365)
FRESH_ENOUGH = timedelta(minutes=1)  # `last_used_at` is written at most this often


def hash_of(token: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def new_token(
    user: User, *, name: str = "", can_write: bool = True, can_reveal: bool = True, lasts: timedelta = LONGEST
) -> tuple[str, ApiToken]:
    """A new token and its row; the token itself is shown this once."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user,
        name=name,
        token_hash=hash_of(token),
        can_write=can_write,
        can_reveal=can_reveal,
        expires_at=timezone.now() + min(lasts, LONGEST),
    )
    return token, row


def person_behind(request: HttpRequest) -> tuple[User | AnonymousUser, ApiToken | None]:
    """Whom the Authorization header speaks for; nobody for a missing, unknown, ended or revoked token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.startswith(PREFIX):
        return AnonymousUser(), None
    now = timezone.now()
    row = (
        ApiToken.objects.select_related("user")
        .filter(token_hash=hash_of(token.strip()), revoked_at__isnull=True, expires_at__gt=now)
        .first()
    )
    if row is None or not row.user.is_active or not row.user.standing.is_member:
        return AnonymousUser(), None
    if row.last_used_at is None or now - row.last_used_at > FRESH_ENOUGH:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - FRESH_ENOUGH)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return row.user, row
