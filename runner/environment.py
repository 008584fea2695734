"""From a bare system Python to `.venv` with what the lock names; nothing to do costs a millisecond."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner import ROOT, VENV
from runner.words import Terminal, Trouble

LOCK = ROOT / "requirements.lock"
BOOT = ROOT / "runner" / "uv.lock"
STAMP = VENV / "lock.sha256"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


def wanted() -> str:
    """What the stamp says when the environment is as the locks have it."""
    told = hashlib.sha256()
    for part in (LOCK.read_bytes(), BOOT.read_bytes(), str(VENV).encode()):
        told.update(hashlib.sha256(part).digest())
    return told.hexdigest()


def is_ready() -> bool:
    """The environment is as the locks have it."""
    try:
        return STAMP.read_text().strip() == wanted() and PYTHON.exists()
    except OSError:
        return False


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands started together make one environment; the second waits."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def ensure(terminal: Terminal) -> None:
    """Make it so."""
    if is_ready():
        return
    if sys.version_info < OLDEST:
        have = ".".join(map(str, sys.version_info[:2]))
        raise Trouble(
            f"The portal needs Python 3.11 or newer, this is {have}. Name another: make PYTHON=python3.11"
        )
    with _alone():
        if is_ready():
            return
        try:
            _make(terminal)
        except OSError as error:
            raise Trouble(
                f"The environment {VENV} could not be made: {error.strerror}: {error.filename}"
            ) from None


def _make(terminal: Terminal) -> None:
    STAMP.unlink(missing_ok=True)
    if not _runs(PYTHON, "import pip"):
        have_venv(terminal)
        with terminal.step("environment"):
            _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The environment could not be made")
    uv = VENV / "bin" / "uv"
    if not _runs(uv):
        with terminal.step("installer"):
            _pip(BOOT, "The installer uv could not be fetched")
    packages = len(re.findall(r"^[A-Za-z0-9._-]+(?:\[[^]]*])?==", LOCK.read_text(), re.MULTILINE))

    def share() -> float:
        return len(list(VENV.glob("lib/python3*/site-packages/*.dist-info"))) / packages

    with terminal.step("packages", share=share) as told:
        try:
            _run([uv, "pip", "sync", "-q", "--require-hashes", "--python", PYTHON, LOCK], "")
        except Trouble:
            # pip knows the mirrors and certificates of pip.conf, which uv does not read; it only takes longer.
            _pip(LOCK, "The packages of requirements.lock could not be fetched")
        told.append(f"{packages} as locked")
    STAMP.write_text(wanted() + "\n")


def _runs(program: Path, code: str = "") -> bool:
    if not program.exists():
        return False
    words = [str(program), "-c", code] if code else [str(program), "--version"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _pip(lock: Path, sentence: str) -> None:
    """What the lock names, by its hashes."""
    # The lock is whole, and leaves out a part that one of its packages names: nothing is looked up beside it.
    words = [
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "-r",
    ]
    _run([PYTHON, *words, lock], sentence)


def _run(command: list[str | Path], sentence: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise Trouble(f"{sentence}: " + " / ".join(line.strip() for line in words[-3:]))


def have_venv(terminal: Terminal) -> None:
    """Debian keeps the venv module in a package of its own."""
    if _runs(Path(sys.executable), "import venv, ensurepip"):
        return
    install(terminal, ["python3-venv"], "The portal needs Python's venv module")


def have_browser(terminal: Terminal) -> None:
    """For the tests in a real browser: chromium, and a font for what is written in Chinese."""
    missing = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        missing.append("chromium")
    if not _has_chinese_font():
        missing.append("fonts-noto-cjk")
    if missing:
        install(terminal, missing, "The browser tests need a browser and a Chinese font")


def have_font(terminal: Terminal) -> None:
    """For the forms that are printed in Chinese. The rest of the portal does without, so nothing waits for it."""
    if _has_chinese_font():
        return
    try:
        install(terminal, ["fonts-wqy-microhei"], "Forms to be signed need a Chinese font")
    except Trouble as trouble:
        terminal.say(f"  {trouble}")


def _has_chinese_font() -> bool:
    if shutil.which("fc-list"):
        listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, check=False)
        return bool(listed.stdout.strip())
    return any(any(Path("/usr/share/fonts").glob(f"**/{name}")) for name in ("*CJK*", "wqy-*", "SourceHan*"))


def install(terminal: Terminal, packages: list[str], why: str) -> None:
    """As root by apt, otherwise a sentence that names the command."""
    command = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Trouble(f"{why}. As root: {command}")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with terminal.step("system packages") as told, tempfile.TemporaryFile() as log:

        def apt(*words: str) -> bool:
            done = subprocess.run(
                ["apt-get", *words], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            )
            return done.returncode == 0

        words = command.split()[1:]
        if not (apt(*words) or (apt("update", "-qq") and apt(*words))):
            log.seek(0)
            last = log.read().decode(errors="replace").strip().splitlines()[-1:]
            raise Trouble(f"{why}, and this failed: {command}. " + " ".join(last))
        told.append(" ".join(packages))
