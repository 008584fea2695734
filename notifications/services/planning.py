"""Rows are the promise: who is to be told becomes one row a person and channel, and twice becomes once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db import connection

from clients.models import User
from clients.sealing import mask
from notifications.kinds import kind_of
from notifications.models import Channel, Notification, Robot, State
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


class Rooms:
    """The rooms that the agency's robots stand in; asked once, and only where somebody chose them."""

    @cached_property
    def all(self) -> list[Robot]:
        return list(Robot.objects.filter(ended_at__isnull=True).order_by("pk"))


def rows_of(
    occasion: Occasion,
    told: Iterable[Telling],
    now: datetime,
    *,
    rooms: Rooms | None = None,
    as_chosen: bool = True,
) -> list[Notification]:
    """The rows, not written yet. What goes by mail goes by the ways as well that its person chose beside it."""
    told = list(told)
    rows = [_row(occasion, one, channel, now) for one in told for channel in one.channels]
    if as_chosen:
        beside = [one for one in told if Channel.MAIL in one.channels]
        rows += [_row(occasion, one, Channel.WECHAT, now) for one in beside if has_wechat(one.person)]
        in_room = [one for one in beside if one.person is not None and one.person.wants_chat]
        if occasion.case_id and in_room:
            rows += rows_of_rooms(occasion, in_room[0].kind, in_room[0].data, now, (rooms or Rooms()).all)
    return rows


def has_wechat(person: User | None) -> bool:
    """They chose WeChat and can be reached there."""
    return bool(person and person.wants_wechat and person.wechat_id and settings.WECHAT_APP_ID)


def rows_of_rooms(
    occasion: Occasion, kind: str, data: dict, now: datetime, robots: Iterable[Robot]
) -> list[Notification]:
    """One a room, however many of those in it are told: a room hears of an occasion once."""
    rows = []
    for robot in robots:
        one = Telling(
            None, kind, (), data | {"robot": robot.reference}, to=robot.name, language=robot.language
        )
        row = _row(occasion, one, Channel.CHAT, now)
        row.key = f"{occasion.name}:room{robot.pk}:{Channel.CHAT}"
        rows.append(row)
    return rows


def _row(occasion: Occasion, one: Telling, channel: str, now: datetime) -> Notification:
    rules = kind_of(one.kind)
    is_here = channel == Channel.IN_APP  # the row itself is the message
    due_at = now if is_here else next_open(now) if rules.is_quiet else now + one.wait
    # Of what need not be known at once a person may want no mail; the row says that it would have been one.
    is_unwanted = (
        channel == Channel.MAIL
        and not rules.is_essential
        and one.person is not None
        and not one.person.wants_reminders
    )
    state = State.SENT if is_here else State.SUPPRESSED if is_unwanted else State.PLANNED
    return Notification(
        key=f"{occasion.name}:{one.person.pk if one.person else 0}:{channel}",
        client_id=occasion.client_id,
        case_id=occasion.case_id,
        recipient=one.person,
        to=one.to or (_address(one.person, channel) if one.person else ""),
        channel=channel,
        kind=one.kind,
        is_essential=rules.is_essential,
        data=one.data,
        language=one.language or (one.person.language if one.person else "en"),
        source=occasion.source,
        source_id=occasion.source_id,
        state=state,
        reason="switched_off" if is_unwanted else "",
        planned_at=now,
        due_at=due_at,
        next_try_at=due_at,
        sent_at=now if is_here else None,
    )


def _address(person: User, channel: str) -> str:
    return mask(person.wechat_id) if channel == Channel.WECHAT else person.email


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


def plan(
    occasion: Occasion, told: Iterable[Telling], *, now: datetime | None = None, as_chosen: bool = True
) -> list[int]:
    """Promise these tellings in the caller's transaction; the ids of what is to be sent at once."""
    now = now or database_now()
    return write(rows_of(occasion, told, now, as_chosen=as_chosen), now)
