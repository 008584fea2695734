"""The data files: readable, dated, complete in both languages, and refused loudly where they are not."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date

import pytest
from django.utils import translation

from trade import clocks, kinds, loading, papers, provinces, reasons, sources
from trade.loading import DataError, Dated, read_rows
from trade.words import Words

FILES = sorted(path for path in loading.FOLDER.glob("*.toml") if path != sources.FILE)
HEAD = 'source = "a guide"\nvalid_from = 2020-01-01\nvalid_to = 9999-12-31\nchecked_on = 2026-01-01\n'


@dataclass(frozen=True, kw_only=True)
class Row(Dated):
    code: str
    name: Words
    n: int = 0


def load(text):
    return read_rows("some.toml", tomllib.loads(text), "row", Row)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_says_where_it_is_from_and_since_when(path):
    content = tomllib.loads(path.read_text(encoding="utf-8"))

    assert len(content["source"]) > 20
    assert content["valid_from"] <= content["checked_on"] <= content["valid_to"]


def test_each_source_is_told_in_the_readers_language():
    named = set()
    for path in FILES:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = [row for table in content.values() if isinstance(table, list) for row in table]
        named |= {row["source"] for row in [content, *rows] if "source" in row}
    told = tomllib.loads(sources.FILE.read_text(encoding="utf-8"))["source"]

    assert named == {row["en"] for row in told}
    with translation.override("zh-hans"):
        assert not [
            one
            for one in named
            if re.search("[a-z]{4}", re.sub(r"[a-z.]+\.gov\.cn", "", sources.in_words(one)))
        ]
        assert sources.in_words("The agency's own memory") == "The agency's own memory"


def test_a_right_row_is_read():
    (row,) = load(HEAD + '[[row]]\ncode = "a"\nname = {en = "A", zh = "甲"}\nvalid_from = 2025-01-01\n')

    assert (row.code, row.name.zh, row.n, row.source) == ("a", "甲", 0, "a guide")
    assert not row.holds_on(date(2024, 1, 1))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[row]]\ncode = "a"\nname = {en = "A", zh = "甲"}', "source"),
        (HEAD, r"\[\[row\]\]"),
        (HEAD + '[[row]]\ncode = "a"', r"row 1 \(a\): name"),
        (HEAD + '[[row]]\ncode = "a"\nname = {en = "A"}', r"row 1 \(a\), name"),
        (HEAD + '[[row]]\ncode = "a"\nname = {en = "A", zh = ""}', r"name\.zh"),
        (HEAD + '[[row]]\ncode = "a"\nname = {en = "A", zh = "甲"}\nm = 1', "unknown column m"),
        (HEAD + '[[row]]\ncode = "a"\nname = {en = "A", zh = "甲"}\nn = "1"', "n: A whole number"),
        (HEAD + '[[row]]\ncode = "a"\nname = {en = "A", zh = "甲"}\nn = 1000000000', "1,000,000"),
        (HEAD + '[[row]]\ncode = "a"\nname = {en = "A", zh = "甲"}\nvalid_to = 1899-01-01', "1900"),
    ],
)
def test_a_wrong_row_names_its_file_and_place(text, named):
    with pytest.raises(DataError, match=named) as error:
        load(text)

    assert "some.toml" in str(error.value)


def test_words_speak_the_readers_language():
    words = kinds.SUBJECT_KINDS["enterprise"].name

    with translation.override("zh-hans"):
        assert str(words) == "企业"
    with translation.override("en"):
        assert str(words) == "Company"


def test_the_catalogues_are_whole():
    sizes = {
        "provinces": len(provinces.PROVINCES),
        "providers": len(kinds.PROVIDERS),
        "subjects": len(kinds.SUBJECT_KINDS),
        "ids": len(kinds.ID_KINDS),
        "classes": len(kinds.PRE_APPROVAL_CLASSES),
        "reasons": len(reasons.REASONS),
        "clocks": len(clocks.CLOCKS),
        "papers": len(papers.KINDS),
    }

    assert sizes == {
        "provinces": 31,
        "providers": 5,
        "subjects": 11,
        "ids": 6,
        "classes": 9,
        "reasons": 55,
        "clocks": 18,
        "papers": 29,
    }


def test_a_reason_opens_what_the_catalogue_says():
    assert reasons.REASONS["phone_unreachable"].fields == ("head.mobile", "manager.mobile")
    assert reasons.REASONS["domain_expiring"].papers == ("domain_certificate",)
    assert reasons.REASONS["id_unclear"].staff_choose
    assert reasons.REASONS["sms_timeout"].opens_nothing
    assert reasons.REASONS["sms_failed"].opens_nothing
    assert not reasons.REASONS["form_signature"].may_open("business_licence")


@pytest.mark.parametrize(
    ("code", "icp", "psb"),
    [("SC", "蜀", ("川",)), ("GZ", "黔", ("贵", "黔")), ("GS", "陇", ("甘",)), ("YN", "滇", ("滇", "云"))],
)
def test_provinces_whose_numbers_begin_otherwise(code, icp, psb):
    assert (provinces.PROVINCES[code].icp, provinces.PROVINCES[code].psb) == (icp, psb)
