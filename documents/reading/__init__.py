"""Reads the text on pictures of papers, in a child process that may do nothing else.

Only pages that our own check has drawn are read, never a stranger's file. What was read is handed to whoever asked, and
is written nowhere.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from documents import children

MOST_PAGES = 3
MEMORY_BYTES = 1280 * 1024 * 1024  # on top of what the interpreter and the models hold
CPU_SECONDS = 60
WALL_SECONDS = 150
RESULT_BYTES = 256 * 1024
LENGTH = struct.Struct(">I")
# Of each sign that was seen, the reader says how sure it is.
WELL = 0.85
WELL_SIGNS = 24
WELL_SHARE = 0.7


@dataclass(frozen=True)
class Read:
    """What came of it; `died` means nobody knows, and the caller counts how often."""

    verdict: Literal["ok", "too_heavy", "died"]
    lines: list[tuple[str, float]] = field(default_factory=list, repr=False)
    open_doors: list[str] = field(default_factory=list)  # of the cage: what this kernel would not close

    @property
    def is_clear(self) -> bool:
        """Whether most of it was read, and the reader is sure of it."""
        signs = sum(len(text) for text, _score in self.lines)
        well = sum(len(text) for text, score in self.lines if score >= WELL)
        return well >= WELL_SIGNS and well >= WELL_SHARE * signs


def read(
    pages: Sequence[bytes],
    *,
    memory: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
) -> Read:
    """The lines of text on these pages, each with how sure the reader is."""
    with os.fdopen(os.memfd_create("pages"), "w+b") as given:
        for page in pages[:MOST_PAGES]:
            given.write(LENGTH.pack(len(page)) + page)
        given.seek(0)
        returned, answer = children.run(
            "documents.reading.child",
            [str(memory), str(cpu_seconds)],
            seconds=wall_seconds,
            most=RESULT_BYTES,
            given=given,
            OMP_NUM_THREADS="1",
        )
    if returned is None or returned in children.OUT_OF_TIME:
        return Read("too_heavy")
    try:
        told = json.loads(answer)
        lines = [(str(text), float(score)) for text, score in told["lines"]]
        open_doors = [str(door) for door in told["open_doors"]]
    except (ValueError, TypeError, KeyError):
        return Read("died")
    return Read("ok", lines, open_doors) if returned == 0 else Read("died")
