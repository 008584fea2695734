"""A way by which something has waited for an hour: the managers hear of it by another, once, however much waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from clients import sight
from notifications import kinds, recipients
from notifications.models import Channel, Notification, Outage, State
from notifications.recipients import Telling
from notifications.services.planning import (
    Occasion,
    Rooms,
    database_now,
    has_wechat,
    plan,
    rows_of_rooms,
    write,
)

log = structlog.get_logger()

LATE = timedelta(hours=1)
# A code is worth nothing before its hour is over: those that came to nothing since one last went out count as waiting.
CODES_LOOKED_BACK = timedelta(days=1)
UNSENT = ("too_late", "unknown_outcome")


def watch_channels(*, now: datetime | None = None) -> list[int]:
    """Open and close outages, and tell of new ones; the ids of what is to be sent at once."""
    sent: list[int] = []
    with sight.every_client():
        now = now or database_now()
        waiting = _waiting(now)
        open_ones = {one.channel: one for one in Outage.objects.filter(ended_at__isnull=True)}
        for channel, outage in open_ones.items():
            if channel not in waiting:
                Outage.objects.filter(pk=outage.pk, ended_at__isnull=True).update(ended_at=now)
                log.info("channel.recovered", channel=channel)
        for channel in waiting.keys() - open_ones.keys():
            sent += _open(channel, waiting[channel], now)
    return sent


def _waiting(now: datetime) -> dict[str, list[tuple[datetime, str]]]:
    """What waits longer than an hour, by its way: when it was due and why it did not go."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    late = (
        Notification.objects.filter(state__in=(State.PLANNED, State.CLAIMED), due_at__lte=now - LATE)
        .exclude(channel=Channel.IN_APP)
        .values_list("channel", "due_at", "reason")
    )
    for channel, due_at, reason in late.order_by("id")[:1000]:
        found.setdefault(channel, []).append((due_at, reason))
    codes = Notification.objects.filter(channel=Channel.SMS, due_at__gt=now - CODES_LOOKED_BACK)
    last = codes.filter(state=State.SENT).order_by("-sent_at").values_list("sent_at", flat=True).first()
    unsent = codes.filter(Q(state=State.PLANNED) | Q(state=State.FAILED, reason__in=UNSENT))
    if last is not None:
        unsent = unsent.filter(due_at__gt=last)
    rows = list(unsent.values_list("due_at", "reason"))
    if rows and min(rows)[0] <= now - LATE:
        found[Channel.SMS.value] = rows
    return found


def _open(channel: str, rows: list[tuple[datetime, str]], now: datetime) -> list[int]:
    """One outage and its messages; where another worker was quicker, nothing."""
    reason = Counter(reason for _, reason in rows if reason).most_common(1)
    outage = Outage(
        channel=channel, reason=reason[0][0] if reason else "", began_at=min(rows)[0], found_at=now
    )
    Outage.objects.bulk_create([outage], ignore_conflicts=True)
    kept = Outage.objects.get(channel=channel, ended_at__isnull=True)
    log.warning("channel.outage", channel=channel, reason=kept.reason, count=len(rows))
    data = {"channel": channel, "reason": kept.reason, "count": len(rows)}
    occasion = Occasion(f"outage:{kept.pk}", "outage", kept.pk)
    sent = plan(occasion, _told(channel, data), now=now, as_chosen=False)
    if channel != Channel.CHAT:
        sent += write(rows_of_rooms(occasion, kinds.OUTAGE, data, now, Rooms().all), now)
    return sent


def _told(channel: str, data: dict) -> Iterable[Telling]:
    """In the portal, and by mail and WeChat unless it is they that fail."""
    for person in recipients.managers():
        ways = [Channel.IN_APP, Channel.MAIL]
        if has_wechat(person):
            ways.append(Channel.WECHAT)
        yield Telling(person, kinds.OUTAGE, tuple(way for way in ways if way != channel), data)


def open_outages() -> list[Outage]:
    """The ways that fail now, the longest first."""
    with sight.every_client():
        return list(Outage.objects.filter(ended_at__isnull=True).order_by("began_at"))
