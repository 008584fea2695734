"""Reports: each sum reckoned by hand beside the page that shows it; who may read it; and what it costs."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from cases import charts, reports
from cases.models import Case, CaseEvent
from cases.reports import Asked, Missed, Spent
from cases.services import bringing
from cases.services.learning import keep_stays
from cases.services.opening import open_case
from cases.workflow import ROAD
from clients import sight
from tests.pages.desk.test_list import asked as questions

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MARCH = Asked(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def seen():
    with sight.every_client():
        yield


def event(case: Case, kind: str, after: int, **more) -> CaseEvent:
    at = MONDAY + timedelta(days=after)
    return CaseEvent.objects.create(
        case=case, client_id=case.client_id, kind=kind, at=at, relayed_at=at, **more
    )


def move(case: Case, name: str, source: str, target: str, after: int, **more) -> CaseEvent:
    return event(case, "case.moved", after, move=name, from_stage=source, to_stage=target, **more)


def opened(client, by=None, **columns) -> Case:
    case = open_case(client, by=None, given={"domain": {"name": "old.example"}}, now=MONDAY)
    Case.objects.filter(pk=case.pk).update(account_manager=by, **columns)
    return case


# ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_time_in_stages_is_the_median_and_the_fourth_of_five(agency, harbour, mei, seen):
    """Pre-audits of 1, 2, 3, 4 and 7 days from a Monday: 1, 2, 3, 4 and 5 working days."""
    for place, days in enumerate((1, 2, 3, 4, 7)):
        case = opened(harbour, mei if place else None, provider="aliyun" if place < 3 else "tencent")
        move(case, "submit", "draft", "provider_pre_audit", 0)
        move(case, "pass_pre_audit", "provider_pre_audit", "photo", days)
    held = opened(harbour, mei, provider="aliyun")
    move(held, "submit", "draft", "provider_pre_audit", 0)
    move(held, "hold", "provider_pre_audit", "provider_pre_audit", 1)
    move(held, "pass_pre_audit", "provider_pre_audit", "photo", 20)
    keep_stays()

    def spent(**more) -> Spent:
        return next(
            one
            for one in reports.time_in_stages(Asked(MARCH.first, MARCH.last, **more))
            if one.stage == "provider_pre_audit"
        )

    whole = spent()
    assert (whole.half, whole.most, whole.stays, whole.limit) == (3, 4, 5, 2)
    assert [(code, one.half, one.most, one.stays) for code, one in whole.by_provider] == [
        ("aliyun", 2, 3, 3),
        ("tencent", 4, 5, 2),
    ]
    assert (spent(provider="tencent").half, spent(manager=mei).stays) == (4, 4)
    assert reports.time_in_stages(Asked(date(2026, 4, 1), date(2026, 4, 30))) == []


def test_returns_are_counted_by_reason_with_what_they_cost(agency, harbour, lotus, seen):
    """One case returned twice, for two reasons and for one; another rejected once and handed in five days later."""
    twice = opened(harbour, provider="aliyun", round=3)
    unclear, owner = ({"code": code, "requirements": []} for code in ("id_unclear", "domain_owner_mismatch"))
    move(twice, "submit", "draft", "provider_pre_audit", 0)
    move(
        twice,
        "return_for_changes",
        "provider_pre_audit",
        "draft",
        1,
        reasons=[unclear, owner],
        data={"round": 2},
    )
    move(twice, "submit", "draft", "provider_pre_audit", 3)
    move(twice, "return_for_changes", "provider_pre_audit", "draft", 4, reasons=[unclear], data={"round": 3})
    once = opened(lotus, provider="tencent", round=2)
    move(once, "submit", "draft", "provider_pre_audit", 0)
    move(once, "reject", "miit_review", "draft", 9, reasons=[unclear], data={"round": 2})
    move(once, "submit", "draft", "provider_pre_audit", 14)  # from a Wednesday to a Monday: 3 working days
    keep_stays()

    found = reports.returns(MARCH, most=5)

    assert (found.returns, found.cases) == (3, 2)
    first, second = found.reasons
    assert (first.code, first.by_provider, first.by_bureau) == ("id_unclear", 2, 1)
    assert first.rounds == pytest.approx((2 + 1 + 1) / 3) and first.days == pytest.approx((2 + 3) / 2)
    assert (second.code, second.by_provider, second.rounds, second.days) == (
        "domain_owner_mismatch",
        1,
        2.0,
        2.0,
    )
    (others,) = reports.returns(MARCH, most=0).reasons
    assert (others.code, others.times, others.days) == ("", 4, pytest.approx((2 + 2 + 3) / 3))
    assert reports.returns(Asked(MARCH.first, MARCH.last, "tencent"), most=5).returns == 1


def test_forecasts_are_held_against_the_day_of_the_licence(agency, harbour, mei, seen):
    """Forecast for Friday 13 March in all cases, between the 11th and the 17th."""
    said = {
        "forecast_on": date(2026, 3, 13),
        "forecast_from": date(2026, 3, 11),
        "forecast_until": date(2026, 3, 17),
    }
    for day in (11, 16, 12, 20):
        opened(harbour, mei, icp_number=f"沪ICP备20260000{day}号-1", licensed_on=date(2026, 3, day), **said)
    opened(harbour, mei, icp_number="沪ICP备2026000099号-1", licensed_on=date(2026, 3, 20))

    found = reports.accuracy(MARCH, by_month=False)

    # 11 and 12 March are two and one early, the 16th one late (a weekend between), the 20th five.
    assert found.spans == [
        Missed(date(2026, 3, 9), licences=2, typical=-2, worst=-1, within=2),
        Missed(date(2026, 3, 16), licences=2, typical=1, worst=5, within=1),
    ]
    assert (found.licences, found.forecast, found.within, found.off) == (5, 4, 3, 1)
    (month,) = reports.accuracy(MARCH, by_month=True).spans
    assert (month.begins, month.typical, month.worst) == (date(2026, 3, 1), -1, 5)


def test_a_licence_whose_import_was_taken_back_is_in_no_report(agency, harbour, mei, seen):
    case = opened(harbour, mei, icp_number="沪ICP备2026000001号-1", licensed_on=date(2026, 3, 11))
    assert reports.accuracy(MARCH, by_month=False).licences == 1

    bringing.take_back(case, by=mei, data={})

    assert reports.accuracy(MARCH, by_month=False).licences == 0


def test_load_is_what_each_answers_for_today(agency, harbour, mei, wen, seen):
    late = datetime(2026, 3, 1, tzinfo=UTC)
    opened(harbour, mei, waiting_on="agency", due_at=late)
    opened(harbour, mei, waiting_on="client", due_at=None)
    opened(harbour, mei, waiting_on="nobody", on_hold=True, due_at=late)
    opened(harbour, mei, waiting_on="nobody")  # nothing is left to do
    case = opened(harbour, None, waiting_on="agency", due_at=None, provider="aliyun")
    for by, kind in ((wen, "paper.accepted"), (wen, "paper.returned"), (mei, "paper.viewed")):
        event(case, kind, 3, by=by)

    found = reports.load(MARCH, now=MONDAY)

    assert [(one.email, one.open, one.their_move, one.overdue, one.judged) for one in found] == [
        (mei.email, 3, 1, 1, 0),
        (wen.email, 0, 0, 0, 2),
        ("", 1, 1, 0, 0),
    ]
    alone = reports.load(Asked(MARCH.first, MARCH.last, manager=mei), now=MONDAY)
    assert [(one.name, one.open) for one in alone] == [("Mei", 3)]
    (with_aliyun, *_rest) = reports.load(Asked(MARCH.first, MARCH.last, "aliyun"), now=MONDAY)
    assert (with_aliyun.name, with_aliyun.judged) == ("Wen", 2)


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bars_lie_to_scale_and_red_begins_at_the_limit():
    (chart,) = [charts.stages([Spent("photo", 2, 4, 9, limit=3)], str)]

    # Four days fill the 470 units between 150 and 620.
    assert chart.bars == [
        {"ink": "span", "x": 150, "y": 18, "width": 352},
        {"ink": "bar", "x": 150, "y": 18, "width": 235},
        {"ink": "late", "x": 502, "y": 18, "width": 118},
    ]
    assert chart.limits == [{"d": "M502 13v22"}]
    assert [charts.step_of(most) for most in (1, 6, 7, 13, 31, 61)] == [1, 1, 2, 5, 10, 20]


def test_for_a_phone_the_name_stands_above_its_bar_and_nothing_is_wider_than_the_screen():
    wide, narrow = charts.both(charts.stages, [Spent("photo", 2, 4, 9, limit=3)], str)

    assert (wide.width, narrow.width) == (680, 330)
    (name,) = [one for one in narrow.texts if one["words"] == "photo"]
    assert name["y"] < narrow.bars[0]["y"]
    assert max(one["x"] + one["width"] for one in narrow.bars) <= narrow.width - 60


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def spring(agency, harbour, mei, wen):
    """A whole road and a return, so that every picture has something to show."""
    with sight.every_client():
        for place in range(3):
            case = opened(
                harbour, mei, provider="aliyun", icp_number=f"沪ICP备202600000{place}号-1",
                licensed_on=date(2026, 3, 16 + place), forecast_on=date(2026, 3, 13),
                forecast_from=date(2026, 3, 11), forecast_until=date(2026, 3, 17), waiting_on="agency",
            )  # fmt: skip
            for step, (source, target) in enumerate(pairwise(ROAD[:6])):
                move(case, "submit", source, target, step * 2)
            reasons = [{"code": "id_unclear", "requirements": []}]
            move(case, "reject", "miit_review", "draft", 12, reasons=reasons, data={"round": 2})
        keep_stays()


@time_machine.travel(datetime(2026, 3, 30, 2, 0, tzinfo=UTC), tick=False)
def test_each_picture_has_words_and_a_table_behind_it(spring, as_page, mei):
    page = as_page(mei).get("/reports/").content.decode()

    assert page.count('<svg viewBox="0 0 680') == 4 == page.count("<summary>The figures</summary>")
    for picture in re.findall(r"<svg .*?</svg>", page, re.S):
        named = re.search(r'aria-labelledby="(\S+) (\S+)"', picture)
        assert f'<title id="{named[1]}">' in picture and f'<desc id="{named[2]}">' in picture
        assert not re.search(r'style=|fill=|stroke=|="[^"]*\d,\d', picture)
    assert "30 Dec 2025 to Mon 30 Mar" in page and "3 cases licensed" in page


@time_machine.travel(datetime(2026, 3, 30, 2, 0, tzinfo=UTC), tick=False)
def test_the_address_says_what_is_asked(spring, as_page, mei):
    browser = as_page(mei)

    def text(query: str) -> str:
        return html.unescape(browser.get(f"/reports/?{query}").content.decode())

    assert "3 returns in 3 cases" in text("period=4&provider=aliyun&manager=Mei@willow.example")
    for nothing in ("provider=tencent", "manager=wen@willow.example"):
        assert "0 returns in 0 cases" in text(nothing)
    assert "?period=52&provider=tencent" in text("provider=tencent")
    for nonsense in ("period=9", "provider=x", "manager=nobody", "period=13&provider=%F0"):
        assert "3 returns in 3 cases" in text(nonsense)
    assert "Nothing came back in this time." in text("period=4&provider=huawei")


def test_managers_alone_read_reports(agency, as_page, root, mei, wen, lim, ada, bo):
    answers = {who.name: as_page(who).get("/reports/").status_code for who in (root, mei, wen, lim, ada, bo)}

    assert answers == {"Root": 200, "Mei": 200, "Wen": 404, "Lim": 404, "Ada": 404, "Bo": 404}
    assert 'href="/reports/"' in as_page(mei).get("/").content.decode()
    assert 'href="/reports/"' not in as_page(wen).get("/").content.decode()


def test_the_page_costs_the_same_with_few_and_many(spring, as_page, mei, harbour, lotus):
    browser = as_page(mei)
    few, _page = questions(browser, "/reports/?period=52")
    with sight.every_client():
        for place in range(5):
            case = opened(lotus, mei, provider=("tencent", "huawei")[place % 2], waiting_on="agency")
            move(case, "submit", "draft", "provider_pre_audit", 0)
            move(case, "pass_pre_audit", "provider_pre_audit", "photo", place + 1)
        keep_stays()

    many, page = questions(browser, "/reports/?period=52")

    assert few == many <= 12 and len(page) < 100_000
