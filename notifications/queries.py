"""Reading: the ledger of what was told to whom, and a person's own list."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from django.core import signing
from django.db.models import Q, QuerySet

from cases.models import Case
from cases.queries import PAGE, cases_for, read_cursor
from clients.asking import Statement, asked
from clients.models import Role, User
from notifications.models import Channel, Notification, State

MANY = 100  # of unread ones are counted, no more
_UNREAD = """SELECT count(*) FROM (SELECT FROM notifications_notification
    WHERE recipient_id = %s AND channel = 'in_app' AND read_at IS NULL LIMIT %s) AS unread"""


class Page(NamedTuple):
    """One page of a list, and the cursor to the next or None."""

    items: list[Notification]
    next: str | None


def in_sight(user: User) -> QuerySet[Notification]:
    """What this person may know was told: the agency all in its sight, everybody else what was told to them.

    A contact also sees that a code went to a mobile of their client's filing, for they asked for it.
    """
    standing = user.standing
    if standing.is_agency:
        if standing.sees_every_client:
            return Notification.objects.all()
        return Notification.own.filter(Q(client_id__in=standing.client_ids) | Q(recipient=user))
    speaks_for = [pk for pk, role in standing.by_client.items() if role == Role.CONTACT]
    return Notification.own.filter(Q(recipient=user) | Q(channel=Channel.SMS, client_id__in=speaks_for))


def page_of(rows: QuerySet[Notification], user: User, of: str, cursor: str = "", size: int = PAGE) -> Page:
    """The newest first, from a signed place that is good for this person and this list only."""
    salt = f"cursor:notifications:{user.pk}:{hashlib.sha256(of.encode('utf-8', 'replace')).hexdigest()}"
    before = read_cursor(cursor, salt)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.select_related("case", "recipient").order_by("-id")[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Page(found, signing.dumps(found[-1].pk, salt=salt) if more else None)


def ledger(case: Case) -> QuerySet[Notification]:
    """All that was or will be told about a case by any way out of the portal, the newest first."""
    rows = Notification.objects.filter(case=case).exclude(channel=Channel.IN_APP)
    return rows.select_related("recipient", "case").order_by("-id")


LEDGER = ("case", "person", "channel", "state")


def searched(user: User, asked: Mapping[str, str]) -> QuerySet[Notification]:
    """What went or will go out in this person's sight; what stands in the portal only where it is asked for."""
    rows = in_sight(user)
    channel = asked["channel"]
    rows = rows.filter(channel=channel) if channel in Channel.values else rows.exclude(channel=Channel.IN_APP)
    if asked["state"] in State.values:
        rows = rows.filter(state=asked["state"])
    if case := asked["case"]:
        named = cases_for(user).filter(Q(reference__iexact=case) | Q(domain_name__iexact=case))
        rows = rows.filter(case__in=named)
    if person := asked["person"]:
        who = User.objects.filter(
            Q(reference=person) | Q(email__iexact=person) | Q(name__iexact=person) | Q(name_zh=person)
        )
        rows = rows.filter(recipient__in=who)
    return rows


def inbox(user: User) -> QuerySet[Notification]:
    """A person's own messages in the portal."""
    return Notification.own.filter(recipient=user, channel=Channel.IN_APP)


def unread_count(user: User) -> int:
    """How many of them are unread, a hundred at the most."""
    return asked(*unread_ahead(user))[0][0]


def unread_ahead(user: User) -> Statement:
    """On every page: built by the ORM it would cost as much again as the rest of the masthead."""
    return _UNREAD, [user.pk, MANY]


def address_of(one: Notification) -> str:
    """The address it went or will go to; of a number the mask."""
    if one.channel in (Channel.SMS, Channel.CHAT, Channel.WECHAT) or one.to:
        return one.to
    return one.recipient.email if one.recipient else ""
