"""Reads the data files and refuses a wrong row at the start, not on the day it is needed."""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
import types
import typing
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from . import book, sources
from .book import FOREVER, Chapter, DataError, Table
from .words import Words

__all__ = ["FOREVER", "DataError", "Dated", "as_shipped", "by_code", "one_of_table", "own_column", "rows"]

FOLDER = Path(__file__).parent / "data"
LONGEST_TEXT = 2000
LONGEST_NAME = 120
LONGEST_LIST = 500
MOST = 1_000_000
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # controls and halves of signs
PLACEHOLDER = re.compile(r"\{[^{}]{0,60}\}")
T = typing.TypeVar("T")


class Fault(ValueError):
    """A value that its column cannot take; `at` where in the value, such as the language of a text."""

    def __init__(self, sentence: typing.Any, at: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.at = sentence, at


def one_of_table(kind: str, *, in_order: bool = False, **more: typing.Any) -> typing.Any:
    """A dataclass's column whose codes are those of another table; `in_order` where it says which comes first."""
    return dataclasses.field(metadata={"of": kind, "in_order": in_order}, **more)


def own_column(**more: typing.Any) -> typing.Any:
    """A dataclass's column that names others of the same row."""
    return dataclasses.field(metadata={"own": True, "in_order": True}, **more)


def as_shipped(*, in_order: bool = False, **more: typing.Any) -> typing.Any:
    """A dataclass's column of words that the portal's code knows: those that the shipped rows of its table use."""
    return dataclasses.field(metadata={"as_shipped": True, "in_order": in_order}, **more)


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A row with its term and its source; a file's head speaks for rows that are silent."""

    source: str
    valid_from: date
    valid_to: date
    checked_on: date

    @property
    def source_words(self) -> str:
        """As the reader of a page reads it."""
        return sources.in_words(self.source)

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


@functools.cache
def document(name: str) -> dict[str, typing.Any]:
    """The whole data file, its head checked."""
    path = FOLDER / name
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{name}: {error}") from error
    head(name, content)
    return content


def head(name: str, content: dict[str, typing.Any]) -> dict[str, typing.Any]:
    wanted = {"source": str, "valid_from": date, "checked_on": date}
    for key, kind in wanted.items():
        if not isinstance(content.get(key), kind):
            raise DataError(f"{name}, head: {key} must be a {kind.__name__}")
    valid_to = content.get("valid_to", FOREVER)
    if not isinstance(valid_to, date) or valid_to < content["valid_from"]:
        raise DataError(f"{name}, head: valid_to must be a date after valid_from")
    return {key: content[key] for key in wanted} | {"valid_to": valid_to}


def rows(name: str, table: str, shape: type[T]) -> tuple[T, ...]:
    """The rows of one table as typed objects, in the file's order."""
    return read_rows(name, document(name), table, shape)


def read_rows(name: str, content: dict[str, typing.Any], table: str, shape: type[T]) -> tuple[T, ...]:
    """Like rows(), of a document already read."""
    raw = content.get(table)
    if not isinstance(raw, list) or not raw:
        raise DataError(f"{name}: the table [[{table}]] is missing or empty")
    shared = head(name, content)
    return tuple(
        build(shape, row, shared, f"{name}, {table} {place(n, row)}") for n, row in enumerate(raw, 1)
    )


def by_code(name: str, table: str, shape: type[T], *, grows: bool = False) -> Table[T]:
    """The rows of one table by their code, as the book that is open has them; a code stands once on each day.

    `grows` where an agency may add codes of its own.
    """
    kind = f"{name.removesuffix('.toml')}.{table}"
    found = rows(name, table, shape)
    book.refuse_overlaps(kind, found)
    book.CHAPTERS[kind] = Chapter(kind, shape, grows)
    book.SHIPPED.add(kind, found)
    return Table(kind)


def place(number: int, row: object) -> str:
    code = row.get("code") if isinstance(row, dict) else None
    return f"row {number} ({code})" if code else f"row {number}"


def build(shape: type[T], row: object, shared: dict[str, typing.Any], where: str) -> T:
    """The typed row; raises `DataError` with the place, and with the column that is wrong."""
    if not isinstance(row, dict):
        raise DataError(f"{where}: a table is wanted")
    fields = {field.name: field for field in dataclasses.fields(shape)}  # type: ignore[arg-type]
    if unknown := set(row) - set(fields):
        raise DataError(f"{where}: unknown column {min(unknown)}")
    hints = hints_of(shape)
    values = {}
    for key, field in fields.items():
        if key in row and row[key] == field.default:
            values[key] = field.default  # such as a text that is empty where there is none
        elif key in row:
            try:
                values[key] = convert(row[key], hints[key])
                if key == "name":
                    refuse_long_name(values[key])
            except Fault as fault:
                place = ".".join(filter(None, (key, fault.at)))
                raise DataError(
                    f"{where}, {place}: {fault.sentence}", column=place, sentence=fault.sentence
                ) from fault
        elif key in shared:
            values[key] = shared[key]
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DataError(f"{where}: {key} is missing", column=key, sentence=_("This is needed."))
    return shape(**values)


_hints: dict[typing.Any, dict[str, typing.Any]] = {}


def hints_of(shape: typing.Any) -> dict[str, typing.Any]:
    """The type of each column; worked out once, for a book has thousands of rows and some twenty shapes."""
    if shape not in _hints:
        _hints[shape] = typing.get_type_hints(shape)
    return _hints[shape]


def convert(value: typing.Any, hint: typing.Any) -> typing.Any:
    """The value as the column's type has it, or a `Fault` that says what is wanted."""
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        known = typing.get_args(hint)
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in known:
            raise Fault(_("One of these is wanted: %(codes)s.") % {"codes": ", ".join(map(str, known))})
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise Fault(_("A list is wanted."))
        if len(value) > LONGEST_LIST:
            raise Fault(_("This list is too long: %(most)s lines at most.") % {"most": LONGEST_LIST})
        inner = typing.get_args(hint)[0]
        return tuple(convert(item, inner) for item in value)
    if origin in (typing.Union, types.UnionType):
        inner = next(kind for kind in typing.get_args(hint) if kind is not type(None))
        return None if value is None else convert(value, inner)
    if hint is Words:
        if isinstance(value, Words):
            value = {"en": value.en, "zh": value.zh}
        if not isinstance(value, dict) or set(value) != {"en", "zh"}:
            raise Fault(_("A text in both languages is wanted, en and zh."))
        return Words(*(in_language(value[key], key) for key in ("en", "zh")))
    if type(value) is not hint:
        raise Fault(WANTED.get(hint, _("Another kind of value is wanted.")))
    if hint is str:
        refuse_text(value)
    if hint is date and not 1900 <= value.year <= FOREVER.year:
        raise Fault(_("The day must lie in the year 1900 or later."))
    if hint is int and not 0 <= value <= MOST:
        raise Fault(_("This must be a whole number from 0 to 1,000,000."))
    return value


WANTED = {
    str: _("A text is wanted."),
    int: _("A whole number is wanted."),
    bool: _("Yes or no is wanted."),
    date: _("A day is wanted."),
}


def in_language(value: typing.Any, language: str) -> str:
    try:
        return convert(value, str)
    except Fault as fault:
        raise Fault(fault.sentence, language) from fault


def refuse_text(text: str) -> None:
    """Plain words: no empty ones, no endless ones, nothing that a page or the database cannot show."""
    if not text.strip():
        raise Fault(_("This is needed."))
    if len(text) > LONGEST_TEXT:
        raise Fault(_("This text is too long: %(most)s characters at most.") % {"most": LONGEST_TEXT})
    if UNSHOWABLE.search(text):
        raise Fault(_("This has signs that cannot be shown."))


def refuse_long_name(name: typing.Any) -> None:
    for language in ("en", "zh"):
        if len(getattr(name, language, "")) > LONGEST_NAME:
            words = _("This name is too long: %(most)s characters at most.")
            raise Fault(words % {"most": LONGEST_NAME}, language)


def placeholders(value: typing.Any) -> set[str]:
    """What stands in braces in a text, to be filled in by the portal; in a list of texts in any of them."""
    if isinstance(value, Words):
        return {*PLACEHOLDER.findall(value.en), *PLACEHOLDER.findall(value.zh)}
    if isinstance(value, tuple):
        return {found for item in value for found in placeholders(item)}
    return set()


def refuse_strangers() -> None:
    """What a row names must be there on the same day; what stands in braces must be known to the shipped row."""
    page = book.current()
    for kind, chapter in book.CHAPTERS.items():
        fields = [one for one in dataclasses.fields(chapter.shape) if one.metadata]
        for row in page.table(kind).values():
            for field in fields:
                value = getattr(row, field.name)
                names = value if isinstance(value, tuple) else (value,) if value is not None else ()
                refuse_unknown(kind, row, field.name, names, known_words(kind, field))
            refuse_strange_braces(kind, row)


def refuse_unknown(
    kind: str, row: typing.Any, column: str, names: Iterable[str], known: Collection[str]
) -> None:
    """Each name in that column must be known; the refusal says table, row and column."""
    if unknown := {name for name in names if name not in known}:
        sentence = _("This is not known: %(code)s.") % {"code": min(unknown)}
        raise DataError(f"{kind}, {row.code}, {column}: {sentence}", column=column, sentence=sentence)


def known_words(kind: str, field: dataclasses.Field) -> list[str]:
    """What a column may hold: codes of the table it names, columns of its own, or what its shipped rows hold."""
    if of := field.metadata.get("of"):
        return list(book.current().table(of))
    if field.metadata.get("own"):
        return [one.name for one in dataclasses.fields(book.CHAPTERS[kind].shape)]
    shipped = (getattr(line.row, field.name) for line in book.SHIPPED.lines.get(kind, ()))
    return list(dict.fromkeys(word for words in shipped for word in words))


def refuse_strange_braces(kind: str, row: typing.Any) -> None:
    shipped = [line.row for line in book.SHIPPED.lines.get(kind, ()) if line.row.code == row.code]
    for field in dataclasses.fields(row):
        known = {found for one in shipped for found in placeholders(getattr(one, field.name))}
        if strange := placeholders(getattr(row, field.name)) - known:
            sentence = _("The portal fills in no %(name)s here.") % {"name": min(strange)}
            raise DataError(
                f"{kind}, {row.code}, {field.name}: {sentence}", column=field.name, sentence=sentence
            )


book.CHECKS.append(refuse_strangers)
