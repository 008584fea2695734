"""The list of the destroyed, outside the database and the store: an older copy of them is held against it.

A line of JSON for each, in one file a month. It names keys, hashes and references, and nobody's name. A line is on disk
before the first object goes, so whatever is restored later, what was begun is known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings


def write(entry: dict[str, Any], of: str = "") -> None:
    """One more line, on disk when this returns; `of` names another list. Raises `OSError` where there is no room."""
    folder = settings.DESTROYED_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A break before it too: what a full disk left of another line ends there, whoever else writes at the same moment.
    line = b"\n" + json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    file = os.open(folder / f"{entry['at'][:7]}{of}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(file, line) != len(line):
            raise OSError("the line is not whole")
        os.fsync(file)
    finally:
        os.close(file)


def entries(of: str = "") -> Iterator[dict[str, Any]]:
    """All lines, the oldest first; an empty one, or one that a full disk cut off, ends nothing."""
    for path in sorted(settings.DESTROYED_FOLDER.glob(f"????-??{of}.jsonl")):
        with path.open("rb") as file:  # a letter may be cut off as well
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
