"""Tables that people open in their own programs: rows in, a file out, and never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a program takes for a formula, or for the way to one. Blanks before it change nothing.
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
WIDEST = 48


def plain(text: str) -> str:
    """One line without signs that no table can hold."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " for sign in text)


def is_formula(text: str) -> bool:
    return text.startswith(BEGINNINGS) or text.lstrip().startswith(BEGINNINGS)


def write_table(
    file: IO[bytes], kind: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = ""
) -> int:
    """Writes the table as it comes, row by row; how many there were."""
    return _WRITERS[kind](file, headings, rows, title)


def _csv(file: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[str]], _title: str) -> int:
    """With a mark at its beginning, by which Excel knows the letters; a leading apostrophe makes a formula text."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    write = csv.writer(text).writerow
    write(headings)
    count = 0
    for row in rows:
        count += 1
        write([f"'{plain(cell)}" if is_formula(cell) else plain(cell) for cell in row])
    text.flush()
    text.detach()
    return count


def _xlsx(file: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> int:
    """Every cell is a text, whatever it looks like; openpyxl keeps what it wrote on disk, not in memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31] or None)
    sheet.freeze_panes = "A2"
    for place, heading in enumerate(headings):
        sheet.column_dimensions[chr(ord("A") + place)].width = max(14, min(WIDEST, len(heading) * 2))
    top = []
    for heading in headings:
        cell = WriteOnlyCell(sheet, heading)
        cell.font = Font(bold=True)
        top.append(cell)
    sheet.append(top)
    count = 0
    for row in rows:
        count += 1
        sheet.append([_text(sheet, plain(cell)) if is_formula(cell) else plain(cell) for cell in row])
    book.save(file)
    return count


def _text(sheet, value: str) -> WriteOnlyCell:
    """A cell that stays a text when somebody steps into it and leaves it again."""
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


_WRITERS = {"csv": _csv, "xlsx": _xlsx}
