"""The keeper: starts parts in order, starts again what died, stops in the reverse order, and dies with all of them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import TextIO

from runner.keys import write_private
from runner.parts import Part, born_at, outlast
from runner.words import FULL, Terminal, Trouble, gist

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEATHS, WITHIN = (
    int(os.environ.get("RUNNER_DEATHS", "3")),
    60,
)  # so many deaths of one part in so many seconds end the run


class Stop(Exception):
    """Somebody asked for the end."""


class Lock:
    """One keeper per data folder; the kernel lets go when the process is gone, so no stale file is left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: TextIO | None = None

    def take(self, kind: str) -> bool:
        """Hold it, and leave word of who does; False where somebody else holds it."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = os.fdopen(handle, "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        file.truncate(0)
        file.write(json.dumps({"kind": kind, "pid": os.getpid()}))
        file.flush()
        self.file = file
        return True

    def holder(self) -> dict:
        """The word left by whoever holds it."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self.path.read_text())
        return {}

    def held(self) -> bool:
        """Somebody holds it now."""
        try:
            file = self.path.open("r")
        except OSError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
            return False


class Keeper:
    """Keeps the parts of one data folder; use as a context manager."""

    def __init__(self, data: Path, terminal: Terminal, *, note: dict | None = None) -> None:
        self.data, self.terminal = data, terminal
        self.parts: list[Part] = []
        self.note = note or {}
        self.asked: int | None = None
        self.up = False
        self.holds = data / "hold"  # a file with a part's name keeps it down, for tests of failure
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[int, object] = {}
        self._wakeup = -1

    # Signals

    def __enter__(self) -> Keeper:
        for sig in SIGNALS:
            self._before[sig] = signal.signal(sig, self._heard)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        signal.set_wakeup_fd(self._wakeup)
        for sig, handler in self._before.items():
            signal.signal(sig, handler)  # type: ignore[arg-type]
        os.close(self._read)
        os.close(self._write)

    def _heard(self, sig: int, _frame: FrameType | None) -> None:
        self.asked = sig

    def rest(self, seconds: float) -> None:
        """Sleep until something happens; an asked-for end is raised here and nowhere else."""
        select.select([self._read], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._read, 512)
        if self.asked is not None:
            raise Stop

    # Starting

    def outlast_earlier(self, path: Path) -> None:
        """Parts of a killed run end within moments; two of a kind must not work on one folder."""
        try:
            before = json.loads(path.read_text())["processes"].values()
        except (OSError, ValueError, KeyError, AttributeError):
            return
        for process in before:
            outlast(process["pid"], process["born"])

    def start(self, part: Part, *, wait: bool = True, told: bool = True) -> Part:
        """Start it and, with `wait`, come back when it answers."""
        if part not in self.parts:
            self.parts.append(part)
        if wait and told:
            with self.terminal.step(part.name) as words:
                self._start(part)
                self.wait_for(part)
                words.append(part.told)
        else:
            self._start(part)
            if wait:
                self.wait_for(part)
        return part

    def _start(self, part: Part) -> None:
        try:
            part.start()
        except PermissionError as error:
            raise Trouble(f"{part.name} could not be started: {error.strerror}: {error.filename}") from None
        except FileNotFoundError as error:
            raise Trouble(
                f"{part.name} could not be started: {error.filename} is missing. Delete .venv and start again."
            ) from None
        self.write_down(f"started {part.name}")
        self.write_note()

    def wait_for(self, part: Part) -> None:
        """Until it answers; its last lines where it ends first."""
        until = time.monotonic() + part.patience
        while not part.ready():
            if not part.alive:
                raise Trouble(self._epitaph(part, f"{part.name} ended while it was starting."))
            if time.monotonic() > until:
                raise Trouble(
                    self._epitaph(part, f"{part.name} did not answer within {part.patience:.0f} seconds.")
                )
            self.rest(0.05)
        if not part.alive:
            raise Trouble(self._epitaph(part, f"{part.name} ended while it was starting."))

    def _epitaph(self, part: Part, sentence: str) -> str:
        if gist("\n".join(part.last_lines(40))) == FULL:
            sentence += f" {FULL}"
        lines = [f"      {line}" for line in part.last_lines()]
        return "\n".join([f"{sentence} The end of {part.log}:", *lines])

    # Keeping

    def keep(self) -> None:
        """Look after all parts until somebody asks for the end."""
        while True:
            self.rest(0.5)
            self.tick()

    def tick(self) -> None:
        """Start again what died, after a pause that grows; give up where it dies again and again."""
        now = time.monotonic()
        for part in self.parts:
            if (self.holds / part.name).exists():
                if not part.held:
                    part.held = True
                    part.stop()
                    self.write_note()
                    self.terminal.say(f"  {part.name} is held down")
                continue
            if part.held:
                part.held, part.again_at = False, now
            elif part.alive:
                continue
            elif not part.again_at:
                self._mourn(part, now)
            if now >= part.again_at:
                part.again_at = 0
                self._start(part)
                self.terminal.say(f"  {part.name} started again")

    def _mourn(self, part: Part, now: float) -> None:
        code = part.process.returncode if part.process else None
        part.stop()  # what it left of its family
        part.deaths = [*(death for death in part.deaths if now - death < WITHIN), now]
        if len(part.deaths) >= DEATHS:
            raise Trouble(self._epitaph(part, f"{part.name} died {DEATHS} times within a minute."))
        pause = min(0.2 * 10 ** (len(part.deaths) - 1), 5)
        part.again_at = now + pause
        self.write_down(f"died {part.name} {_how(code)}")
        self.terminal.say(f"  {self.terminal.failed} {part.name} died ({_how(code)}); again in {pause:g} s")

    # Telling and stopping

    def farewell(self) -> None:
        """The end, told."""
        if any(part.process is not None for part in self.parts):
            self.terminal.say()
            with self.terminal.step("stopped"):
                self.stop()

    def write_down(self, line: str) -> None:
        """Into the keeper's own log."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        with contextlib.suppress(OSError), (self.data / "logs" / "keeper.log").open("a") as log:
            log.write(f"{moment} {line}\n")

    def write_note(self) -> None:
        """Ports and processes, for the next run, `make manage` and tests."""
        processes = {}
        for part in self.parts:
            if part.alive and part.process and (born := born_at(part.process.pid)):
                processes[part.name] = {"pid": part.process.pid, "born": born}
        text = json.dumps(self.note | {"up": self.up, "pid": os.getpid(), "processes": processes}, indent=1)
        write_private(self.data / "run.json", text)

    def stop(self) -> None:
        """All parts, ours at once and then the servers, the last started first; each has its grace."""
        self.up = False
        for part in self.parts:
            if part.is_ours:
                part.ask()
        for part in reversed(self.parts):
            if part.process is None:
                continue
            part.stop()
            self.write_down(f"stopped {part.name}")
        self.parts = [part for part in self.parts if part.alive]
        with contextlib.suppress(OSError):
            self.write_note()


def _how(code: int | None) -> str:
    if code is None:
        return "nobody knows how"
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"code {code}"
