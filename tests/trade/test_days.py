"""Days of the State Council's notices, and what stands in for one that is not out yet."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade import Refused, clocks, days

PATIENCE = 8  # seconds of this process; what grows faster than its input takes minutes

# Each counted by hand over the two notices below, in which a Saturday or Sunday may be worked; 51 in all.
TABLE = [
    ("2026-02-10T15:00", 20, "working", "2026-03-16T23:59:59+08:00", False),
    ("2026-09-17T09:30", 5, "working", "2026-09-23T23:59:59+08:00", False),
    ("2026-05-07T18:00", 3, "working", "2026-05-11T23:59:59+08:00", False),
    ("2026-09-30T22:15", 24, "hours", "2026-10-01T22:15:00+08:00", False),
    ("2026-11-24T09:00", 30, "calendar", "2026-12-24T23:59:59+08:00", False),
    ("2026-12-28T10:00", 10, "working", "2027-01-12T23:59:59+08:00", True),
    ("2026-12-28T10:00", 3, "working", "2026-12-31T23:59:59+08:00", False),
    ("2026-12-31T10:00", 1, "working", "2027-01-04T23:59:59+08:00", True),
    ("2026-12-28T10:00", 30, "calendar", "2027-01-27T23:59:59+08:00", False),
    ("2026-02-15T10:00", 0, "working", "2026-02-24T23:59:59+08:00", False),
    ("2026-02-14T10:00", 0, "working", "2026-02-14T23:59:59+08:00", False),
    ("2026-02-10T23:30Z", 1, "working", "2026-02-12T23:59:59+08:00", False),
    ("2024-02-28T12:00-05:00", 1, "calendar", "2024-03-01T23:59:59+08:00", False),
    ("2026-11-24T09:00", 0, "hours", "2026-11-24T09:00:00+08:00", False),
    ("2025-12-31T16:00", 1, "working", "2026-01-04T23:59:59+08:00", False),
    ("2025-12-30T09:00", 3, "working", "2026-01-05T23:59:59+08:00", False),
    ("2026-01-01T00:00", 0, "working", "2026-01-04T23:59:59+08:00", False),
    ("2026-01-03T12:00", 1, "working", "2026-01-04T23:59:59+08:00", False),
    ("2026-01-04T09:00", 5, "working", "2026-01-09T23:59:59+08:00", False),
    ("2026-02-13T17:59", 1, "working", "2026-02-14T23:59:59+08:00", False),
    ("2026-02-13T17:59", 2, "working", "2026-02-24T23:59:59+08:00", False),
    ("2026-02-14T23:59", 1, "working", "2026-02-24T23:59:59+08:00", False),
    ("2026-02-20T12:00", 3, "working", "2026-02-26T23:59:59+08:00", False),
    ("2026-02-23T08:00", 5, "working", "2026-02-28T23:59:59+08:00", False),
    ("2026-02-27T10:00", 1, "working", "2026-02-28T23:59:59+08:00", False),
    ("2026-02-27T10:00", 2, "working", "2026-03-02T23:59:59+08:00", False),
    ("2026-04-03T10:00", 1, "working", "2026-04-07T23:59:59+08:00", False),
    ("2026-04-30T10:00", 2, "working", "2026-05-07T23:59:59+08:00", False),
    ("2026-05-08T10:00", 1, "working", "2026-05-09T23:59:59+08:00", False),
    ("2026-06-18T10:00", 1, "working", "2026-06-22T23:59:59+08:00", False),
    ("2026-07-06T10:00", 20, "working", "2026-08-03T23:59:59+08:00", False),
    ("2026-09-18T20:00", 1, "working", "2026-09-20T23:59:59+08:00", False),
    ("2026-09-24T10:00", 1, "working", "2026-09-28T23:59:59+08:00", False),
    ("2026-09-29T10:00", 20, "working", "2026-11-02T23:59:59+08:00", False),
    ("2026-09-30T18:00", 1, "working", "2026-10-08T23:59:59+08:00", False),
    ("2026-10-01T00:00", 0, "working", "2026-10-08T23:59:59+08:00", False),
    ("2026-10-09T10:00", 1, "working", "2026-10-10T23:59:59+08:00", False),
    ("2026-10-09T10:00", 2, "working", "2026-10-12T23:59:59+08:00", False),
    ("2025-01-24T10:00", 1, "working", "2025-01-26T23:59:59+08:00", False),
    ("2025-01-27T10:00", 2, "working", "2025-02-06T23:59:59+08:00", False),
    ("2025-09-28T09:00", 3, "working", "2025-10-09T23:59:59+08:00", False),
    ("2025-12-15T10:00", 20, "working", "2026-01-13T23:59:59+08:00", False),
    ("2025-11-20T10:00", 60, "working", "2026-02-13T23:59:59+08:00", False),
    ("2026-02-01T09:00", 30, "calendar", "2026-03-03T23:59:59+08:00", False),
    ("2026-02-16T12:00", 45, "calendar", "2026-04-02T23:59:59+08:00", False),
    ("2026-01-31T23:59", 1, "calendar", "2026-02-01T23:59:59+08:00", False),
    ("2026-02-16T23:30", 24, "hours", "2026-02-17T23:30:00+08:00", False),
    ("2026-12-31T18:30Z", 1, "hours", "2027-01-01T03:30:00+08:00", False),
    ("2026-09-30T16:00Z", 0, "working", "2026-10-08T23:59:59+08:00", False),
    ("2026-10-06T15:59Z", 1, "working", "2026-10-08T23:59:59+08:00", False),
    ("2026-10-06T16:01Z", 1, "calendar", "2026-10-08T23:59:59+08:00", False),
]
OFF_2026 = "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007"
OFF_2025 = "0101-0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008"
WORKED = {
    2025: [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    2026: [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
}
STATUTORY_2027 = [
    (1, 1),
    (2, 5),
    (2, 8),
    (2, 9),
    (2, 10),
    (4, 5),
    (5, 3),
    (5, 4),
    (6, 9),
    (9, 15),
    (10, 1),
    (10, 4),
    (10, 5),
]


def test_fifty_due_moments_are_as_counted_beforehand():
    assert len(TABLE) >= 50
    for start, n, unit, due, provisional in TABLE:
        found = days.due(days.read_moment(start), n, unit)

        assert (found.at.isoformat(), found.provisional) == (due, provisional), (start, n, unit)


@pytest.mark.parametrize(("year", "spans"), [(2025, OFF_2025), (2026, OFF_2026)])
def test_the_official_days(year, spans):
    off = set()
    for span in spans.split():
        first, last = (date(year, int(part[:2]), int(part[2:])) for part in span.split("-"))
        off |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    worked = {date(year, *day) for day in WORKED[year]}

    for day in (date(year, 1, 1) + timedelta(days=n) for n in range(365)):
        expected = day in worked or (day.weekday() < 5 and day not in off)
        assert days.is_working_day(day) == expected, day


def test_2027_is_weekends_and_statutory_days():
    off = {date(2027, *day) for day in STATUTORY_2027}

    for day in (date(2027, 1, 1) + timedelta(days=n) for n in range(365)):
        assert days.is_working_day(day) == (day.weekday() < 5 and day not in off), day


@pytest.mark.parametrize("n", [-1, 10_001, 10**12, 1.5, True, "3", None])
def test_a_number_of_days_that_is_none_is_refused(n):
    with pytest.raises(Refused) as refusal:
        days.due(days.read_moment("2026-02-10T15:00"), n, "working")

    assert refusal.value.field == "days"


STRANGE_STARTS = [
    "",
    "tomorrow",
    "2026-02-30T10:00",
    "1989-12-31T10:00",
    "2101-01-01T00:00",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-12:00",
    "2026-02-10T25:00",
    "1" * 400_000,
    "1770000000",
]


@pytest.mark.parametrize("text", STRANGE_STARTS)
def test_a_start_that_is_none_is_refused(text):
    with pytest.raises(Refused) as refusal:
        days.read_moment(text)

    assert refusal.value.field == "start"


@pytest.mark.parametrize("unit", ["", "weeks", "Working"])
def test_an_unknown_unit_is_refused(unit):
    with pytest.raises(Refused) as refusal:
        days.due(days.read_moment("2026-02-10T15:00"), 1, unit)

    assert refusal.value.field == "unit"


@pytest.mark.parametrize("unit", days.UNITS)
def test_no_answer_lies_beyond_2100(unit):
    with pytest.raises(Refused):
        days.due(days.read_moment("2100-12-01T15:00"), 10_000, unit)


def test_ten_thousand_days_are_quick():
    begun = time.process_time()

    days.due(days.read_moment("1990-01-01T00:00"), 10_000, "working")

    assert time.process_time() - begun < PATIENCE


starts = st.datetimes(datetime(1990, 1, 2), datetime(2090, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=days.BEIJING)
)


@given(starts, st.integers(0, 400))
def test_the_nth_working_day_has_n_working_days_before_it(start, n):
    last = days.due(start, n, "working").at.date()

    assert days.is_working_day(last)
    if n:
        assert days.working_days_between(start.date(), last) == n
        assert (
            sum(
                days.is_working_day(start.date() + timedelta(days=d + 1))
                for d in range((last - start.date()).days)
            )
            == n
        )


@given(starts, st.integers(0, 400), st.sampled_from(days.UNITS))
def test_more_days_are_never_sooner(start, n, unit):
    assert days.due(start, n, unit).at <= days.due(start, n + 1, unit).at


def test_no_working_days_lie_between_a_day_and_an_earlier_one():
    assert days.working_days_between(date(2026, 3, 2), date(2026, 3, 2)) == 0
    assert days.working_days_between(date(2026, 3, 2), date(2026, 2, 2)) == 0


def test_the_clocks_of_the_trade():
    assert len(clocks.CLOCKS) == 18
    due = clocks.CLOCKS["miit_review"].due(days.read_moment("2026-02-10T15:00"))
    assert due.at.isoformat() == "2026-03-16T23:59:59+08:00"


@pytest.mark.parametrize(
    ("kind", "persons"),
    [
        ("first", ("head", "manager")),
        ("add_access", ("manager",)),
        ("change_subject", ("head",)),
        ("cancel_access", ()),
    ],
)
def test_who_enters_the_ministrys_code(kind, persons):
    assert clocks.sms_persons(kind) == persons
