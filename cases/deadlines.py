"""Pure arithmetic of clocks; what a working day is, `trade.days` knows."""

from __future__ import annotations

from datetime import date, datetime, time

from trade import reminders
from trade.days import BEIJING, due, working_days_between

__all__ = [
    "BEIJING",
    "beijing_day",
    "due",
    "midday",
    "moved_on",
    "next_look",
    "next_nudge",
    "working_days_between",
]

CHANGE_DUTY = "change_duty"  # a changed fact is to be filed within so many days
CALLBACK = "provider_callback"  # the hour within which they ring again


def beijing_day(moment: datetime) -> date:
    """The day it is in Beijing; all dates of the trade are days there."""
    return moment.astimezone(BEIJING).date()


def midnight(day: date) -> datetime:
    """The first moment of a day in Beijing."""
    return datetime.combine(day, time(), BEIJING)


def midday(day: date | None) -> datetime:
    """Noon in Beijing: a moment that is that day wherever a clock begins with a date only."""
    assert day is not None
    return datetime.combine(day, time(12), BEIJING)


def next_look(kind: str, started_at: datetime, due_at: datetime, *, after: datetime) -> datetime | None:
    """When the sweep looks at a clock next: as the rules of reminders say, and where the ministry's SMS code ends."""
    rules = reminders.of_clock(kind)
    found = reminders.outlook(rules, started_at, due_at, after).next_at
    if kind == reminders.SMS and due_at > after:
        return min(found or due_at, due_at)
    return found


def next_nudge(since: datetime, *, after: datetime) -> datetime | None:
    """When the sweep looks next at a case whose client must move since then."""
    return reminders.outlook(reminders.of_turn(), since, None, after).next_at


def moved_on(
    started_at: datetime, paused_at: datetime, due_at: datetime, unit: str, now: datetime
) -> datetime:
    """The new due moment of a clock that stood still from `paused_at` to `now`.

    Hours go on to the second; days go on by whole days of their kind that were left when it stopped.
    """
    if unit == "hours":
        return due_at + (now - paused_at)
    if due_at <= paused_at:
        return due_at
    if unit == "calendar":
        left = (beijing_day(due_at) - beijing_day(paused_at)).days
    else:
        left = working_days_between(beijing_day(paused_at), beijing_day(due_at))
    return due(now, left, unit).at
