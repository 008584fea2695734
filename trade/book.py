"""The book of rules: whoever looks up a row gets that of the book which is open, as it holds on the day of the page.

A chapter is one table of rules, its rows typed and never changed. A row may stand several times, each for a term of
its own. The book that ships with the code is open unless somebody opens another one: `with using(book.on(day)): …`.
"""

from __future__ import annotations

import importlib
import pkgutil
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

from django.utils.translation import gettext_lazy as _

from . import days

T = TypeVar("T")
FOREVER = date(9999, 12, 31)
DAY = timedelta(days=1)


class DataError(ValueError):
    """A row that does not say what it must: where it stands, and what is wrong with which column."""

    def __init__(self, message: str, *, column: str = "", sentence: Any = "") -> None:
        super().__init__(message)
        self.column = column
        self.sentence = sentence or message


@dataclass(frozen=True)
class Chapter:
    """One table of rules; `grows` where an agency may add codes that the code of the portal has never heard of."""

    kind: str
    shape: type
    grows: bool = False


CHAPTERS: dict[str, Chapter] = {}


class Line(NamedTuple):
    """A row of a book, and whether it reaches cases that began before it was written."""

    row: Any
    reaches: bool = False


class Book:
    """The rules of one edition, each row for its term."""

    def __init__(self, lines: Mapping[str, Iterable[Line]] | None = None) -> None:
        self.lines: dict[str, tuple[Line, ...]] = {}
        for kind, given in (lines or {}).items():
            self.lines[kind] = tuple(given)
        self._turn()

    def add(self, kind: str, rows: Iterable[Any]) -> None:
        self.lines[kind] = tuple(Line(row) for row in rows)
        self._turn()

    def _turn(self) -> None:
        rows = [line.row for lines in self.lines.values() for line in lines]
        begins = {row.valid_from for row in rows}
        ends = {row.valid_to + DAY for row in rows if row.valid_to < FOREVER}
        self._turns = sorted(begins | ends)
        # Before this day some chapter has no row at all: the book speaks from its first whole page on.
        self.since = max(
            (min(line.row.valid_from for line in lines) for lines in self.lines.values() if lines),
            default=date.min,
        )
        self._pages: dict[tuple[int, int], Page] = {}

    def on(self, day: date | None = None, *, began: date | None = None) -> Page:
        """The page of a day, today unless told; what `began` earlier reads the rows of then, but for those that
        reach it."""
        day = max(day or days.today(), self.since)
        began = max(began or day, self.since)
        key = (bisect_right(self._turns, day), bisect_right(self._turns, began))
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = Page(self, day, began)
        return page

    def check(self) -> None:
        """Raise `DataError` where rows contradict each other, on any day."""
        for kind, lines in self.lines.items():
            refuse_overlaps(kind, (line.row for line in lines))
        for day in sorted({self.since, *(turn for turn in self._turns if turn > self.since)}):
            with using(self.on(day)):
                for one in CHECKS:
                    one()


class Page:
    """The rules as they hold on one day: one row a code, in the order of the book."""

    def __init__(self, book: Book, day: date, began: date) -> None:
        self.book, self.day, self.began = book, day, began
        self.made: dict[Any, Any] = {}
        self._tables: dict[str, dict[str, Any]] = {}

    def table(self, kind: str) -> dict[str, Any]:
        try:
            return self._tables[kind]
        except KeyError:
            found: dict[str, Any] = {}
            for row, reaches in self.book.lines.get(kind, ()):
                if row.holds_on(self.day if reaches else self.began) and (reaches or row.code not in found):
                    found[row.code] = row
            self._tables[kind] = found
            return found


def refuse_overlaps(kind: str, rows: Iterable[Any]) -> None:
    """A code stands once on every day."""
    terms: dict[str, list[Any]] = {}
    for row in rows:
        terms.setdefault(row.code, []).append(row)
    for code, several in terms.items():
        several.sort(key=lambda row: row.valid_from)
        for row in several:
            if row.valid_to < row.valid_from:
                sentence = _("It ends before it begins.")
                raise DataError(f"{kind}, {code}: {sentence}", column="valid_to", sentence=sentence)
        for earlier, later in pairwise(several):
            if later.valid_from <= earlier.valid_to:
                told = {"code": code, "day": later.valid_from}
                twice = _("The code %(code)s stands twice on %(day)s.") % told
                raise DataError(f"{kind}: {twice}", column="valid_from", sentence=twice)


# ── Which page is open ──────────────────────────────────────────────────────────────────────────────────────────────

SHIPPED = Book()
_open: ContextVar[Page | Callable[[], Page] | None] = ContextVar("page of the rules", default=None)


def current() -> Page:
    """The page that is open here; of the shipped book where nobody opened one."""
    page = _open.get()
    if page is None:
        return SHIPPED.on()
    if not isinstance(page, Page):
        page = page()
        _open.set(page)
    return page


@contextmanager
def using(page: Page | Callable[[], Page]) -> Iterator[None]:
    """Look up in this page; one that is called for is fetched at the first look."""
    token = _open.set(page)
    try:
        yield
    finally:
        _open.reset(token)


@contextmanager
def as_of(day: date | None) -> Iterator[None]:
    """The same book on another day; what was promised to a case stays as it was promised."""
    page = current()
    if day is None or page.began != page.day:
        yield
    else:
        with using(page.book.on(day)):
            yield


def turn_to(page: Page | Callable[[], Page]) -> None:
    """Look up in this page from now on, until whoever opened the book here closes it."""
    _open.set(page)


def per_page(make: Callable[[], T]) -> Callable[[], T]:
    """What is worked out of the rows, once a page."""

    @wraps(make)
    def made() -> T:
        kept = current().made
        if make not in kept:
            kept[make] = make()
        return kept[make]

    return made


CHECKS: list[Callable[[], None]] = []


def checked(check: Callable[[], None]) -> Callable[[], None]:
    """What must be true of every page: asked of the shipped book at once, and of each other before it is used."""
    check()
    CHECKS.append(check)
    return check


def faultless(file: str, faults: Callable[[], Iterable[str]]) -> None:
    """What the rows of a file say of each other holds, in the book that ships and in every edited one."""

    def whole() -> None:
        if found := list(faults()):
            raise DataError(f"{file}: {'; '.join(found)}")

    checked(whole)


# ── What the trade's modules hold: views of the page that is open ───────────────────────────────────────────────────


class Table(Mapping[str, T], Generic[T]):
    """The rows of a chapter by their code."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def _rows(self) -> dict[str, T]:
        return current().table(self.kind)

    def __getitem__(self, code: str) -> T:
        return self._rows()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())

    def __contains__(self, code: object) -> bool:
        return code in self._rows()

    def __repr__(self) -> str:
        return f"Table({self.kind!r})"


class Derived(Table[T]):
    """A table worked out of others."""

    def __init__(self, make: Callable[[], dict[str, T]]) -> None:
        super().__init__(make.__qualname__)
        self._made = per_page(make)

    def _rows(self) -> dict[str, T]:
        return self._made()


class Codes(Collection[str]):
    """Codes worked out of tables, in their order."""

    def __init__(self, make: Callable[[], Collection[str]]) -> None:
        self._made = per_page(make)

    def __iter__(self) -> Iterator[str]:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._made())

    def __contains__(self, code: object) -> bool:
        return code in self._made()


def read_all() -> Book:
    """The shipped book with every chapter in it, checked from its first page to its last."""
    import trade

    for module in pkgutil.walk_packages(trade.__path__, "trade."):
        importlib.import_module(module.name)
    SHIPPED.check()
    return SHIPPED
