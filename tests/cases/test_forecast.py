"""When a case arrives: from history as like it as there is enough of, else by the rule; and what the pages say of it.

Days are reckoned by hand along the calendar of 2026: March has no holiday but its weekends, 4 to 6 April are off, and
1 to 5 May with Saturday 9 May worked.
"""

from __future__ import annotations

import dataclasses
import html
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from cases import journey
from cases.forecast import Arrival, basis, forecast, learned_for, licence_in_words, span_of_days
from cases.models import Case, CaseEvent, Stay, UsualStay
from cases.services.learning import keep_stays, learn_usual_stays
from cases.services.moves import move_case
from cases.services.opening import open_case
from cases.tasks import keep_stays as task
from clients import sight
from tests.api.filings import drive, make_case
from tests.pages.desk.test_list import asked

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Beijing
LEARNED = datetime(2026, 6, 1, tzinfo=UTC)
ROAD = ["draft", "provider_pre_audit", "photo", "miit_review", "licensed", "psb_filed"]
MOVES = ["submit", "pass_pre_audit", "finish_photo", "grant_licence", "file_psb"]


def walked(client, *days: int, provider: str = "aliyun", province: str = "SH") -> Case:
    """A case that came to each next stop so many calendar days after its handing in on that Monday."""
    given = {"domain": {"name": "old.example"}, "provider": provider, "province": province}
    case = open_case(client, by=None, given=given, now=MONDAY)
    for place, after in enumerate([0, *days]):
        _event(case, MOVES[place], ROAD[place], ROAD[place + 1], MONDAY + timedelta(days=after))
    return case


def _event(case: Case, move: str, source: str, target: str, at: datetime) -> None:
    CaseEvent.objects.create(
        case=case, client_id=case.client_id, kind="case.moved", move=move, from_stage=source, to_stage=target, at=at,
        relayed_at=at,
    )  # fmt: skip


@pytest.fixture
def seen():
    with sight.every_client():
        yield


def under_way(client, stage: str, at: datetime, **facts) -> Case:
    """A case that came to this stage then."""
    given = {"domain": {"name": "new.example"}, "provider": "aliyun", "province": "SH", **facts}
    case = open_case(client, by=None, given=given)
    case.__dict__["stage"] = stage
    case.moved_at = at
    return case


# ── What the history tells ──────────────────────────────────────────────────────────────────────────────────────────


def test_quantiles_of_ways_to_stops_ahead(agency, harbour, seen):
    """Twenty from handing in to the licence: 2 took 5 working days, 9 ten, 7 fifteen, 2 thirty.

    In order the 2nd (a tenth) is 5, the 10th (half) 10, the 16th (four in five) 15, the 18th (nine in ten) 15.
    """
    for weeks, times in ((1, 2), (2, 9), (3, 7), (6, 2)):
        for _ in range(times):
            # 2 March + 6 weeks is Monday 13 April: thirty weekdays, without Monday 6 April.
            walked(harbour, 1, 2, 7 * weeks)

    learn_usual_stays(now=LEARNED)

    row = UsualStay.objects.get(
        stage="provider_pre_audit", reached="licensed", provider="aliyun", province="SH"
    )
    assert (row.low, row.usual, row.quiet_after, row.high, row.stays) == (5, 10, 15, 15, 20)
    row = UsualStay.objects.get(stage="photo", reached="licensed", provider="", province="")
    assert (row.low, row.usual, row.quiet_after, row.high) == (4, 9, 14, 14)  # one day less on the way
    row = UsualStay.objects.get(stage="provider_pre_audit", reached="photo", provider="", province="")
    assert (row.low, row.usual, row.high) == (1, 1, 1)
    assert not UsualStay.objects.filter(stage="miit_review", reached="psb_filed").exists()
    longest = Stay.objects.filter(stage="miit_review").order_by("-working_days").first()
    assert longest.working_days == 29 - 2  # 4 to 30 working days after, by hand: 2 Mar + 29 wd is 13 Apr


def test_a_way_with_a_return_counts_with_all_its_days(agency, harbour, seen):
    """Handed in on 2 March, returned on the 4th, again on the 9th, licensed on the 18th: 12 working days, and 7."""
    case = open_case(harbour, by=None, given={"domain": {"name": "old.example"}}, now=MONDAY)
    walk = [
        ("submit", "draft", "provider_pre_audit", 0),
        ("return_for_changes", "provider_pre_audit", "draft", 2),
        ("submit", "draft", "provider_pre_audit", 7),
        ("pass_pre_audit", "provider_pre_audit", "photo", 8),
        ("finish_photo", "photo", "miit_review", 9),
        ("grant_licence", "miit_review", "licensed", 16),
    ]
    for _ in range(10):
        for move, source, target, after in walk:
            _event(case, move, source, target, MONDAY + timedelta(days=after))
        case = open_case(harbour, by=None, given={"domain": {"name": "old.example"}}, now=MONDAY)

    learn_usual_stays(now=LEARNED)

    row = UsualStay.objects.get(stage="provider_pre_audit", reached="licensed", provider="")
    assert (row.low, row.usual, row.high, row.stays) == (7, 7, 12, 20)


