"""Books made of rows: the newest version of each row up to an edition, kept in the process, for no edition changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import structlog
from django.db.models import F, Max, Q, QuerySet

from clients import sight
from clients.models import Agency
from clients.queries import the_agency
from rulebook.models import Edition, Rule
from rulebook.rows import from_json
from trade import book
from trade.book import SHIPPED, Book, DataError, Line, Page

log = structlog.get_logger()

KEPT = 24  # books in a process: today's, and those that running cases began with


def versions(began: int, reached: int) -> QuerySet[Rule]:
    """The newest version of each row up to `began`, and of those up to `reached` that reach running cases."""
    seen = Q(edition__lte=began) | Q(edition__lte=reached, edition__reaches_running=True)
    newest = Rule.objects.filter(seen).order_by("kind", "code", "term", "-edition_id")
    return newest.distinct("kind", "code", "term").annotate(reaches=F("edition__reaches_running"))


@lru_cache(maxsize=KEPT)
def book_of(began: int, reached: int | None = None) -> Book:
    """The rules of an edition, with what reached it later; edition 0 is the book that ships with the code.

    Rules are nobody's secret and looked up anywhere: whoever asks first may have no sight at all.
    """
    if not began:
        return SHIPPED
    with sight.at_the_door():
        return compose(versions(began, began if reached is None else reached))


def compose(rules: Iterable[Rule]) -> Book:
    """A book of these rows in the shipped order, an agency's own codes after them.

    What an edition says nothing of stands as shipped: the code of a later release counts on its rows.
    """
    lines: dict[str, list[Line]] = {kind: [] for kind in book.CHAPTERS}
    told: set[tuple[str, str]] = set()
    for rule in rules:
        chapter = book.CHAPTERS.get(rule.kind)
        if chapter is None or (rule.code not in _places(rule.kind) and not chapter.grows):
            continue  # a table or code that this release no longer has
        told.add((rule.kind, rule.code))
        if rule.is_withdrawn:
            continue
        try:
            lines[rule.kind].append(Line(typed(rule), rule.reaches))  # type: ignore[attr-defined]
        except DataError as error:
            log.error("rulebook.row_unreadable", kind=rule.kind, code=rule.code, error=str(error))
            told.discard((rule.kind, rule.code))
    for kind, found in lines.items():
        found += [line for line in SHIPPED.lines[kind] if (kind, line.row.code) not in told]
        places = _places(kind)
        found.sort(key=lambda line: places.get(line.row.code, len(places)))
    return Book(lines)


def typed(rule: Rule):
    """The row as the trade knows it; raises `DataError` where it is none."""
    dated = {
        "source": rule.source,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "checked_on": rule.checked_on,
    }
    return from_json(rule.kind, rule.code, rule.body, dated)


def _places(kind: str) -> dict[str, int]:
    codes = dict.fromkeys(line.row.code for line in SHIPPED.lines[kind])
    return {code: place for place, code in enumerate(codes)}


def newest_edition() -> int:
    """The number of the edition that counts today, from the database itself."""
    return Agency.objects.filter(pk=1).values_list("rules_edition", flat=True).first() or 0


def newest_reaching() -> int:
    """The newest edition that reaches running cases; 0 for none."""
    return Edition.objects.filter(reaches_running=True).aggregate(newest=Max("pk"))["newest"] or 0


def todays_page() -> Page:
    """What the rules say today; the edition's number stands on the agency's row, which pages read anyway."""
    with sight.at_the_door():
        return book_of(the_agency().rules_edition).on()


def promised_page(edition: int, reached: int, began: date) -> Page:
    """What was promised on the day it began, with the changes that reached it since."""
    return book_of(edition, max(edition, reached)).on(began=began)
