"""The whole portal as `make run` starts it, in a folder of its own, for tests that break it or talk to it from outside.

def test_the_worker_comes_back(portal):
    portal.kill("worker")
    portal.wait_until(lambda: portal.pid("worker"))
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from runner import ROOT, ports
from runner.parts import die_with_parent, plain_environment

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
SLOW = 4  # how many times slower than the one these waits were written on a machine may be


class Portal:
    """One `make run`; `data` and `port` stay the same over its starts."""

    def __init__(self, data: Path, port: int | None = None, **environ: str) -> None:
        self.data = data
        self.port = port or ports.choose(set())
        self.environ = plain_environment() | {
            "PORTAL_DATA": str(data),
            "PORTAL_PORT": str(self.port),
            "READING": "0",
            "RUNNER_DEATHS": "50",  # whoever kills on purpose does it more than three times a minute
            **environ,
        }
        self.keeper: subprocess.Popen[str] | None = None
        self.told = ""

    # Up and down

    def launch(self) -> subprocess.Popen[str]:
        """Begin to start it, and come back at once."""
        self.said = data_file = tempfile.TemporaryFile("w+")  # noqa: SIM115  it lives as long as the keeper
        self.keeper = subprocess.Popen(
            [sys.executable, "-m", "runner", "run"],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=data_file,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        return self.keeper

    def up(self, patience: float = 600) -> Portal:
        """Start it and come back when it answers."""
        keeper = self.launch()
        self.wait_until(lambda: self.note().get("up") or keeper.poll() is not None, patience)
        assert keeper.poll() is None, f"the portal did not start: {self.words()}"
        return self

    def down(self, sig: int = signal.SIGINT, patience: float = 180) -> int:
        """Ask it to end (or, with SIGKILL, do not ask); its exit code."""
        assert self.keeper
        with contextlib.suppress(ProcessLookupError):
            self.keeper.send_signal(sig)
        return self.keeper.wait(patience)

    def words(self) -> str:
        """What it has said on the terminal."""
        with open(f"/proc/self/fd/{self.said.fileno()}") as again:
            return again.read()

    # Looking

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def note(self) -> dict:
        """What the keeper wrote down: `up`, `ports`, `processes`, `mail_page`."""
        try:
            note = json.loads((self.data / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return note if self.keeper and note.get("pid") == self.keeper.pid else {}

    def pid(self, part: str) -> int:
        """The process of `postgres`, `valkey`, `store`, `mail`, `worker`, `beat` or `web`; 0 where it is down."""
        pid = self.note().get("processes", {}).get(part, {}).get("pid", 0)
        return pid if pid and Path(f"/proc/{pid}").exists() else 0

    def log(self, part: str) -> str:
        """All that a part has logged."""
        path = self.data / "logs" / f"{part}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def mails(self, to: str = "") -> list[EmailMessage]:
        """The mails that were sent, oldest first; those to one address only, where one is named."""
        found = []
        for path in sorted((self.data / "mail").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            if to in str(message["X-Envelope-To"]):
                found.append(message)
        return found

    def secret(self, name: str) -> str:
        return (self.data / "secrets" / name).read_text()

    def get(self, path: str = "/livez", **headers: str) -> tuple[int, bytes]:
        """A plain request, for those who need no client; status 0 where nobody answers."""
        asked = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=15) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()
        except OSError:
            return 0, b""

    def wait_until(self, true: Callable[[], object], patience: float = 60, pause: float = 0.1) -> object:
        """What `true` gives once it gives something; the test fails where it does not in time, and in `SLOW` times that
        on a machine that has other things to do: a limit tells that something hangs."""
        until = time.monotonic() + patience * SLOW
        while True:
            if found := true():
                return found
            assert time.monotonic() < until, f"not within {patience:.0f} s; the portal said: {self.words()}"
            time.sleep(pause)

    # Doing

    def manage(self, line: str, patience: float = 400) -> str:
        """A management command as `make manage` runs it; its standard output without the last newline."""
        done = subprocess.run(
            [sys.executable, "-m", "runner", "manage", line],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout.rstrip("\n")

    def token(self, address: str) -> str:
        """A new API token of a demo person."""
        return self.manage(f"api_token {address}")

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """Rows as the superuser sees them, past every lock."""
        import psycopg

        port = self.note()["ports"]["postgres"]
        where = f"postgres://postgres:{self.secret('postgres_password')}@127.0.0.1:{port}/portal"
        with psycopg.connect(where, autocommit=True) as line:
            cursor = line.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def kill(self, part: str, sig: int = signal.SIGKILL) -> int:
        """A signal to a part and, where it kills, back when the part is gone; the keeper starts it again."""
        pid = self.pid(part)
        assert pid, f"{part} is not up"
        os.kill(pid, sig)
        if sig == signal.SIGKILL:
            self.wait_until(lambda: not Path(f"/proc/{pid}").exists() or self.pid(part) != pid, 20, 0.02)
        return pid

    def stop(self, part: str) -> None:
        """Have the keeper hold it down until `start`."""
        (self.data / "hold" / part).touch()
        self.wait_until(lambda: not self.pid(part), 40)

    def start(self, part: str) -> None:
        """Let it come up again; back when its process is there, which is before it answers."""
        (self.data / "hold" / part).unlink(missing_ok=True)
        self.wait_until(lambda: self.pid(part), 40)

    def healed(self, patience: float = 120) -> None:
        """Back when all parts answer."""
        self.wait_until(lambda: self.get("/healthz")[0] == 200, patience, 0.3)

    def family(self) -> list[int]:
        """Every process that works in this folder or for it, the keeper included."""
        found = []
        mark = f"PORTAL_DATA={self.data}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                if str(self.data).encode() in words or mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found


def _specimen() -> Path:
    """A data folder as the first start leaves it; made once in a run, for the demo takes longer than all its copies."""
    place = Path(os.environ["TEST_FOLDER"]) / "specimen"
    place.mkdir(exist_ok=True)
    data, made = place / "data", place / "made"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(data, ignore_errors=True)
            data.mkdir(mode=0o700)
            one = Portal(data).up()
            assert one.down() == 0, one.words()
            made.touch()
    return data


def _its_own(folder: str, names: list[str]) -> list[str]:
    """What a copy must not have: sockets, and the ports that the first one chose."""
    return [name for name in names if name == "run.json" or (Path(folder) / name).is_socket()]


@contextlib.contextmanager
def portal_in(folder: Path | None = None, **environ: str):
    """A portal that is up, with the demo unless told otherwise, and gone afterwards with its folder."""
    data = Path(tempfile.mkdtemp(prefix="icp-portal-", dir=folder))
    if environ.get("PORTAL_DEMO") != "0":
        shutil.copytree(_specimen(), data, dirs_exist_ok=True, ignore=_its_own)
    one = Portal(data, **environ)
    try:
        yield one.up()
    finally:
        if one.keeper and one.keeper.poll() is None:
            one.down()
        shutil.rmtree(data, ignore_errors=True)
