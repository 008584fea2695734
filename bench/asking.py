"""A browser of few lines, the processor time of a process, and taking turns so that noise hits everybody alike."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Line:
    """One kept-alive connection to a server on this machine."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port, self.cookie = port, cookie
        self.socket: socket.socket | None = None

    def get(self, path: str, *, packed: bool = False) -> tuple[int, bytes, bytes]:
        """Status, head and body as they came."""
        words = [f"GET {path} HTTP/1.1", f"Host: localhost:{self.port}"]
        if self.cookie:
            words.append(f"Cookie: {self.cookie}")
        if packed:
            words.append("Accept-Encoding: gzip")
        asked = ("\r\n".join(words) + "\r\n\r\n").encode()
        for fresh in (False, True):
            with contextlib.suppress(OSError):
                if self.socket is None or fresh:
                    self.close()
                    self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.socket.sendall(asked)
                if answer := _read(self.socket):
                    return answer
        raise OSError(f"nobody answers at {self.port}")

    def close(self) -> None:
        """Hang up."""
        if self.socket:
            self.socket.close()
        self.socket = None


def _read(line: socket.socket) -> tuple[int, bytes, bytes] | None:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = line.recv(1 << 18)
        if not piece:
            return None
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    pieces, missing = [body], int(found[1]) - len(body) if found else 0
    while missing > 0:
        piece = line.recv(1 << 18)
        if not piece:
            return None
        pieces.append(piece)
        missing -= len(piece)
    return int(head[9:12]), head, b"".join(pieces)


def unpacked(head: bytes, body: bytes) -> bytes:
    """What the browser makes of it."""
    return gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body


def processor_seconds(pid: int) -> float:
    """What a process's threads have had of the processors so far, by the scheduler's own count."""
    spent = 0
    with contextlib.suppress(OSError):
        for task in os.scandir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                spent += int(Path(task.path, "schedstat").read_text().split()[0])
    return spent / 1e9


def only_child(pid: int) -> int:
    """The one worker of a server's master."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@dataclass
class Runner:
    """Something that is asked again and again, and whose process pays for it."""

    name: str
    ask: Callable[[], object]
    pid: int
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)  # processor seconds a request
    waits: list[float] = field(default_factory=list)  # seconds of each request

    def run(self, seconds: float) -> None:
        """One turn."""
        before, begun, count = processor_seconds(self.pid), time.perf_counter(), 0
        while (now := time.perf_counter()) - begun < seconds or count < 3:
            self.ask()
            count += 1
            self.waits.append(time.perf_counter() - now)
        self.rates.append(count / (now - begun))
        self.costs.append((processor_seconds(self.pid) - before) / count)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def wait(self, percent: int) -> float:
        """So many of a hundred requests took no longer."""
        return sorted(self.waits)[min(len(self.waits) - 1, len(self.waits) * percent // 100)]

    @property
    def cost(self) -> float:
        return statistics.median(self.costs)


def take_turns(runners: list[Runner], *, rounds: int, seconds: float) -> None:
    """Everybody once a round, forwards and backwards by turns, after a first try that does not count."""
    for one in runners:
        one.run(0.3)
        one.rates.clear()
        one.costs.clear()
        one.waits.clear()
    for turn in range(rounds):
        for one in runners if turn % 2 == 0 else reversed(runners):
            one.run(seconds)


def of(one: Runner, other: Runner) -> float:
    """How much of the other's rate the first has: the median of the rounds."""
    return statistics.median(mine / theirs for mine, theirs in zip(one.rates, other.rates, strict=True))


def paid(one: Runner, other: Runner) -> float:
    """The same by processor time, which a busy machine disturbs less."""
    return statistics.median(theirs / mine for mine, theirs in zip(one.costs, other.costs, strict=True))


def in_turn(paths: list[str]) -> Iterator[str]:
    """These for ever."""
    while True:
        yield from paths
