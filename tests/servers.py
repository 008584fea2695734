"""The servers of a test run, as the tests see them: started once, shared by all workers, gone at the end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from runner import ROOT
from runner.parts import die_with_parent
from runner.testing import PREFIX, buckets, sweep

_process: subprocess.Popen[bytes] | None = None


def worker() -> str:
    """The name of this process in the run: `gw0`, `gw1`, … under xdist, else `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def start() -> None:
    """Start them, unless the environment already names some, and put their addresses into it."""
    global _process
    if "TEST_FOLDER" in os.environ:
        return
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    _process = subprocess.Popen(
        [sys.executable, "-m", "runner.testing", str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    told = folder / "environment.json"
    until = time.monotonic() + 300
    while not told.exists():
        if _process.poll() is not None or time.monotonic() > until:
            stop()
            words = _process.stderr.read().decode() if _process and _process.stderr else ""
            raise RuntimeError(f"The servers for the tests did not start. {words}")
        time.sleep(0.02)
    os.environ.update(json.loads(told.read_text()))


def stop() -> None:
    """Stop what this process started."""
    if _process and _process.poll() is None:
        _process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            _process.wait(90)


def adopt(name: str) -> None:
    """Give this worker what is its own: buckets, a broker's number, an address for the browser, a static folder."""
    number = 0 if name == "main" else int(name.removeprefix("gw")) + 1
    quarantine, papers = buckets(name)
    port = live_port(name)
    folder = Path(os.environ["TEST_FOLDER"])
    static, data = folder / "static" / name, folder / "data" / name
    for path in (static, data):
        path.mkdir(parents=True, exist_ok=True)
    redis = urlsplit(os.environ["REDIS_URL"])
    os.environ.update(
        {
            "REDIS_URL": urlunsplit(redis._replace(path=f"/{number}")),
            "S3_QUARANTINE_BUCKET": quarantine,
            "S3_PAPERS_BUCKET": papers,
            "PORTAL_PORT": str(port),
            "PORTAL_BASE_URL": f"http://localhost:{port}",
            "PORTAL_HOSTS": "localhost,127.0.0.1,[::1],testserver",
            "PORTAL_DATA": str(data),
            "READING": "0",
            "PORTAL_STATIC_ROOT": str(static),
            "PORTAL_CACHE_PREFIX": f"tests-{name}",
        }
    )


def live_port(name: str) -> int:
    """The store lets in browsers from known origins only, so each worker's port was chosen before it started."""
    known = dict(pair.split("=") for pair in os.environ["TEST_LIVE_PORTS"].split(","))
    if name not in known:
        raise RuntimeError(
            f"The servers know {len(known) - 1} workers: run with -n {len(known) - 1} at the most."
        )
    return int(known[name])


LAZY = {"store": "S3_ENDPOINT_URL", "mail": "EMAIL_URL"}


def lazy_ports() -> dict[int, str]:
    """The ports whose servers start when somebody first connects."""
    return {urlsplit(os.environ[variable]).port or 0: name for name, variable in LAZY.items()}


def wish(name: str) -> None:
    """Let the store or the mail catcher begin to come up, for somebody will want it."""
    (Path(os.environ["TEST_FOLDER"]) / f"want-{name}").touch()


def want(name: str, patience: float = 60) -> None:
    """Have the store or the mail catcher up; the first call takes seconds, the next none."""
    folder = Path(os.environ["TEST_FOLDER"])
    have = folder / f"have-{name}"
    if have.exists():
        return
    wish(name)
    until = time.monotonic() + patience
    while not have.exists():
        if time.monotonic() > until or not folder.exists() or (folder / "trouble").exists():
            raise RuntimeError(f"The {name} for the tests did not start; see {folder / 'logs'}.")
        time.sleep(0.05)


def url_of(variable: str, *, database: str) -> str:
    """A database address with another database's name."""
    return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{database}"))
