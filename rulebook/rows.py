"""Between a typed row of the trade and what the database keeps of it."""

from __future__ import annotations

import dataclasses
import typing
from datetime import date
from typing import Any

from trade import book
from trade.loading import Dated, build, hints_of
from trade.words import Words

DATED = tuple(field.name for field in dataclasses.fields(Dated))
APART = {*DATED, "code"}


def columns_of(shape: type) -> list[dataclasses.Field]:
    """The columns of a table beside its code, its term and its source."""
    return [field for field in dataclasses.fields(shape) if field.name not in APART]


def to_json(row: Any) -> dict[str, Any]:
    """The columns of a typed row as JSON has them."""
    return {field.name: plain(getattr(row, field.name)) for field in columns_of(type(row))}


def plain(value: Any) -> Any:
    if isinstance(value, Words):
        return {"en": value.en, "zh": value.zh}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def from_json(kind: str, code: str, body: dict[str, Any], dated: dict[str, Any]) -> Any:
    """The typed row; what the table has gained since it was written comes from the shipped row of that code.

    Raises `trade.book.DataError` where it is none.
    """
    shape = book.CHAPTERS[kind].shape
    hints = hints_of(shape)
    given: dict[str, Any] = {"code": code, **dated}
    gained = []
    for field in columns_of(shape):
        if field.name in body:
            given[field.name] = _typed(body[field.name], hints[field.name])
        else:
            gained.append(field.name)
    if gained and (shipped := shipped_row(kind, code)):
        given.update((name, getattr(shipped, name)) for name in gained)
    return build(shape, given, {}, f"{kind}, {code}")


def shipped_row(kind: str, code: str) -> Any | None:
    """The first row of that code in the book that ships with the code."""
    return next((line.row for line in book.SHIPPED.lines[kind] if line.row.code == code), None)


def _typed(value: Any, hint: Any) -> Any:
    """JSON knows no days; all else is checked by the column's type."""
    if isinstance(value, str) and date in (hint, *typing.get_args(hint)):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
