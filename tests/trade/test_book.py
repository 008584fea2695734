"""The book of rules: one row a code and day, another book for whoever opens it, and no row that contradicts another."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import get_type_hints

import pytest

from trade import book, clocks, kinds, papers, provinces, reasons
from trade.book import SHIPPED, Book, DataError, Line
from trade.eligibility import judge
from trade.papers import documents

SPRING = date(2027, 1, 1)


def edition(kind, *changed, of=SHIPPED, reaches=False) -> Book:
    """The book with these rows in place of those of the same code and first day."""
    lines = dict(of.lines)
    told = {(row.code, row.valid_from): row for row in changed}
    kept = [line for line in lines[kind] if (line.row.code, line.row.valid_from) not in told]
    places = {line.row.code: place for place, line in enumerate(lines[kind])}
    lines[kind] = tuple(
        sorted(
            [*kept, *(Line(row, reaches) for row in changed)],
            key=lambda line: places.get(line.row.code, 999),
        )
    )
    return Book(lines)


def changed(row, **columns):
    return dataclasses.replace(row, **columns)


def test_the_shipped_book_is_whole_from_its_first_page_on():
    assert book.read_all().since == date(2020, 8, 17)


def test_tables_answer_as_before():
    assert provinces.PROVINCES["SH"].name.en == "Shanghai"
    assert list(provinces.PROVINCES)[:2] == ["BJ", "TJ"]
    assert provinces.PROVINCES.get("HK") is None and "HK" not in provinces.PROVINCES
    assert len(list(provinces.PROVINCES.values())) == len(provinces.PROVINCES) == 31
    with pytest.raises(KeyError):
        provinces.PROVINCES["HK"]


def test_whoever_opens_another_book_reads_that_one_and_what_follows_from_it():
    gansu = provinces.PROVINCES["GS"]
    other = edition("provinces.province", changed(gansu, icp="甘", minimum_age=21))

    with book.using(other.on()):
        assert provinces.PROVINCES["GS"].minimum_age == 21
        assert "甘" in provinces.BY_ICP and "陇" not in provinces.BY_ICP

    assert provinces.PROVINCES["GS"].minimum_age == 18
    assert "陇" in provinces.BY_ICP and "甘" not in provinces.BY_ICP


def test_a_code_with_two_terms_says_what_holds_on_the_day():
    letter = provinces.PROVINCES["BJ"]
    two = edition(
        "provinces.province",
        changed(letter, valid_to=date(2026, 12, 31)),
        changed(letter, valid_from=SPRING, minimum_age=16),
    )
    two.check()

    for day, age in [(date(2026, 12, 31), 18), (SPRING, 16)]:
        with book.using(two.on(day)):
            assert provinces.PROVINCES["BJ"].minimum_age == age
            assert next(iter(provinces.PROVINCES)) == "BJ"


def test_what_began_earlier_keeps_its_rows_but_for_those_that_reach_it():
    letter = provinces.PROVINCES["BJ"]
    rows = [
        changed(letter, valid_to=date(2026, 12, 31)),
        changed(letter, valid_from=SPRING, minimum_age=16),
    ]
    began = date(2026, 11, 25)

    for reaches, age in [(False, 18), (True, 16)]:
        with book.using(edition("provinces.province", *rows, reaches=reaches).on(SPRING, began=began)):
            assert provinces.PROVINCES["BJ"].minimum_age == age


def test_the_toolbox_judges_by_the_rules_of_the_day_it_is_asked_about():
    bj = provinces.PROVINCES["BJ"]
    two = edition(
        "provinces.province",
        changed(bj, valid_to=date(2026, 12, 31)),
        changed(bj, valid_from=SPRING, minimum_age=16, commitment_letter="manager"),
    )
    facts = {"province": "BJ", "subject_kind": "individual", "head": {"birth_date": "2010-06-01"}}

    with book.using(two.on(date(2026, 11, 25))):
        assert judge({**facts, "on": "2026-12-31"}).reasons == ["underage"]
        assert judge({**facts, "on": "2027-06-02"}).reasons == []
        asked = [paper.kind for paper in documents({**facts, "on": "2027-06-02"}).papers]
        assert "commitment_letter" in asked
    with book.using(two.on(SPRING, began=date(2026, 11, 25))):
        assert judge({**facts, "on": "2027-06-02"}).reasons == ["underage"]


def test_a_day_before_the_book_reads_its_first_page():
    with book.using(SHIPPED.on(date(1995, 1, 1))):
        assert len(provinces.PROVINCES) == 31


def test_terms_do_not_overlap():
    letter = provinces.PROVINCES["BJ"]
    both = edition("provinces.province", changed(letter, valid_from=SPRING))

    with pytest.raises(DataError, match="stands twice on 2027-01-01"):
        both.check()


@pytest.mark.parametrize(
    ("kind", "row", "columns", "column"),
    [
        ("provinces.province", provinces.PROVINCES["GS"], {"icp": "京"}, "icp"),
        ("reasons.reason", reasons.REASONS["domain_expiring"], {"opens": "nothing"}, "opens"),
        ("reasons.reason", reasons.REASONS["domain_expiring"], {"papers": ("poem",)}, "papers"),
        ("reasons.reason", reasons.REASONS["domain_expiring"], {"fields": ("case.stage",)}, "fields"),
        ("kinds.subject_kind", kinds.SUBJECT_KINDS["enterprise"], {"paper": "poem"}, "paper"),
        ("kinds.id_kind", kinds.ID_KINDS["passport"], {"papers": ("poem",)}, "papers"),
        ("clocks.clock", clocks.CLOCKS["photo"], {"valid_to": date(2019, 1, 1)}, "valid_to"),
    ],
)
def test_rows_that_contradict_others_are_refused_with_their_column(kind, row, columns, column):
    with pytest.raises(DataError) as refused:
        edition(kind, changed(row, **columns)).check()

    assert refused.value.column == column


def gives(column: dataclasses.Field) -> str:
    return column.metadata.get("of", "")


def naming() -> list[tuple[str, str]]:
    """Each column that names codes of another table, columns of its own row, or words that the portal knows."""
    book.read_all()
    found = [
        (kind, field.name)
        for kind, chapter in book.CHAPTERS.items()
        for field in dataclasses.fields(chapter.shape)
        if field.metadata
    ]
    return [*found, ("forms.form", "code"), ("packs.called", "code"), ("packs.paper", "code")]


@pytest.mark.parametrize(("kind", "column"), naming())
def test_a_code_that_is_not_there_is_refused_with_its_table_row_and_column(kind, column):
    first = SHIPPED.lines[kind][0].row
    wrong = "poem:head.name" if kind == "packs.called" else "poem"
    is_list = isinstance(getattr(first, column), tuple)
    row = changed(first, **{column: (wrong,) if is_list else wrong})

    with pytest.raises(DataError) as refused:
        edition(kind, row).check()

    assert refused.value.column == column
    assert str(refused.value) == f"{kind}, {row.code}, {column}: This is not known: poem."


def test_a_column_that_holds_the_codes_of_another_table_says_of_which():
    """But for the tables that give the others their codes, and for namesakes."""
    tables = {kind: {line.row.code for line in lines} for kind, lines in SHIPPED.lines.items()}
    named = {of for chapter in book.CHAPTERS.values() for of in map(gives, dataclasses.fields(chapter.shape))}
    checked, silent = {*naming(), *((kind, "code") for kind in named)}, []
    for kind, chapter in book.CHAPTERS.items():
        hints = get_type_hints(chapter.shape)
        for field in dataclasses.fields(chapter.shape):
            if "Literal" in str(hints[field.name]):
                continue
            held = [getattr(line.row, field.name) for line in SHIPPED.lines[kind]]
            lists = (value if isinstance(value, tuple) else (value,) for value in held)
            words = {word for one in lists for word in one if isinstance(word, str)}
            is_named = any(words <= codes for other, codes in tables.items() if other != kind)
            if words and is_named and (kind, field.name) not in checked:
                silent.append((kind, field.name))

    namesakes = ["kinds.id_kind", "eligibility.obstacle", "footer.link"]
    assert silent == [(kind, "code") for kind in namesakes]


def test_the_lists_follow_the_book():
    letter = provinces.PROVINCES["SH"]
    other = edition("provinces.province", changed(letter, commitment_letter="manager"))
    facts = {"province": "SH", "subject_kind": "enterprise"}

    with book.using(other.on()):
        assert "commitment_letter" in [paper.kind for paper in documents(facts).papers]
    assert "commitment_letter" not in [paper.kind for paper in documents(facts).papers]


@pytest.mark.parametrize("braces", ["{approval.__class__}", "{0}", "{self}", "{name}"])
def test_braces_that_the_portal_does_not_fill_are_refused_and_never_run(braces):
    why = papers.KINDS["pre_approval"].why
    told = type(why)(f"{why.en} {braces}", why.zh)
    other = edition("papers.paper", changed(papers.KINDS["pre_approval"], why=told))

    with pytest.raises(DataError) as refused:
        other.check()

    assert refused.value.column == "why"
    assert braces in told.fill(approval=type(why)("A", "甲")).en