def test_stays_are_kept_once_however_often_looked_for(agency, harbour, seen):
    walked(harbour, 1, 3)

    assert (keep_stays(), task(), keep_stays()) == (3, None, 0)

    kept = Stay.objects.order_by("ended_by").values_list("stage", "left_for", "working_days", "was_held")
    assert list(kept) == [
        ("draft", "provider_pre_audit", 0, False),
        ("provider_pre_audit", "photo", 1, False),
        ("photo", "miit_review", 2, False),
    ]


# ── Falling back ────────────────────────────────────────────────────────────────────────────────────────────────────


def history(
    reached: str, usual: int, *, provider: str = "", province: str = "", stage: str = "miit_review"
) -> None:
    UsualStay.objects.create(
        stage=stage, reached=reached, provider=provider, province=province, low=usual - 2, usual=usual,
        quiet_after=usual + 1, high=usual + 3, stays=30 + usual,
    )  # fmt: skip


@time_machine.travel(MONDAY + timedelta(hours=2), tick=False)
def test_the_history_most_like_the_case_speaks_and_falls_back_step_by_step(agency, harbour, seen):
    case = under_way(harbour, "miit_review", MONDAY)
    history("licensed", 5, provider="aliyun", province="GD")
    history("licensed", 5, provider="tencent", province="SH")

    def expected():
        return forecast(case, learned_for([case]))["licensed"]

    # The rule of Shanghai's bureau: 1 to 20 working days, usually 8: 3 to 30 March, 12 March.
    assert (expected().on, expected().earliest, expected().latest) == (
        date(2026, 3, 12), date(2026, 3, 3), date(2026, 3, 30),
    )  # fmt: skip
    assert basis(expected()) == "usual time by the rule"
    history("licensed", 12)
    assert (expected().on, expected().earliest, expected().latest) == (
        date(2026, 3, 18), date(2026, 3, 16), date(2026, 3, 23),
    )  # fmt: skip
    assert basis(expected()) == "from 42 filings of yours"
    history("licensed", 10, provider="aliyun")
    assert expected().on == date(2026, 3, 16)
    assert basis(expected()) == "from 40 filings of yours with Alibaba Cloud"
    history("licensed", 7, provider="aliyun", province="SH")
    assert expected().on == date(2026, 3, 11)
    assert basis(expected()) == "from 37 filings of yours with Alibaba Cloud in Shanghai"
    said = licence_in_words(forecast(case, learned_for([case])))
    assert said == (
        "Licence about 11 Mar, four in five within 9–16 Mar: "
        "from 37 filings of yours with Alibaba Cloud in Shanghai."
    )


@time_machine.travel(datetime(2026, 4, 29, 3, 0, tzinfo=UTC), tick=False)
def test_working_days_go_by_the_calendar_of_the_mainland(agency, harbour, seen):
    """From Wednesday 29 April four working days on: 30 April, 6, 7, 8 May; six: Saturday 9 May is worked."""
    case = under_way(harbour, "miit_review", datetime(2026, 4, 29, 1, 0, tzinfo=UTC))
    UsualStay.objects.create(
        stage="miit_review", reached="licensed", low=1, usual=4, quiet_after=5, high=5, stays=20
    )

    licence = forecast(case, learned_for([case]))["licensed"]

    assert (licence.earliest, licence.on, licence.latest) == (
        date(2026, 4, 30), date(2026, 5, 8), date(2026, 5, 9),
    )  # fmt: skip
    assert not licence.is_provisional


@time_machine.travel(datetime(2026, 12, 28, 3, 0, tzinfo=UTC), tick=False)
def test_beyond_the_published_calendar_it_is_provisional(agency, harbour, seen):
    case = under_way(harbour, "miit_review", datetime(2026, 12, 28, 1, 0, tzinfo=UTC))
    history("licensed", 9)

    expected = forecast(case, learned_for([case]))

    assert expected["licensed"].is_provisional
    assert licence_in_words(expected).endswith("Provisional: the year's calendar is not out.")


@time_machine.travel(datetime(2026, 3, 25, 3, 0, tzinfo=UTC), tick=False)
def test_what_should_be_there_is_expected_any_day(agency, harbour, seen):
    """Handed to the ministry on 2 March, nine in ten through by the 12th."""
    case = under_way(harbour, "miit_review", MONDAY)
    history("licensed", 5)

    expected = forecast(case, learned_for([case]))

    licence = expected["licensed"]
    assert licence.is_overdue and licence.earliest == licence.on == licence.latest == date(2026, 3, 25)
    assert licence_in_words(expected) == (
        "Licence any day: nine in ten had it by now, from 35 filings of yours."
    )


