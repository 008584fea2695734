"""Reads spreadsheets of strangers, each in a child that may do nothing else: text of cells, and never a formula."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from documents import children

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 60
LONGEST_CELL = 500
MOST_SIGNS = 12_000_000  # in all cells together
UNPACKED_BYTES = 64 * 1024 * 1024
# Stands for a formula, of which nothing is read; no other cell holds it, for it is no sign that can be shown.
FORMULA = "\ue000"

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 40
WALL_SECONDS = 90
ANSWER_BYTES = 64 * 1024 * 1024


class Unreadable(Exception):
    """Nothing can be taken from this file; the code names the sentence people read."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Died(Exception):
    """The child went without an answer; whoever asked counts how often."""


@dataclass(frozen=True)
class Sheet:
    """The rows that have something in them, by their number in the sheet; all cells are text."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    name: str = ""
    others: int = 0  # sheets beside it that were not read


def read_sheet(source: Path) -> Sheet:
    """What stands in the first sheet with anything in it; raises `Unreadable`, or `Died`."""
    with tempfile.TemporaryDirectory(prefix="icp-sheet-") as folder:
        if os.geteuid() == 0:
            os.chown(folder, children.NOBODY, children.NOBODY)
        words = [folder, str(MEMORY_BYTES), str(CPU_SECONDS)]
        with source.open("rb") as given:
            returned, answer = children.run(
                "documents.sheets.child", words, seconds=WALL_SECONDS, most=ANSWER_BYTES, given=given
            )
    if returned in children.OUT_OF_TIME:
        raise Unreadable("too_heavy")
    try:
        said = json.loads(answer) if returned == 0 else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Died(f"ended with {returned}")
    if code := said.get("refused"):
        raise Unreadable(str(code))
    return Sheet([(number, cells) for number, cells in said["rows"]], said["name"], said["others"])
