"""Reminders as rows: which moments they name, over the long holidays too, and which rules are refused."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tests.trade.test_book import changed, edition
from trade import book, days, reminders
from trade.book import DataError
from trade.days import BEIJING
from trade.reminders import REMINDERS


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


def told(code: str, started: str, due: str | None = None, most: int = 99) -> list[str]:
    """The moments of a shipped rule, as month, day, hour and minute in Beijing."""
    found = reminders.moments(REMINDERS[code], at(started), at(due) if due else None)
    return [
        moment.astimezone(BEIJING).strftime("%m-%d %H:%M")
        for _n, moment in zip(range(most), found, strict=False)
    ]


def test_the_shipped_rules_name_these_moments():
    """By hand from the notice of 2026: off 15–23 Feb and 1–7 Oct; worked 14 and 28 Feb, 20 Sep and 10 Oct.

    What lies in a holiday before the end is told of on the last working day before it, hours know no holiday, and a
    shorter clock leaves out what lies before its start.
    """
    table = """
        client_waits      02-10 15:00  -            02-12 23:59  02-24 23:59  02-28 23:59  03-06 23:59  03-13 23:59
        client_is_called  02-10 15:00  -            03-16 23:59
        psb_filing_near   09-08 10:00  10-08 23:59  09-08 10:00  09-24 00:00  09-30 00:00  09-30 00:00  09-30 00:00
        psb_filing_near   11-24 09:00  12-24 23:59  11-24 09:00  12-10 00:00  12-17 00:00  12-21 00:00  12-23 00:00
        psb_footer_near   11-24 09:00  12-04 23:59  11-27 00:00  12-01 00:00  12-03 00:00
        psb_overdue       08-31 10:00  09-30 23:59  09-30 23:59  10-08 23:59  10-09 23:59  10-10 23:59  10-12 23:59
        sms_by_the_hour   10-01 22:15  10-02 22:15  10-01 23:15  10-02 04:15  10-02 10:15  10-02 18:15  10-02 21:15
        clock_late        03-02 00:00  03-12 00:00  03-10 00:00  03-12 00:00"""

    for line in table.strip().splitlines():
        code, started, due, *expected = re.split(r"\s{2,}", line.strip())
        assert told(code, started, None if due == "-" else due, 5) == expected, line


def test_the_newest_step_counts_and_no_rule_goes_on_without_end():
    started, due = at("09-08 10:00"), at("10-08 23:59")
    rules = reminders.of_clock("psb_filing")
    found = reminders.outlook(rules, started, due, at("10-03 12:00"), behind=at("09-24 00:00"))

    assert [(step.rule.code, step.n) for step in found.come] == [("psb_filing_near", 4)]
    assert found.next_at == due + timedelta(seconds=59)
    for rule in REMINDERS.values():
        moments = list(reminders.moments(rule, started, due))
        assert len(moments) <= rule.most and moments == sorted(moments), rule.code
    assert reminders.outlook(rules, started, due, at("12-31 12:00")).next_at is None
    assert (
        reminders.of_clock("psb_filing")
        != reminders.of_clock("miit_review")
        == reminders.of_clock("unheard_of")
    )


def test_no_reminder_goes_out_by_night_or_on_a_day_off():
    for hours in range(0, 365 * 24, 5):
        moment = reminders.next_open(at("01-01 00:30") + timedelta(hours=hours)).astimezone(BEIJING)
        assert days.is_working_day(moment.date()) and 8 <= moment.hour < 22, moment


def test_a_changed_row_changes_what_is_told():
    others = edition("reminders.reminder", changed(REMINDERS["client_waits"], steps=(1,), again=None, most=1))
    hours = edition("reminders.hours", changed(reminders.HOURS["telling"], from_hour=10))

    with book.using(others.on()):
        assert told("client_waits", "03-02 12:00") == ["03-03 23:59"]
    with book.using(hours.on()):
        assert reminders.next_open(at("03-03 08:30")) == at("03-03 10:00")


@pytest.mark.parametrize(
    ("code", "columns", "column"),
    [
        ("client_waits", {"steps": ()}, "steps"),
        ("client_waits", {"steps": (2, 2)}, "steps"),
        ("client_waits", {"steps": (10_001,)}, "steps"),
        ("client_waits", {"again": 5_000, "most": 5}, "steps"),
        ("client_waits", {"again": 0}, "again"),
        ("client_waits", {"most": 0}, "most"),
        ("client_waits", {"most": 501}, "most"),
        ("client_waits", {"clocks": ("photo",)}, "clocks"),
        ("client_waits", {"direction": "before"}, "direction"),
        ("client_waits", {"unit": "percent"}, "unit"),
        ("client_waits", {"to": ()}, "to"),
        ("client_waits", {"channels": ()}, "channels"),
        ("client_waits", {"text": "clock"}, "text"),
        ("clock_late", {"steps": (101,)}, "steps"),
        ("clock_late", {"again": 10}, "again"),
        ("clock_late", {"text": "sms.clock"}, "text"),
        ("sms_by_the_hour", {"text": "clock"}, "text"),
        ("psb_filing_near", {"clocks": ("no_such_clock",)}, "clocks"),
        ("client_waits", {"own_text": "{{ secret }}"}, "own_text"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_column(code, columns, column):
    with pytest.raises(DataError) as refused:
        edition("reminders.reminder", changed(REMINDERS[code], **columns)).check()

    assert refused.value.column == column
