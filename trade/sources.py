"""What a rule stands on, in its reader's language: the data name a source once, in English and by its Chinese title."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

from .book import DataError
from .words import Words

FILE = Path(__file__).parent / "data" / "sources.toml"


def in_words(source: str) -> str:
    """The source as its reader reads it; one that an agency wrote stays as it was written."""
    return str(_known().get(source, source))


@functools.cache
def _known() -> dict[str, Words]:
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    known = {row["en"]: Words(row["en"], row["zh"]) for row in found["source"]}
    if len(known) != len(found["source"]):
        raise DataError(f"{FILE.name}: a source stands twice")
    return known
