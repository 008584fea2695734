"""Pure arithmetic of clocks; what a working day is, `trade.days` knows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from trade.days import BEIJING, due, working_days_between

__all__ = ["BEIJING", "beijing_day", "due", "midday", "moved_on", "reminder_moments", "working_days_between"]

REMINDER_SHARES = (0.5, 0.8, 1.0)  # of a clock's length, when staff look at it again
CALLBACK = "provider_callback"  # the hour within which they ring again
NUDGE_DAYS = (2, 5, 9)  # working days after which the client is asked again
SMS_HOURS = (1, 6, 12, 20, 23)  # after the code was sent


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


def reminder_moments(kind: str, started_at: datetime, due_at: datetime) -> list[datetime]:
    """When the sweep looks at a clock: by the hour for the ministry's SMS code, else at 50, 80 and 100 %."""
    if kind == "sms_code":
        return [started_at, *(started_at + timedelta(hours=hours) for hours in SMS_HOURS), due_at]
    length = due_at - started_at
    return [started_at + length * share for share in REMINDER_SHARES]


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
