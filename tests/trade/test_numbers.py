"""Numbers by their published forms; every one here belongs to nobody."""

from __future__ import annotations

import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trade.test_book import edition
from trade import Refused, book, numbers
from trade.numbers import USCC_ALPHABET, check

PATIENCE = 8  # seconds of this process; what grows faster than its input takes minutes

VALID = [
    ("uscc", "91310000MATE5T017D", "91310000MATE5T017D"),
    ("uscc", "91440000MATE5T025B", "91440000MATE5T025B"),
    ("uscc", "92330000MA00TE5T20", "92330000MA00TE5T20"),
    ("uscc", "  91310000mate5t017d ", "91310000MATE5T017D"),
    ("uscc", "９１３１００００ＭＡＴＥ５Ｔ０１７Ｄ", "91310000MATE5T017D"),
    ("uscc", "9131 0000-MATE5T017-D", "91310000MATE5T017D"),
    ("resident_id", "110000190001010012", "110000190001010012"),
    ("resident_id", "32000019000506018x", "32000019000506018X"),
    ("resident_id", "810000190001010018", "810000190001010018"),
    ("icp", "京ICP备12345678号-1", "京ICP备12345678号-1"),
    ("icp", "沪ICP备2026000001号", "沪ICP备2026000001号"),
    ("icp", "粤ICP备2026000002号-2A", "粤ICP备2026000002号-2A"),
    ("icp", "京ICP证000001号-3", "京ICP证000001号-3"),
    ("icp", "京 icp 备 12345678 号－12x", "京ICP备12345678号-12X"),
    ("psb", "京公网安备11000002999901号", "京公网安备11000002999901号"),
    ("psb", "川公网安备 51000002999901号", "川公网安备51000002999901号"),
    ("psb", "黔公网安备52000002999901号", "黔公网安备52000002999901号"),
    ("psb", "云公网安备53000002999901号", "云公网安备53000002999901号"),
    ("mobile", "13800000001", "13800000001"),
    ("mobile", "+86 199-0000-0002", "19900000002"),
    ("mobile", "008613800000001", "13800000001"),
    ("mobile", "8613800000001", "13800000001"),
    ("landline", "010-62345678", "010-62345678"),
    ("landline", "（010）6234 5678", "010-62345678"),
    ("landline", "+86 10 62345678", "010-62345678"),
    ("landline", "0571-2345678-12", "0571-2345678-12"),
    ("landline", "02162345678", "021-62345678"),
    ("passport", "T12345678", "T12345678"),
    ("passport", "t1234", "T1234"),
    ("domain", "Harbour.EXAMPLE.", "harbour.example"),
    ("domain", "例子.测试", "xn--fsqu00a.xn--0zwm56d"),
    ("domain", "xn--fsqu00a.test", "xn--fsqu00a.test"),
    ("domain", "www。example。cn", "www.example.cn"),
    ("hk_macau_permit", "h12345678", "H12345678"),
    ("taiwan_permit", "12345678", "12345678"),
    ("foreign_pr_card", "TES000000000001", "TES000000000001"),
    ("hmt_residence_permit", "810000190001010018", "810000190001010018"),
    ("business_licence", "91310000MATE5T017D", "91310000MATE5T017D"),
    ("organisation_certificate", "社证字 第0001号", "社证字 第0001号"),
]
INVALID = [
    ("uscc", "91310000MATE5T017E"),
    ("uscc", "91310000MASE5T017D"),
    ("uscc", "9131000MATE5T017D"),
    ("uscc", "91310000MATE5T017D1"),
    ("uscc", "9131A000MATE5T017D"),
    ("uscc", "91310000MATE5T0\u0131\u0667D"),
    ("uscc", ""),
    ("resident_id", "110000190001010013"),
    ("resident_id", "110000190002300011"),
    ("resident_id", "110000900101001"),
    ("resident_id", "990000190001010012"),
    ("resident_id", "11000018991231001X"),
    ("resident_id", "١١٠٠٠٠١٩٠٠٠١٠١٠٠١٢"),
    ("resident_id", "-110000190001010012"),
    ("icp", "川ICP备2026000003号-1"),
    ("icp", "京ICP备1234567号"),
    ("icp", "京ICP备12345678-1"),
    ("icp", "沪B2-20260001"),
    ("icp", "京ICP备12345678号-0"),
    ("icp", "京ICP备12345678号-01"),
    ("icp", "京ICP备12345678号-1B"),
    ("icp", "京ICP备1926000001号"),
    ("icp", "港ICP备12345678号"),
    ("icp", "京\u0131CP备12345678号"),
    ("psb", "沪公网安备11000002999901号"),
    ("psb", "京公网安备1100000299990号"),
    ("psb", "蜀公网安备51000002999901号"),
    ("mobile", "12800000001"),
    ("mobile", "1380000000"),
    ("mobile", "+1 13800000001"),
    ("landline", "400-812-3456"),
    ("landline", "8008123456"),
    ("landline", "010-12345678"),
    ("landline", "010-6234567"),
    ("landline", "62345678"),
    ("passport", "ABCDEF"),
    ("passport", "T123"),
    ("passport", "T123456789"),
    ("domain", "example"),
    ("domain", "http://example.cn"),
    ("domain", "example.cn/path"),
    ("domain", "example.cn:80"),
    ("domain", "192.0.2.1"),
    ("domain", "someone@example.cn"),
    ("domain", "-a.cn"),
    ("domain", "a-.cn"),
    ("domain", "a..cn"),
    ("domain", "exa mple.cn"),
    ("domain", "a_b.cn"),
    ("domain", "a" * 64 + ".cn"),
    ("domain", ".".join(["a" * 60] * 5)),
    ("hk_macau_permit", "A12345678"),
    ("hmt_residence_permit", "110000190001010012"),
    ("temporary_id", "110000190001010012"),
    ("organisation_certificate", "91310000MATE5T017E"),
]