@time_machine.travel(datetime(2026, 3, 12, 3, 0, tzinfo=UTC), tick=False)
def test_time_on_hold_is_not_the_bureaus(agency, harbour, seen):
    """At the ministry since Monday 2 March, held from the 3rd to the 10th: five working days later than else."""
    case = under_way(harbour, "miit_review", MONDAY)
    history("licensed", 10)
    for move, after in (("hold", 1), ("resume", 8)):
        _event(case, move, "miit_review", "miit_review", MONDAY + timedelta(days=after))
    learned, moves = learned_for([case]), list(case.events.filter(kind="case.moved").order_by("id"))

    assert forecast(case, learned)["licensed"].on == date(2026, 3, 16)
    assert forecast(case, learned, moves)["licensed"].on == date(2026, 3, 23)
    case.on_hold = True
    assert forecast(case, learned, moves) == {} == forecast(case, learned_for([case]))


@time_machine.travel(MONDAY + timedelta(hours=2), tick=False)
def test_a_draft_has_a_day_at_the_earliest_until_history_knows_drafts(agency, harbour, seen):
    case = under_way(harbour, "draft", MONDAY - timedelta(days=30))

    expected = forecast(case, [])

    # Handed in today: 2 + 3 + 8 working days make 13: 19 March.
    assert "provider_pre_audit" not in expected and expected["licensed"].on == date(2026, 3, 19)
    assert licence_in_words(expected).startswith("Licence about 19 Mar if handed in today")


def test_two_days_as_people_write_them():
    assert span_of_days(date(2026, 12, 4), date(2026, 12, 10)) == "4–10 Dec"
    assert span_of_days(date(2026, 11, 30), date(2026, 12, 4)) == "30 Nov – 4 Dec"
    assert span_of_days(date(2026, 12, 4), date(2026, 12, 4)) == "4 Dec"
    with translation.override("zh-hans"):
        assert span_of_days(date(2026, 12, 4), date(2026, 12, 10)) == "12月4–10日"


# ── On the pages ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def filed(agency, harbour, mei):
    return drive(make_case(harbour, mei), "miit_review", mei)


def test_the_case_and_the_clients_page_tell_it_in_a_constant_number_of_queries(filed, as_page, mei, ada):
    desk, phone = as_page(mei), as_page(ada)

    def told(browser) -> tuple[int, str]:
        n, page = asked(browser, f"/cases/{filed.reference}/")
        return n, html.unescape(page.decode())

    before, page = told(desk)
    assert ", within " in page and "usual time by the rule" in page and "at the latest" in page
    phone_before, page = told(phone)
    assert "roughly" in page and "filings like yours" not in page
    with sight.every_client():
        for reached in ("licensed", "psb_filed"):
            for provider, province in (("", ""), ("aliyun", ""), ("aliyun", "SH"), ("tencent", "SH")):
                history(reached, 7, provider=provider, province=province)

    after, page = told(desk)
    assert "four in five within" in page and "at the latest" in page  # what the clock allows still stands
    assert "from 37 filings of yours with Alibaba Cloud in Shanghai" in page
    assert after == before <= 20
    phone_after, page = told(phone)
    assert "Four of five filings like yours came within this time." in page
    assert "filings of yours" not in page and "37 filings" not in page  # how much the agency files is its own
    assert phone_after == phone_before <= 20


def test_several_filings_say_roughly_when_each(filed, as_page, harbour, mei, ada):
    phone = as_page(ada)
    make_case(harbour, mei, name="second.example")

    before, page = asked(phone, "/")
    assert "Your number, and with it your site: roughly" in page.decode()
    drive(make_case(harbour, mei, name="third.example"), "miit_review", mei)
    assert asked(phone, "/")[0] == before


def test_the_first_handing_in_keeps_its_forecast(filed, mei):
    with sight.every_client():
        case = Case.objects.get(pk=filed.pk)
        first = (case.forecast_on, case.forecast_from, case.forecast_until)
        assert None not in first and case.forecast_from < case.forecast_on < case.forecast_until
        history("licensed", 40, stage="provider_pre_audit")
        case = move_case(case, "reject", by=mei, reasons=[{"code": "sms_timeout"}])
        case = move_case(case, "submit", by=mei)

    assert case.stage == "provider_pre_audit"
    assert (case.forecast_on, case.forecast_from, case.forecast_until) == first


@time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC))
def test_a_range_ends_where_the_running_clock_does():
    arrival = Arrival(date(2026, 12, 8), date(2026, 12, 3), date(2026, 12, 25), filings=30)

    assert arrival.in_words == "3–25 Dec"
    assert dataclasses.replace(arrival, allowed_until=date(2026, 12, 10)).in_words == "3–10 Dec"
    assert dataclasses.replace(arrival, allowed_until=date(2026, 12, 1)).in_words == "3 Dec"


def test_what_is_provisional_is_said_once(agency, harbour, mei):
    with sight.every_client():
        case = open_case(harbour, by=mei, given={"domain": {"name": "harbour.example"}})
        whole = Case.objects.with_facts().get(pk=case.pk)
    ahead = {
        stage: Arrival(date(2028, 3, 1), date(2028, 3, 1), date(2028, 3, 1), is_provisional=True)
        for stage in ("photo", "miit_review", "licensed")
    }

    notes = [stop.get("note", "") for stop in journey.stops(whole, [], mei, ahead)]

    assert sum("provisional" in note for note in notes) == 1
