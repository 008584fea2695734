"""What a machine finds in the lines it read: numbers, the end of a paper's validity, check digits that fit."""

from __future__ import annotations

from datetime import date

import pytest

from trade.numbers import mrz_check
from trade.papers import KINDS
from trade.printed import PRINTED, end_of_validity, found_on, zone_of

PASSPORT = ["P<UTOEXAMPLE<<ADA<<<<<<<<<<<<<<<<<<<<<<<<<<<", "T123456787UTO9001011F3001019<<<<<<<<<<<<<<04"]


@pytest.mark.parametrize(("field", "digit"), [("T12345678", 7), ("900101", 1), ("300101", 9)])
def test_the_published_check_digits_come_out(field, digit):
    assert mrz_check(field) == digit


def test_a_passports_zone_gives_its_number_and_its_end():
    found = found_on("passport", ["PASSPORT", *PASSPORT])

    assert (found.numbers[0], found.sure, found.until) == ("T12345678", 1, date(2030, 1, 1))
    assert found.zone.is_right


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("T123456787UTO9001011F3001019<<<<<<<<<<<<<<04", ("T12345678", date(2030, 1, 1), True)),
        ("T12345678 7UTO 9001011F30010l9<<<<<<<<".upper(), ("T12345678", date(2030, 1, 1), True)),
        ("T1234567B7UT09OO1O11F3OO1O19《《<<<", (None, date(2030, 1, 1), False)),
        ("T123456788UTO9001011F3001019<<<<<<<<<<<<<<04", (None, date(2030, 1, 1), False)),
        ("T123456787UTO9001011F3001018<<<<<<<<<<<<<<04", ("T12345678", None, False)),
        ("T123456787UTO9001012F3001019<<<<<<<<<<<<<<04", ("T12345678", date(2030, 1, 1), False)),
    ],
)
def test_only_what_its_check_digit_bears_out_is_taken(written, read):
    assert tuple(zone_of([written])) == read


def test_a_cards_zone_is_read_from_both_its_lines():
    lines = [
        "I<UTOT123456787<<<<<<<<<<<<<<<",
        "9001011F3001019UTO<<<<<<<<<<<8",
        "EXAMPLE<<ADA<<<<<<<<<<<<<<<<<<",
    ]

    assert tuple(zone_of(lines)) == ("T12345678", date(2030, 1, 1), True)
    assert zone_of(lines[:1]) is None


@pytest.mark.parametrize(
    ("paper", "line", "numbers"),
    [
        ("id_card_front", "公民身份号码110000190001010012", ("110000190001010012",)),
        ("id_card_front", "公民身份号码 11000019000101 0012", ("110000190001010012",)),
        ("id_card_front", "110000190001010013", ()),
        ("business_licence", "统一社会信用代码:91310000MATE5T017D", ("91310000MATE5T017D",)),
        ("business_licence", "91310000MATE5T017E", ()),
        ("hmt_residence_permit", "810000190001010018", ("810000190001010018",)),
        ("hk_macau_permit", "H12345678", ("H12345678",)),
        ("passport", "Passport no. T12345678", ("T12345678",)),
    ],
)
def test_numbers_of_the_papers_kind_are_found_among_words(paper, line, numbers):
    found = found_on(paper, [line])

    assert found.numbers == numbers or (paper == "passport" and numbers[0] in found.numbers)


def test_what_no_check_digit_bears_out_is_never_sure():
    assert found_on("passport", ["Passport no. T12345678"]).sure == 0
    assert found_on("taiwan_permit", ["01234567"]).sure == 0
    assert found_on("id_card_front", ["110000190001010012"]).sure == 1


def test_a_zones_number_that_is_none_of_the_papers_kind_is_not_sure():
    """A card of permanent residence is known by a longer number than its zone has room for."""
    card = [
        "I<UTOT123456787<<<<<<<<<<<<<<<",
        "9001011F3001019UTO<<<<<<<<<<<8",
        "EXAMPLE<<ADA<<<<<<<<<<<<<<<<<<",
    ]

    found = found_on("foreign_pr_card", ["UTO110090010101", *card])

    assert (found.numbers, found.sure) == (("UTO110090010101",), 0)
    assert found.zone.number == "T12345678" and found.until == date(2030, 1, 1)
    assert found_on("passport", card).sure == 1


@pytest.mark.parametrize(
    ("lines", "until", "is_without_end"),
    [
        (["有效期限 2016.01.01-2036.01.01"], date(2036, 1, 1), False),
        (["2016.01.01-2036.01.01"], date(2036, 1, 1), False),
        (["有效期限2016.01.01—长期"], None, True),
        (["有效期限 2016.01.01-长期"], None, True),
        (["营业期限 2016年1月1日至2036年01月01日"], date(2036, 1, 1), False),
        (["营业期限", "长期"], None, True),
        (["有效期至 2030-05-31"], date(2030, 5, 31), False),
        (["DATE OF EXPIRY", "01 JAN 2031"], date(2031, 1, 1), False),
        (["DATE OF BIRTH", "01 JAN 1990"], None, False),
        (["成立日期 2016年01月01日"], None, False),
        (["有效期限 2016.01.01-2036.13.41"], None, False),
        (["营业期限 2016年01月01日至无固定期限"], None, True),
        (["营业期限 2016年01月01日至不约定期限"], None, True),
        (["营业期限 2016年01月01日至永久"], None, True),
        (["营业期限 2016年01月01日至******"], None, True),
        (["营业期限", "无固定期限"], None, True),
        (["营业期限", "2016年01月01日", "至 2046年01月01日"], date(2046, 1, 1), False),
        (["营业期限", "2016年01月01日至", "2046年01月01日"], date(2046, 1, 1), False),
        (["营业期限", "2016年01月01日", "至长期"], None, True),
        (["有效期限 2016.01.01-", "2036.01.01"], date(2036, 1, 1), False),
        (["营业期限", "2016年01月01日至", "住所 样本路1号", "2046年01月01日"], date(2046, 1, 1), False),
        (["营业期限", "2016年01月01日至", "住所 样本路1号", "无固定期限"], None, True),
        (["营业期限 2016年01月01日至", "住所 样本路1号"], None, False),
        (["营业期限 2016年01月01日", "到某日"], None, False),
        (["VALID TO", "01 JAN 2021", "TO 01 JAN 2031"], date(2031, 1, 1), False),
        (["有效期限", "外国人永久居留身份证", "2036.01.01"], date(2036, 1, 1), False),
    ],
)
def test_the_end_of_validity_as_papers_print_it(lines, until, is_without_end):
    assert end_of_validity(lines) == (until, is_without_end)


def test_a_paper_that_says_no_end_has_none():
    assert found_on("id_card_front", ["2016.01.01-2036.01.01"]).until is None


def test_each_printed_paper_is_a_paper_of_the_trade_with_a_fact_to_hold_it_against():
    for paper, row in PRINTED.items():
        named = {path.rpartition(".")[2] for path in KINDS[paper].agrees}

        assert not row.number or "id_number" in named
        assert not row.expires or named & {"id_valid_until", "licence_valid_until"}
