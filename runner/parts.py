"""One process that the keeper keeps: how it starts, when it answers, how it is asked to stop."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PLAIN = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME")
PR_SET_PDEATHSIG = 1


def plain_environment() -> dict[str, str]:
    """What a foreign server gets: nothing that is ours."""
    return {name: os.environ[name] for name in PLAIN if name in os.environ}


def die_with_parent(sig: int) -> Callable[[], None]:
    """The kernel sends `sig` when the keeper is gone, however it went (runs after `user=`, which clears it)."""
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def child() -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(name, signal.SIG_DFL)  # started by a script in the background, SIGINT is ignored
        libc.prctl(PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:
            os._exit(1)

    return child


@dataclass
class Part:
    """A process with a name, a log, and manners."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    ready: Callable[[], bool] = lambda: True
    told: str = ""  # what the terminal says of it: its address
    before: Callable[[], None] = lambda: None
    patience: float = 120
    death: int = signal.SIGTERM
    halt: int = signal.SIGTERM
    grace: float = 5
    cwd: Path | None = None
    user: int | None = None
    group: int | None = None
    umask: int = 0o077
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    again_at: float = 0
    held: bool = False
    is_ours: bool = False  # nothing else leans on it: at the end all of these are asked at once
    asked: bool = False

    def start(self) -> None:
        """From the main thread only: the death signal follows the thread that forked."""
        self.asked = False
        self.before()
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > 20_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death),
                user=self.user,
                group=self.group,
                extra_groups=[] if self.user is not None else None,
                umask=self.umask,
            )
        finally:
            os.close(handle)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal_group(self, sig: int) -> None:
        """The whole family, children that outlived their parent included."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sig)

    def ask(self) -> None:
        """Once: a second word would cut short what it is finishing."""
        if self.process is not None and self.alive and not self.asked:
            self.asked = True
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.halt)

    def stop(self) -> None:
        """Ask, wait as long as its grace lasts, then insist; leave nothing of its family behind."""
        if self.process is None:
            return
        if self.alive:
            self.ask()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.grace)
        self.signal_group(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)

    def last_lines(self, count: int = 8) -> list[str]:
        """The end of its log, for the person who must find out why."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8_000))
            return file.read().decode(errors="replace").splitlines()[-count:]
        return []


def born_at(pid: int) -> int | None:
    """The kernel's time of birth of a process, which tells it from a later one of the same number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def outlast(pid: int, born: int, patience: float = 10) -> None:
    """Wait for a process of an earlier run to finish, then end its family."""
    insist_at = time.monotonic() + patience
    while born_at(pid) == born and time.monotonic() < insist_at + 5:
        if time.monotonic() > insist_at:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        time.sleep(0.05)