@pytest.mark.parametrize(("kind", "value", "normalised"), VALID)
def test_a_number_of_its_form_is_taken(kind, value, normalised):
    assert check(kind, value)[:3] == (True, normalised, None)


@pytest.mark.parametrize(("kind", "value"), INVALID)
def test_another_number_is_refused_with_a_sentence(kind, value):
    found = check(kind, value)

    assert (found.valid, found.normalised) == (False, None)
    assert str(found.reason).endswith(".")


def test_the_wrong_letter_of_a_province_is_named():
    assert "蜀" in str(check("icp", "川ICP备2026000003号-1").reason)


def test_an_irregular_organisation_code_only_warns():
    body = "91310000MATE5T018"
    found = check("uscc", body + numbers.uscc_check(body))

    assert found.valid
    assert found.warning


def test_a_range_without_the_ministrys_sms_only_warns():
    assert check("mobile", "17000000001").warning


def test_an_unknown_kind_is_refused():
    with pytest.raises(Refused) as refusal:
        check("blood_group", "0")

    assert refusal.value.field == "kind"


@pytest.mark.parametrize(("text", "digit"), [("T12345678", 7), ("900101", 1), ("300101", 9)])
def test_the_machine_readable_zone_has_its_check_digit(text, digit):
    assert numbers.mrz_check(text) == digit


def test_a_number_tells_its_province():
    assert numbers.icp_province("蜀ICP备2026000003号-1") == "SC"
    assert numbers.is_icp_of("沪ICP备2026000001号", "SH")
    assert not numbers.is_icp_of("沪ICP备2026000001号", "BJ")
    assert numbers.psb_province("川公网安备51000002999901号") == "SC"
    assert numbers.id_province("32000019000506018X") == "JS"
    assert numbers.uscc_province("91310000MATE5T017D") == "SH"
    assert numbers.landline_province("010-62345678") == "BJ"
    assert numbers.landline_province("0898-62345678") == "HI"
    assert numbers.landline_province("0571-87654321") == "ZJ"
    assert numbers.icp_province("nonsense") is None


uscc_bodies = st.tuples(
    st.text(USCC_ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
).map("".join)
resident_bodies = st.tuples(
    st.sampled_from(["11", "31", "51", "65", "81"]),
    st.text("0123456789", min_size=4, max_size=4),
    st.dates().filter(lambda day: 1900 <= day.year <= 2000).map(lambda day: f"{day:%Y%m%d}"),
    st.text("0123456789", min_size=3, max_size=3),
).map("".join)


@given(st.sampled_from(list(numbers.CHECKS)), st.text(max_size=600))
def test_no_text_is_too_strange(kind, text):
    found = check(kind, text)

    assert found.valid == (found.normalised is not None) == (found.reason is None)
    if found.normalised is not None:
        assert check(kind, found.normalised).normalised == found.normalised


@pytest.mark.parametrize("kind", list(numbers.CHECKS))
@pytest.mark.parametrize("text", ["1" * 400_000, " " * 400_000 + "1", ".a" * 250, "\ufdfa" * 512, "-" * 512])
def test_a_huge_value_costs_nothing(kind, text):
    begun = time.process_time()

    assert not check(kind, text).valid or kind.endswith("certificate")
    assert time.process_time() - begun < PATIENCE


@given(uscc_bodies, resident_bodies)
def test_the_check_digits_are_those_of_the_published_package(code, person):
    from stdnum.cn import ric, uscc

    assert numbers.uscc_check(code) == uscc.calc_check_digit(code)
    assert numbers.resident_check(person) == ric.calc_check_digit(person + "0")


# ── The formats are rows ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_example_of_each_format_is_such_a_number_and_the_wrong_one_gets_its_sentence():
    for code, row in numbers.FORMATS.items():
        kind = code if code in numbers.CHECKS else code.rpartition("_")[0]
        assert numbers.check(kind, row.example).valid, code
        assert row.sentence.en.endswith(".") and row.sentence.zh.endswith("。"), code
    assert numbers.check("mobile", "12800000001").reason == numbers.FORMATS["mobile"].sentence


def test_an_edited_format_is_what_numbers_are_judged_by():
    row = numbers.FORMATS["mobile"]
    other = edition(
        "numbers.format", dataclasses.replace(row, begins=("12",), lengths=(12,), doubtful=("1280",))
    )

    with book.using(other.on()):
        assert numbers.check("mobile", "+86 128000000012") == (True, "128000000012", None, row.doubt)
        assert not numbers.check("mobile", "13800000001").valid
    assert numbers.check("mobile", "13800000001").valid
