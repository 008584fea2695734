"""The mainland's days of 2026, written down by hand, and arithmetic over them that asks nothing of the portal."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
GRID = timedelta(minutes=15)  # the simulated beat rings at these marks
OPENS, CLOSES = time(8), time(22)


def _span(first: tuple[int, int], last: tuple[int, int]) -> set[date]:
    begin, end = date(2026, *first), date(2026, *last)
    return {begin + timedelta(days=n) for n in range((end - begin).days + 1)}


# State Council's notice of November 2025 (国务院办公厅关于2026年部分节假日安排的通知); of 2027, New Year by law alone.
OFF = (
    _span((1, 1), (1, 3))  # New Year
    | _span((2, 15), (2, 23))  # Spring Festival
    | _span((4, 4), (4, 6))  # Qingming
    | _span((5, 1), (5, 5))  # Labour Day
    | _span((6, 19), (6, 21))  # Dragon Boat
    | _span((9, 25), (9, 27))  # Mid-Autumn
    | _span((10, 1), (10, 7))  # National Day
    | {date(2027, 1, 1)}
)
MADE_UP = {date(2026, *day) for day in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]}


def works(day: date) -> bool:
    return day in MADE_UP or (day.weekday() < 5 and day not in OFF)


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), BEIJING)


def day_of(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


def end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), BEIJING)


def working_after(day: date, n: int) -> date:
    """The n-th working day after this one; for 0 the day itself or the next that is worked."""
    while n == 0 and not works(day):
        day += timedelta(days=1)
    while n:
        day += timedelta(days=1)
        n -= works(day)
    return day


def working_between(first: date, last: date) -> int:
    return sum(works(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def worked_before(day: date) -> date:
    """The day itself, or the last before it that is worked."""
    while not works(day):
        day -= timedelta(days=1)
    return day


def due(start: datetime, n: int, unit: str) -> datetime:
    if unit == "hours":
        return start + timedelta(hours=n)
    day = day_of(start)
    return end_of(day + timedelta(days=n) if unit == "calendar" else working_after(day, n))


def opens(moment: datetime) -> datetime:
    """The moment itself where reminders may go out, else eight o'clock of the next day that is worked."""
    local = moment.astimezone(BEIJING)
    if works(local.date()) and OPENS <= local.time() < CLOSES:
        return moment
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return at(working_after(day, 0), OPENS.hour)


def on_grid(moment: datetime) -> datetime:
    """The first mark at or after this moment."""
    seconds = GRID.total_seconds()
    return datetime.fromtimestamp(-(-moment.timestamp() // seconds) * seconds, BEIJING)
