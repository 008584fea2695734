"""Bytes in, text of cells out: CSV in the encodings that spreadsheets write, and XLSX without its formulas.

Of a formula only the value that was saved with it is read. Nothing is followed: no link, no other file, no macro.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from documents.sheets import (
    FORMULA,
    LONGEST_CELL,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SIGNS,
    UNPACKED_BYTES,
    Sheet,
    Unreadable,
)

# What Excel writes, in China and elsewhere; GB18030 holds all of GBK.
CODECS = ("utf-8-sig", "utf-16", "utf-8", "gb18030", "ascii", "cp437", "latin-1")
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SEPARATORS = (",", ";", "\t")
MOST_ENTRIES = 2_000  # of an XLSX, which is a ZIP
MOST_MERGED = 20_000
LAST_ROW = 1_048_576  # of the format
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and books with a password
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FORMULA = ("=", "\uff1d")
_DEFUSED = re.compile(r"'(?=\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def read(data: bytes) -> Sheet:
    """The first sheet that has anything in it; raises `Unreadable`."""
    if not data.strip():
        raise Unreadable("empty")
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large")
    if data.startswith(OLD_EXCEL):
        raise Unreadable("old_format")
    found = _xlsx(data) if data.startswith(b"PK") else Sheet(_kept(_csv(data)))
    if not found.rows:
        raise Unreadable("empty")
    return found


def _kept(rows: Iterable[tuple[int, Iterable[str]]]) -> list[tuple[int, list[str]]]:
    """The rows with something in them, within the bounds."""
    found: list[tuple[int, list[str]]] = []
    signs = 0
    for number, row in rows:
        cells = [_plain(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise Unreadable("too_wide")
        if len(found) > MOST_ROWS:
            raise Unreadable("too_long")
        signs += sum(map(len, cells))
        if signs > MOST_SIGNS:
            raise Unreadable("too_heavy")
        found.append((number, cells))
    return found


def _plain(text: str) -> str:
    """One line of signs that can be shown; what is longer than any field of ours is cut, and will not fit one."""
    if text == FORMULA:
        return text
    text = unicodedata.normalize("NFC", text[: 2 * LONGEST_CELL])
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())[:LONGEST_CELL]


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _csv(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    separator = max(SEPARATORS, key=outside.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > MOST_COLUMNS * 4:
                raise Unreadable("too_wide")
            yield number, [_text_of(cell) for cell in row]
    except csv.Error:
        raise Unreadable("damaged") from None


def _decoded(data: bytes) -> str:
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("not_a_sheet")
    by_mark = next((name for mark, name in MARKS.items() if data.startswith(mark)), "")
    for name in (by_mark,) if by_mark else ("utf-8", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise Unreadable("not_a_sheet")


def _text_of(cell: str) -> str:
    """An apostrophe before a formula made it text, and is no part of it; a formula without one is not read."""
    if cell.startswith("'"):
        return _DEFUSED.sub("", cell, count=1)
    return FORMULA if cell.lstrip().startswith(_FORMULA) else cell


# ── XLSX ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _xlsx(data: bytes) -> Sheet:
    _judge(data)
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets = [one for one in book.worksheets if one.sheet_state == "visible"] or book.worksheets
    for place, sheet in enumerate(sheets):
        sheet.reset_dimensions()  # what the file says of its size is not believed
        rows = _kept(_rows(sheet))
        if rows:
            _fill(rows, _merged(data, sheet))
            return Sheet(rows, str(sheet.title)[:80], len(sheets) - place - 1)
    raise Unreadable("empty")


def _judge(data: bytes) -> None:
    """By the directory of the ZIP, before anything is unpacked; more than it says does not come out of an entry."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError):
        raise Unreadable("damaged") from None
    if len(entries) > MOST_ENTRIES or sum(one.file_size for one in entries) > UNPACKED_BYTES:
        raise Unreadable("too_heavy")
    if any(one.flag_bits & 1 for one in entries):
        raise Unreadable("old_format")
    if not any(one.filename == "[Content_Types].xml" for one in entries):
        raise Unreadable("not_a_sheet")


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), start=1):
        if number > LAST_ROW:
            raise Unreadable("too_long")
        if row and any(value is not None for value in row):
            yield number, [_word(value) for value in row]


def _word(value: Any) -> str:
    """A cell as a person would write it: whole numbers without a point, days as year-month-day."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return _DEFUSED.sub("", str(value), count=1) if str(value).startswith("'") else str(value)


def _merged(data: bytes, sheet: Any) -> list[tuple[int, int, int, int]]:
    """Ranges of merged cells as (column, row, column, row), counted from one."""
    path = sheet._worksheet_path.lstrip("/")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        content = book.read(path)
    found = []
    for left, top, right, bottom in _MERGED.findall(content)[:MOST_MERGED]:
        columns = [column_index_from_string(side.decode()) for side in (left, right)]
        found.append((columns[0], int(top), columns[1], int(bottom)))
    return found


def _fill(rows: list[tuple[int, list[str]]], merged: list[tuple[int, int, int, int]]) -> None:
    """A cell merged downwards says the same of each of its rows."""
    by_number = dict(rows)
    for left, top, _right, bottom in merged:
        place = left - 1
        if bottom <= top or place >= MOST_COLUMNS or len(said := by_number.get(top, [])) <= place:
            continue
        for number in range(top + 1, min(bottom, top + MOST_ROWS) + 1):
            cells = by_number.get(number)
            if cells is not None:
                cells.extend([""] * (place + 1 - len(cells)))
                cells[place] = cells[place] or said[place]
