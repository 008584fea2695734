"""The shipped files become rows, as often as one likes; what the agency edited stays."""

from __future__ import annotations

import dataclasses

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from clients.models import Agency
from rulebook import services
from rulebook.models import Origin, Rule
from rulebook.queries import book_of, typed
from rulebook.services import change_rule, load_shipped
from tests.rulebook.editing import columns
from trade import book
from trade.book import SHIPPED, Line
from trade.provinces import PROVINCES

pytestmark = pytest.mark.django_db


def of(code, kind="provinces.province"):
    return next(iter(services.newest_rules(kind=kind, code=code)))


def ship(monkeypatch, kind, code, **changed):
    """A release of the portal whose files say otherwise."""
    lines = tuple(
        Line(dataclasses.replace(line.row, **changed)) if line.row.code == code else line
        for line in SHIPPED.lines[kind]
    )
    monkeypatch.setitem(SHIPPED.lines, kind, lines)
    SHIPPED._turn()


@pytest.fixture(autouse=True)
def shipped_again():
    yield
    SHIPPED._turn()


def test_every_shipped_row_becomes_a_row_that_reads_the_same(loaded):
    shipped = {(kind, line.row) for kind, lines in SHIPPED.lines.items() for line in lines}

    assert {(rule.kind, typed(rule)) for rule in services.newest_rules()} == shipped
    assert loaded.told == {"loaded": len(shipped)}


def test_loading_again_writes_nothing(loaded):
    again = load_shipped()

    assert again.told.keys() == {"unchanged"} and again.edition == loaded.edition
    assert Rule.objects.count() == again.told["unchanged"]


def test_the_book_of_an_edition_is_the_shipped_one_row_by_row(loaded):
    mine = book_of(loaded.edition)
    mine.check()

    assert {kind: [line.row for line in lines] for kind, lines in mine.lines.items()} == {
        kind: [line.row for line in lines] for kind, lines in SHIPPED.lines.items()
    }


def test_an_edit_of_the_agency_is_kept_and_said_so(loaded, mei, monkeypatch):
    change_rule("provinces.province", "SH", "2020-08-17", columns(of("SH"), minimum_age=21), by=mei)
    ship(monkeypatch, "provinces.province", "SH", minimum_age=17)
    ship(monkeypatch, "provinces.province", "BJ", minimum_age=17)

    again = load_shipped()

    assert (again.told["kept"], again.told["changed"]) == (1, 1)
    assert again.kept == ["provinces.province SH"]
    assert (of("SH").body["minimum_age"], of("BJ").body["minimum_age"]) == (21, 17)
    assert (of("SH").origin, of("BJ").origin) == (Origin.AGENCY, Origin.SHIPPED)


def test_a_row_that_no_longer_ships_is_withdrawn_and_comes_back(loaded, monkeypatch):
    kind = "kinds.content"
    monkeypatch.setitem(
        SHIPPED.lines, kind, tuple(one for one in SHIPPED.lines[kind] if one.row.code != "forum")
    )
    SHIPPED._turn()
    gone = load_shipped()

    with book.using(book_of(gone.edition).on()):
        assert gone.told["withdrawn"] == 1
        from trade.kinds import CONTENTS

        assert "forum" not in CONTENTS and "other" in CONTENTS

    monkeypatch.undo()
    SHIPPED._turn()
    assert load_shipped().told["changed"] == 1


def test_a_table_that_gained_a_column_still_reads_what_was_written_before(loaded, mei):
    row = of("SH")
    body = {name: value for name, value in columns(row, minimum_age=21).items() if name != "review_high"}
    change_rule("provinces.province", "SH", row.term, body, by=mei)

    page = book_of(Agency.objects.get().rules_edition).on()

    assert page.table("provinces.province")["SH"].minimum_age == 21
    assert page.table("provinces.province")["SH"].review_high == PROVINCES["SH"].review_high


def test_the_command_says_what_it_did(loaded, mei, capsys):
    change_rule("provinces.province", "SH", "2020-08-17", columns(of("SH"), minimum_age=21), by=mei)

    call_command("rules")
    call_command("rules")

    said = capsys.readouterr().out
    assert said.count("kept, for the agency edited it: provinces.province SH") == 2
    assert "unchanged" in said


@pytest.mark.parametrize("table", ["rulebook_rule", "rulebook_edition"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nobody_rewrites_the_history_of_the_rules(loaded, table, verb):
    from django.db import connection

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table))
