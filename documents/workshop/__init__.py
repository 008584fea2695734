"""Makes what leaves the house, each piece in a child that may do nothing else: printed forms, fitted pictures."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
# A form takes 0.2 seconds, a large picture two.
MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 45
ANSWER_BYTES = 24 * 1024 * 1024

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from documents.workshop.child import main; main()"
_OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGXFSZ}


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
            os.chown(folder, NOBODY, NOBODY)
        given.write(json.dumps(told).encode() + b"\n" + content)
        given.seek(0)
        returned, answer = _run(work, folder, given)
    if returned in _OUT_OF_TIME:
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


def _run(work: str, folder: str, given: Any) -> tuple[int | None, bytes]:
    limits = [str(MEMORY_BYTES), str(CPU_SECONDS), str(os.getpid())]
    command = [sys.executable, "-I", "-B", "-c", _START, str(ROOT), work, folder, *limits]
    with tempfile.TemporaryFile() as answer:
        child = subprocess.Popen(
            command,
            stdin=given,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={
                "LANG": "C.UTF-8",
                "PATH": "/usr/bin:/bin",
                "MALLOC_ARENA_MAX": "2",
                "RAYON_NUM_THREADS": "1",
            },
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        try:
            returned: int | None = child.wait(timeout=WALL_SECONDS)
        except subprocess.TimeoutExpired:
            returned = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        answer.seek(0)
        return returned, answer.read(ANSWER_BYTES)
