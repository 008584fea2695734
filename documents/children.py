"""Starts the children in which files of strangers are opened and things are made, and leaves none of them behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
# Ended for its time or its room on disk: by our own limits whatever else runs on the machine, so no accident.
OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGXFSZ}
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from {module} import main; main()"


def run(
    module: str,
    words: list[str],
    *,
    seconds: float,
    most: int,
    given: IO[bytes] | int = subprocess.DEVNULL,
    **environment: str,
) -> tuple[int | None, bytes]:
    """Run `main()` of a module in a Python of its own; how it ended (None: not in time), and what it answered.

    Its last word is this process's number, so that it can die with it; the cage closes the child itself.
    """
    command = [
        sys.executable,
        "-I",
        "-c",
        _START.format(module=module),
        str(ROOT),
        *words,
        str(os.getpid()),
    ]
    # In memory: what a child reads on a paper must not lie on a disk, not even for a moment.
    with os.fdopen(os.memfd_create("answer"), "w+b") as answer:
        child = subprocess.Popen(
            command,
            stdin=given,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "MALLOC_ARENA_MAX": "2", **environment},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        try:
            returned: int | None = child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            returned = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        answer.seek(0)
        return returned, answer.read(most)
