"""Makes what leaves the house, each piece in a child that may do nothing else: printed forms, fitted pictures."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from documents import children

# A form takes 0.2 seconds, a large picture two.
MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 45
ANSWER_BYTES = 24 * 1024 * 1024


class Unmakeable(Exception):
    """It cannot be made from this; the code names the sentence people read, `detail` what it is about."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Died(Exception):
    """The child went without an answer; whoever asked counts how often."""


def typeset(sheet: dict[str, Any]) -> bytes:
    """A form as a PDF. The facts in `sheet` are text and nothing else, whatever they look like."""
    return _made("typeset", sheet)


def fit(picture: bytes, *, most_bytes: int, side: int, kind: str) -> bytes:
    """The picture within so many bytes and pixels, as `jpg` or `png`."""
    return _made("fit", {"bytes": most_bytes, "side": side, "kind": kind}, picture)


def _made(work: str, told: dict[str, Any], content: bytes = b"") -> bytes:
    with tempfile.TemporaryDirectory(prefix="icp-work-") as folder, tempfile.TemporaryFile() as given:
        if os.geteuid() == 0:
            os.chown(folder, children.NOBODY, children.NOBODY)
        given.write(json.dumps(told).encode() + b"\n" + content)
        given.seek(0)
        words = [work, folder, str(MEMORY_BYTES), str(CPU_SECONDS)]
        returned, answer = children.run(
            "documents.workshop.child",
            words,
            seconds=WALL_SECONDS,
            most=ANSWER_BYTES,
            given=given,
            RAYON_NUM_THREADS="1",  # one thread is enough for a page
        )
    if returned in children.OUT_OF_TIME:
        raise Unmakeable("too_heavy")
    head, _line, made = answer.partition(b"\n")
    try:
        said = json.loads(head) if returned == 0 else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Died(f"ended with {returned}")
    if code := said.get("refused"):
        raise Unmakeable(str(code), str(said.get("detail", ""))[:200])
    return made
