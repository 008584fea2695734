"""Reads the data files and refuses a wrong row at the start, not on the day it is needed."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
import types
import typing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .words import Words

FOLDER = Path(__file__).parent / "data"
FOREVER = date(9999, 12, 31)
LONGEST_TEXT = 2000
T = typing.TypeVar("T")


class DataError(ValueError):
    """A data file that does not say what it must: which file, which row, what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A row with its term and its source; a file's head speaks for rows that are silent."""

    source: str
    valid_from: date
    valid_to: date
    checked_on: date

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


def by_code(name: str, table: str, shape: type[T]) -> dict[str, T]:
    """The rows of one table by their code; a code stands once."""
    found: dict[str, T] = {}
    for row in rows(name, table, shape):
        code = row.code  # type: ignore[attr-defined]
        if code in found:
            raise DataError(f"{name}, {table}: the code {code} stands twice")
        found[code] = row
    return found


def place(number: int, row: object) -> str:
    code = row.get("code") if isinstance(row, dict) else None
    return f"row {number} ({code})" if code else f"row {number}"


def build(shape: type[T], row: object, shared: dict[str, typing.Any], where: str) -> T:
    if not isinstance(row, dict):
        raise DataError(f"{where}: a table is wanted")
    fields = {field.name: field for field in dataclasses.fields(shape)}  # type: ignore[arg-type]
    if unknown := set(row) - set(fields):
        raise DataError(f"{where}: unknown column {min(unknown)}")
    hints = typing.get_type_hints(shape)
    values = {}
    for key, field in fields.items():
        if key in row:
            values[key] = convert(row[key], hints[key], f"{where}, {key}")
        elif key in shared:
            values[key] = shared[key]
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DataError(f"{where}: {key} is missing")
    return shape(**values)


def convert(value: typing.Any, hint: typing.Any, where: str) -> typing.Any:
    """The value as the column's type has it, or an error that names the place."""
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        if value not in typing.get_args(hint) or isinstance(value, bool):
            raise DataError(f"{where}: must be one of {', '.join(map(str, typing.get_args(hint)))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise DataError(f"{where}: a list is wanted")
        inner = typing.get_args(hint)[0]
        return tuple(convert(item, inner, where) for item in value)
    if origin in (typing.Union, types.UnionType):
        inner = next(kind for kind in typing.get_args(hint) if kind is not type(None))
        return convert(value, inner, where)
    if hint is Words:
        if not isinstance(value, dict) or set(value) != {"en", "zh"}:
            raise DataError(f"{where}: a text in both languages is wanted, en and zh")
        return Words(*(convert(value[key], str, f"{where}.{key}") for key in ("en", "zh")))
    if type(value) is not hint:
        raise DataError(f"{where}: a {hint.__name__} is wanted")
    if hint is str and not 0 < len(value) <= LONGEST_TEXT:
        raise DataError(f"{where}: a text of 1 to {LONGEST_TEXT} characters is wanted")
    if hint is date and value.year < 1900:
        raise DataError(f"{where}: a date from 1900 on is wanted")
    if hint is int and not 0 <= value <= 1_000_000:
        raise DataError(f"{where}: a number from 0 to 1,000,000 is wanted")
    return value
