"""Rows are the promise: who is to be told becomes one row a person and channel, and twice becomes once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from notifications.kinds import kind_of
from notifications.models import Channel, Notification, State
from notifications.recipients import Telling
from trade.reminders import next_open


@dataclass(frozen=True)
class Occasion:
    """What is told of: its name makes the keys, so that the same occasion never tells twice."""

    name: str  # event:case:17, deadline:4:2
    source: str
    source_id: int | None
    client_id: int | None = None
    case_id: int | None = None


def database_now() -> datetime:
    """The database's clock judges what is due, for all workers alike."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def rows_of(occasion: Occasion, told: Iterable[Telling], now: datetime) -> list[Notification]:
    """The rows, not written yet."""
    return [_row(occasion, one, channel, now) for one in told for channel in one.channels]


def _row(occasion: Occasion, one: Telling, channel: str, now: datetime) -> Notification:
    rules = kind_of(one.kind)
    due_at = next_open(now) if rules.is_quiet and channel != Channel.IN_APP else now
    is_here = channel == Channel.IN_APP  # the row itself is the message
    return Notification(
        key=f"{occasion.name}:{one.person.pk if one.person else 0}:{channel}",
        client_id=occasion.client_id,
        case_id=occasion.case_id,
        recipient=one.person,
        to=one.to or (one.person.email if one.person else ""),
        channel=channel,
        kind=one.kind,
        is_essential=rules.is_essential,
        data=one.data,
        language=one.language or (one.person.language if one.person else "en"),
        source=occasion.source,
        source_id=occasion.source_id,
        state=State.SENT if is_here else State.PLANNED,
        planned_at=now,
        due_at=due_at,
        next_try_at=due_at,
        sent_at=now if is_here else None,
    )


def write(rows: list[Notification], now: datetime) -> list[int]:
    """Write those that are new; the ids of what is to be sent at once."""
    if not rows:
        return []
    Notification.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    waiting = [row.key for row in rows if row.state == State.PLANNED and row.next_try_at <= now]
    if not waiting:
        return []
    found = Notification.objects.filter(key__in=waiting, state=State.PLANNED, next_try_at__lte=now)
    return list(found.order_by("id").values_list("pk", flat=True))


def plan(occasion: Occasion, told: Iterable[Telling], *, now: datetime | None = None) -> list[int]:
    """Promise these tellings in the caller's transaction; the ids of what is to be sent at once."""
    now = now or database_now()
    return write(rows_of(occasion, told, now), now)
