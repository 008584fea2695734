"""The list of erasures, outside the database: an older copy of it is held against it, as it is for papers.

Beside the list of what was destroyed, in files of its own. It names people by their references, and holds nobody's name
or address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from documents import destroyed

LIST = ".erased"


def write(entry: dict[str, Any]) -> None:
    """One more line, on disk when this returns. Raises `OSError` where there is no room for it."""
    destroyed.write(entry, LIST)


def entries() -> Iterator[dict[str, Any]]:
    """All lines, the oldest first."""
    return destroyed.entries(LIST)
