"""Numbers that were in the code are rows: whoever changes the row changes what is judged."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.trade.test_book import changed, edition
from trade import book
from trade.amounts import AMOUNTS, sms_delay
from trade.clocks import CLOCKS
from trade.closures import CLOSURES, closures_between
from trade.eligibility import judge
from trade.kinds import PROVIDERS
from trade.papers import documents

ON = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("kind", "row", "n", "facts", "reason"),
    [
        (
            "amounts.amount",
            AMOUNTS["id_months_left"],
            1,
            {"head": {"id_valid_until": "2027-01-10"}},
            "person_id_expiring",
        ),
        (
            "amounts.amount",
            AMOUNTS["domain_months_left"],
            1,
            {"domain": {"expires_on": "2027-01-10"}},
            "domain_expiring",
        ),
        (
            "amounts.amount",
            AMOUNTS["prepaid_months"],
            1,
            {"server": {"prepaid_months": 2}},
            "server_term_too_short",
        ),
        (
            "amounts.amount",
            AMOUNTS["adult_years"],
            16,
            {"subject_kind": "enterprise", "head": {"birth_date": "2009-06-01"}},
            "underage",
        ),
        (
            "clocks.clock",
            CLOCKS["domain_check"],
            1,
            {"domain": {"verified_on": "2026-11-23"}},
            "domain_verification_too_fresh",
        ),
    ],
    ids=lambda one: getattr(one, "code", None),
)
def test_another_number_in_the_row_judges_otherwise(kind, row, n, facts, reason):
    facts = {"on": ON.isoformat(), **facts}
    assert judge(facts).reasons == [reason]

    with book.using(edition(kind, changed(row, n=n)).on(ON)):
        assert judge(facts).eligible


def test_another_number_of_domains_asks_for_a_plan_earlier():
    facts = {"province": "JL", "subject_kind": "enterprise", "domains_in_order": 2}
    assert "website_plan" not in [paper.kind for paper in documents(facts).papers]

    with book.using(edition("amounts.amount", changed(AMOUNTS["plan_domains"], n=2)).on()):
        assert "website_plan" in [paper.kind for paper in documents(facts).papers]


def test_the_ministrys_message_comes_as_late_as_the_provider_says():
    with book.using(edition("kinds.provider", changed(PROVIDERS["tencent"], sms_minutes=30)).on()):
        assert (sms_delay("tencent"), sms_delay("aliyun")) == (timedelta(minutes=30), timedelta(minutes=5))
        assert sms_delay("a provider of our own") == sms_delay("other")


def test_closures_are_told_for_the_days_and_the_province_they_are_of():
    spring = CLOSURES["spring_2027"]
    of_shanghai = changed(
        spring, code="own", provinces=("SH",), first_day=date(2027, 1, 4), last_day=date(2027, 1, 5)
    )
    mine = book.Book({**book.SHIPPED.lines, "closures.closure": [book.Line(spring), book.Line(of_shanghai)]})

    with book.using(mine.on()):
        assert closures_between(ON, ON + timedelta(days=30), "SH") == []
        assert closures_between(date(2027, 1, 5), date(2027, 2, 3), "SH") == [of_shanghai, spring]
        assert closures_between(date(2027, 1, 5), date(2027, 2, 3), "BJ") == [spring]
        assert closures_between(date(2027, 2, 14), date(2027, 3, 1), "SH") == []
