"""What the person at the terminal reads: one line per step, a moving one where it takes long."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

WIDTH = 24


class Trouble(Exception):
    """Something the person can mend: a sentence that says what happened and a way out."""


FULL = "The disk is full. Make room, or name a folder on another disk by PORTAL_DATA, and start again."


def gist(said: str) -> str:
    """The line of a program's many that says what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any("No space left on device" in line or "Disk quota exceeded" in line for line in lines):
        return FULL
    errors = [line for line in lines if re.search(r"\b(error|fatal|panic)\b:", line, re.IGNORECASE)]
    return (errors or lines or ["it said nothing"])[-1]


class Terminal:
    """Where the steps are told; standard error where standard output belongs to a command."""

    def __init__(self, stream: TextIO = sys.stdout, *, quiet: bool = False) -> None:
        self.stream = stream
        self.quiet = quiet
        self.moving = stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
        plain = "utf" not in (getattr(stream, "encoding", "") or "").lower()
        self.done, self.failed, self.bar = ("ok", "--", "#-") if plain else ("✓", "✗", "━╌")

    def say(self, line: str = "") -> None:
        """One line, out at once."""
        if self.quiet:
            return
        with contextlib.suppress(OSError, ValueError):  # a closed terminal is no reason to stop
            self.stream.write(line + "\n")
            self.stream.flush()

    @contextlib.contextmanager
    def step(self, name: str, *, share: Callable[[], float] | None = None) -> Iterator[list[str]]:
        """Tell a step when it is done, and show that it moves while it takes more than two seconds."""
        told: list[str] = []
        begun = time.monotonic()
        ended = threading.Event()
        mover = None
        if self.moving and not self.quiet:
            mover = threading.Thread(target=self._move, args=(name, begun, ended, share), daemon=True)
            mover.start()
        try:
            yield told
        except BaseException:
            self._settle(ended, mover)
            self.say(f"  {self.failed} {name}")
            raise
        self._settle(ended, mover)
        took = time.monotonic() - begun
        clock = f"{took:.1f} s" if took >= 0.1 else ""
        self.say(f"  {self.done} {name:<{WIDTH}}{' '.join(told):<34} {clock}".rstrip())

    def _settle(self, ended: threading.Event, mover: threading.Thread | None) -> None:
        ended.set()
        if mover:
            mover.join()

    def _move(
        self, name: str, begun: float, ended: threading.Event, share: Callable[[], float] | None
    ) -> None:
        if ended.wait(2):
            return
        full, empty = self.bar[0], self.bar[1]
        beat = 0
        while True:
            took = time.monotonic() - begun
            if share:
                part = min(max(share(), 0.0), 1.0)
                filled = round(part * 20)
                look = full * filled + empty * (20 - filled) + f" {part:4.0%}"
            else:
                at = beat % 20
                look = empty * at + full + empty * (19 - at)
            self.stream.write(f"\r    {name:<{WIDTH}}{look} {took:4.0f} s")
            self.stream.flush()
            beat += 1
            if ended.wait(0.2):
                break
        self.stream.write("\r\x1b[2K")
        self.stream.flush()
