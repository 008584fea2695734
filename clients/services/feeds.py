"""Everybody's own calendar address: made, renewed, taken away."""

from __future__ import annotations

from django.db import transaction

from clients.feeds import new_secret
from clients.models import CalendarFeed, User
from clients.services.traces import record


@transaction.atomic
def make_feed(user: User) -> str:
    """The secret of the person's address, in the answer this once; an older one is worth nothing from now on."""
    secret, is_renewed = new_secret(user)
    record("feed.renewed" if is_renewed else "feed.made", by=user, about=user)
    return secret


@transaction.atomic
def end_feed(user: User) -> bool:
    """The address is worth nothing from the next request on."""
    ended, _rows = CalendarFeed.objects.filter(user=user).delete()
    if ended:
        record("feed.ended", by=user, about=user)
    return bool(ended)
