from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
from chinese_calendar import constants
from django.utils.translation import gettext_lazy as _

from .refusal import Refused
from .words import Words

BEIJING = ZoneInfo("Asia/Shanghai")
UNITS = ("hours", "calendar", "working")
MOST = 10_000
FIRST_YEAR, LAST_YEAR = 1990, 2100
OFFICIAL_YEARS = range(min(constants.holidays).year, max(constants.holidays).year + 1)
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class Due(NamedTuple):
    """When something falls due, and whether a calendar not yet published could move it."""

    at: datetime
    provisional: bool


def due(start: datetime, n: int, unit: str) -> Due:
    """The moment that lies n units after the start, in Beijing time; the start day never counts.

    State Council's yearly notice on days off (国务院办公厅关于部分节假日安排的通知); hours know no holidays.
    """
    if unit not in UNITS:
        raise Refused("unit", _("The unit is hours, calendar or working."), "unknown_code")
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= MOST:
        raise Refused(
            "days",
            _("The number of days must be a whole number from 0 to 10,000."),
            "out_of_range",
        )
    begun = in_beijing(start, "start")
    if unit == "hours":
        # Through UTC: hours stay hours where Beijing changed its clocks (1990, 1991).
        return Due(
            bounded((begun.astimezone(UTC) + timedelta(hours=n)).astimezone(BEIJING)),
            False,
        )
    if unit == "calendar":
        return Due(bounded(local_day_end(begun.date() + timedelta(days=n))), False)
    last = nth_working_day(begun.date(), n)
    first = last if n == 0 else nth_working_day(begun.date(), 1)
    return Due(
        local_day_end(last),
        first.year not in OFFICIAL_YEARS or last.year not in OFFICIAL_YEARS,
    )


def in_beijing(moment: datetime, field: str) -> datetime:
    """The moment on a Beijing clock; one without a zone was read off such a clock."""
    if not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:
        raise out_of_years(field)
    local = moment.replace(tzinfo=BEIJING) if moment.tzinfo is None else moment.astimezone(BEIJING)
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise out_of_years(field)
    return local


def bounded(moment: datetime) -> datetime:
    if moment.year > LAST_YEAR:
        raise out_of_years("days")
    return moment


def out_of_years(field: str) -> Refused:
    return Refused(field, _("The dates must lie in the years 1990 to 2100."), "out_of_range")


def read_moment(text: str, field: str = "start") -> datetime:
    """The moment that an ISO 8601 text names, in Beijing time."""
    refusal = Refused(field, _("Write date and time such as 2026-02-10T15:00+08:00."), "invalid")
    if len(text) > 40 or not MOMENT.fullmatch(text):
        raise refusal
    try:
        return in_beijing(datetime.fromisoformat(text), field)
    except (ValueError, OverflowError):
        raise refusal from None


def local_day_end(day: date) -> datetime:
    """The last second of a day in Beijing."""
    return datetime.combine(day, time(23, 59, 59), BEIJING)


def today() -> date:
    """The day it is in Beijing."""
    return datetime.now(BEIJING).date()


def is_working_day(day: date) -> bool:
    """Whether offices in China work on this day; make-up Saturdays and Sundays count."""
    if day.year in OFFICIAL_YEARS:
        return chinese_calendar.is_workday(day)
    return day.weekday() < 5 and day not in statutory_days(day.year)


class DayOff(NamedTuple):
    """A day on which offices are closed though it is no weekend, or open though it is one; by which holiday."""

    is_worked: bool
    name: Words | None


def shifted(day: date) -> DayOff | None:
    """What is unusual about a day: a holiday, or a weekend that is worked to make up for one."""
    is_worked = is_working_day(day)
    if is_worked == (day.weekday() < 5):
        return None
    if day.year not in OFFICIAL_YEARS:
        return DayOff(is_worked, None)
    _is_off, name = chinese_calendar.get_holiday_detail(day)
    return DayOff(is_worked, Words(name, constants.Holiday(name).chinese) if name else None)


@cache
def statutory_days(year: int) -> frozenset[date]:
    """Days off by law alone (全国年节及纪念日放假办法), for years without a notice."""
    return frozenset(holidays.country_holidays("CN", years=[year]))


def working_days_in(first_year: int, last_year: int) -> list[date]:
    """Every working day of these years, both included."""
    return [day for year in range(first_year, last_year + 1) for day in working_days_of(year)]


@cache
def working_days_of(year: int) -> tuple[date, ...]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return tuple(day for day in days if day.year == year and is_working_day(day))


def nth_working_day(start: date, n: int) -> date:
    """The nth working day after the start; for 0 the start itself or the next working day."""
    year, days = start.year, working_days_of(start.year)
    index = bisect_right(days, start) + n - 1 if n else bisect_left(days, start)
    while index >= len(days):
        index -= len(days)
        year += 1
        if year > LAST_YEAR:
            raise out_of_years("days")
        days = working_days_of(year)
    return days[index]


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after the start, the end included; none where the end is not later."""
    for day in (start, end):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise out_of_years("date")
    if end <= start:
        return 0
    between = sum(len(working_days_of(year)) for year in range(start.year, end.year))
    return (
        between
        + bisect_right(working_days_of(end.year), end)
        - bisect_right(working_days_of(start.year), start)
    )
