"""Compile the translations without GNU gettext, which a bare machine lacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from runner import ROOT


def stale(root: Path = ROOT) -> list[Path]:
    """Catalogues that are newer than what was compiled from them."""
    found = []
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        built = source.with_suffix(".mo")
        if not built.exists() or built.stat().st_mtime_ns < source.stat().st_mtime_ns:
            found.append(source)
    return found


def compile_stale(root: Path = ROOT) -> int:
    """Bring each up to date, whole or not at all; how many there were."""
    catalogues = stale(root)
    for source in catalogues:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        draft = source.with_name(f"{source.stem}.{os.getpid()}.new")
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parent.parent.name, abort_invalid=False)
        with draft.open("wb") as built:
            write_mo(built, catalogue)
        draft.replace(source.with_suffix(".mo"))
    return len(catalogues)


if __name__ == "__main__":
    print(compile_stale())
    sys.exit(0)
