"""Quiet hours: reminders wait until somebody is at work in Beijing; nothing else ever does."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from trade.days import BEIJING, is_working_day

OPENS, CLOSES = time(8), time(22)


def next_open(now: datetime) -> datetime:
    """`now` where it is day on a working day in Beijing, else eight o'clock of the next such morning."""
    local = now.astimezone(BEIJING)
    if is_working_day(local.date()) and OPENS <= local.time() < CLOSES:
        return now
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, BEIJING)
