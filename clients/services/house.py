"""The agency's own settings, and the keys its people make for programs."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from clients.models import Agency, ApiToken, Logo, User
from clients.permissions import may_change_settings
from clients.queries import forget_agency
from clients.services.traces import record
from clients.tokens import LONGEST, new_token

SETTINGS = (
    "name",
    "name_zh",
    "phone",
    "sender",
    "logo",
    "time_zone",
    "stored_in",
    "stored_in_zh",
    "identity_papers_kept_days",
    "destroying_warned_days",
    "bulk_most",
    "demands_second_factor",
    "eligibility_is_open",
)


@transaction.atomic
def change_agency(*, by: User, picture: tuple[bytes, str] | None = None, **changes: Any) -> Agency:
    """What every page and mail shows of the house; only what differs is written and told.

    A `picture` (its bytes and type, drawn anew by us) becomes the logo.
    """
    if not may_change_settings(by):
        raise PermissionDenied
    if picture is not None:
        changes["logo"] = _kept(*picture).get_absolute_url()
    row = Agency.objects.select_for_update().filter(pk=1).first() or Agency(pk=1)
    told = {}
    for name in SETTINGS:
        if name in changes and getattr(row, name) != changes[name]:
            told[name] = [getattr(row, name), changes[name]]
            setattr(row, name, changes[name])
    if told:
        row.save()
        record("agency.changed", by=by, changes=told)
        transaction.on_commit(forget_agency)
    return row


def _kept(content: bytes, content_type: str) -> Logo:
    digest = hashlib.sha256(content).hexdigest()
    told = {"content": content, "content_type": content_type}
    return Logo.objects.get_or_create(digest=digest, defaults=told)[0]


@transaction.atomic
def make_token(
    user: User,
    *,
    name: str = "",
    can_write: bool = True,
    can_reveal: bool = True,
    lasts: timedelta = LONGEST,
    by: User | None,
) -> tuple[str, ApiToken]:
    """A key for programs; the token is in the answer this once and nowhere else."""
    token, row = new_token(user, name=name, can_write=can_write, can_reveal=can_reveal, lasts=lasts)
    record(
        "token.made",
        by=by,
        about=user,
        token=row.reference,
        name=row.name,
        can_write=can_write,
        can_reveal=can_reveal,
        until=row.expires_at.date().isoformat(),
    )
    return token, row


@transaction.atomic
def revoke_token(row: ApiToken, *, by: User) -> None:
    """The token is worth nothing from the next request on."""
    if row.user_id != by.pk and not by.standing.is_administrator:
        raise PermissionDenied
    changed = ApiToken.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    if changed:
        record("token.revoked", by=by, about=row.user, token=row.reference, name=row.name)
