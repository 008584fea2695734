"""The calendar: every running clock in sight on the day it ends, days off marked, and no day too long to read."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from cases import month
from cases.deadlines import BEIJING
from cases.models import Case, Deadline
from cases.services.opening import open_case
from clients import sight
from tests.pages.desk.test_list import asked as questions
from trade.days import shifted

OCTOBER = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)


def clock(client, day: date, *, kind: str = "photo", by=None, hour: int | None = None, **more) -> Deadline:
    """A case of its own with one clock that ends on that day, at its end or at an hour in Beijing."""
    domain = more.pop("domain", f"{kind.replace('_', '-')}{day.day}.example")
    case = open_case(client, by=None, given={"domain": {"name": domain}})
    Case.objects.filter(pk=case.pk).update(account_manager=by)
    at = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=BEIJING)
    return Deadline.objects.create(
        case=case, client=client, kind=kind, waiting_on="client", amount=3, unit="hours" if hour else "working",
        started_at=at - timedelta(days=3), due_at=at.replace(hour=hour, minute=0, second=0) if hour else at, **more,
    )  # fmt: skip


@pytest.fixture
def clocks(agency, harbour, lotus, mei, wen):
    with sight.every_client():
        return [
            clock(harbour, date(2026, 10, 8), by=mei),
            clock(harbour, date(2026, 10, 15), kind="sms_code", hour=15, by=wen),
            clock(lotus, date(2026, 10, 15), kind="miit_review", by=mei),
            clock(harbour, date(2026, 10, 20), state="paused", paused_at=OCTOBER),
            clock(harbour, date(2026, 10, 21), state="met", ended_at=OCTOBER),
            clock(harbour, date(2026, 11, 1), kind="psb_filing"),
        ]


def cells(page: str) -> dict[str, str]:
    """What stands under each day of the month."""
    found = re.findall(r"<td[^>]*>(?:(?!</td>).)*</td>", page, re.S)
    days = {match[1]: cell for cell in found if (match := re.search(r'datetime="([^"]+)"', cell))}
    return {day: html.unescape(re.sub(r"<[^>]+>", " ", cell)) for day, cell in days.items()}


def read(browser, query: str = "") -> str:
    answer = browser.get(f"/calendar/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


# ── Days ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_days_off_and_make_up_days_of_the_mainland():
    """The notice for 2026: National Day 1 to 7 October, worked on Sunday 20 September and Saturday 10 October."""
    off = {
        day
        for n in range(30)
        if (day := date(2026, 9, 15) + timedelta(days=n))
        if (told := shifted(day)) and not told.is_worked
    }
    worked = {
        day
        for n in range(30)
        if (day := date(2026, 9, 15) + timedelta(days=n))
        if (told := shifted(day)) and told.is_worked
    }

    # Mid-autumn is Friday 25 September; of National Day 3 and 4 October are a weekend anyway.
    assert off == {date(2026, 9, 25), *(date(2026, 10, n) for n in (1, 2, 5, 6, 7))}
    assert worked == {date(2026, 9, 20), date(2026, 10, 10)}
    assert str(shifted(date(2026, 10, 1)).name) == "National Day"
    with translation.override("zh-hans"):
        assert str(shifted(date(2026, 10, 10)).name) == "国庆节"
    assert shifted(date(2027, 10, 1)) == (False, None)  # not published: by the law alone


def test_weeks_run_from_monday_and_hold_the_whole_month():
    weeks = month.weeks_of(date(2026, 10, 1))

    assert (weeks[0][0], weeks[-1][-1], len(weeks)) == (date(2026, 9, 28), date(2026, 11, 1), 5)
    assert len(month.weeks_of(date(2026, 2, 1))) == 5 and len(month.weeks_of(date(2027, 2, 1))) == 4


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────


@time_machine.travel(OCTOBER, tick=False)
def test_running_clocks_stand_on_the_day_they_end(clocks, as_page, mei):
    browser = as_page(mei)
    page = read(browser)
    told = cells(page)

    assert {day for day, words in told.items() if ".example" in words} == {"2026-10-08", "2026-10-15"}
    assert "photo8.example" in told["2026-10-08"] and "overdue" in told["2026-10-08"]
    assert "15:00" in told["2026-10-15"] and "overdue" not in told["2026-10-15"]
    assert f'href="/cases/{clocks[2].case.reference}/"' in page
    assert "National Day" in told["2026-10-01"] and "worked for National Day" in told["2026-10-10"]
    assert 'aria-current="date"' in page and 'href="/me/calendar/"' in page
    assert "?month=2026-09" in page and "?month=2026-11" in page
    assert "psb-filing1.example" in read(browser, "?month=2026-11")
    assert "provisional" not in page and "provisional" in read(browser, "?month=2027-02")


@time_machine.travel(OCTOBER, tick=False)
def test_kind_and_whose_narrow_it_and_links_keep_them(clocks, as_page, mei):
    browser = as_page(mei)

    only_sms, mine = cells(read(browser, "?kind=sms_code")), cells(read(browser, "?whose=mine"))
    assert [day for day, words in only_sms.items() if ".example" in words] == ["2026-10-15"]
    assert "miit-review15" in mine["2026-10-15"] and "sms-code15" not in mine["2026-10-15"]
    page = html.unescape(read(browser, "?kind=sms_code&whose=mine"))
    assert (
        "?month=2026-11&kind=sms_code&whose=mine" in page
        and "?day=2026-10-15&kind=sms_code&whose=mine" in page
    )
    for nonsense in (
        "?month=2026-13",
        "?month=0001-01",
        "?kind=x&whose=y",
        "?day=2026-02-30",
        "?day=9999-12-31&after=x",
    ):
        assert "October 2026" in read(browser, nonsense)


@time_machine.travel(OCTOBER, tick=False)
def test_a_full_day_says_how_many_more_and_leads_to_all(clocks, as_page, mei, harbour, monkeypatch):
    monkeypatch.setattr(month, "A_PAGE", 10)
    with sight.every_client():
        for n in range(16):
            clock(harbour, date(2026, 10, 22), kind="photo", domain=f"many{n:02d}.example")
    browser = as_page(mei)

    cell = cells(read(browser))["2026-10-22"]
    assert cell.count(".example") == month.A_DAY and "and 12 more" in cell
    first = read(browser, "?day=2026-10-22")
    follow = html.unescape(re.search(r'rel="next" href="(\?day=2026-10-22&amp;after=[^"]+)"', first)[1])
    second = read(browser, follow)
    assert "Thursday 22 October" in first
    domains = [re.findall(r"many\d\d\.example", page) for page in (first, second)]
    assert [len(one) for one in domains] == [10, 6] and len({*domains[0], *domains[1]}) == 16


@time_machine.travel(OCTOBER, tick=False)
def test_everybody_sees_the_clocks_in_their_sight(clocks, as_page, mei, wen, root, lim, ada, ann, bo):
    """Lim sees Harbour alone; a client's people have their own pages and no calendar of the desk."""
    for who in (mei, wen, root):
        assert "miit-review15" in read(as_page(who))
    page = read(as_page(lim))
    assert "photo8.example" in page and "miit-review15" not in page
    assert "miit-review15" not in read(as_page(lim), "?day=2026-10-15")
    for who in (ada, ann, bo):
        assert as_page(who).get("/calendar/").status_code == 404
        assert as_page(who).get("/calendar/?day=2026-10-15").status_code == 404


@time_machine.travel(OCTOBER, tick=False)
def test_it_costs_the_same_with_few_clocks_and_many(clocks, as_page, mei, harbour, lotus):
    browser = as_page(mei)
    paths = ("/calendar/", "/calendar/?day=2026-10-15&kind=miit_review&whose=mine")
    few = [questions(browser, path)[0] for path in paths]
    with sight.every_client():
        for n in range(25):
            clock(lotus if n % 2 else harbour, date(2026, 10, 13 + n % 9), kind="miit_review", by=mei)

    many = [questions(browser, path)[0] for path in paths]

    assert many == few and max(many) <= 12
