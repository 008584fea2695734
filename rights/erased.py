"""The list of erasures, outside the database: an older copy of it is held against it, as it is for papers.

A line of JSON for each, in one file a month, beside those of what was destroyed. It names people by their references,
and holds nobody's name or address.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings


def write(entry: dict[str, Any]) -> None:
    """One more line, on disk when this returns. Raises `OSError` where there is no room for it."""
    folder = settings.DESTROYED_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
    file = os.open(folder / f"{entry['at'][:7]}.erased.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(file, line) != len(line):
            raise OSError("the line is not whole")
        os.fsync(file)
    finally:
        os.close(file)


def entries() -> Iterator[dict[str, Any]]:
    """All lines, the oldest first; one that a full disk cut off ends nothing."""
    for path in sorted(settings.DESTROYED_FOLDER.glob("*.erased.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
