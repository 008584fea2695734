"""`python3 -m runner COMMAND`: what the Makefile calls; works from a bare system Python."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path

from runner import ROOT, VENV, environment
from runner.words import FULL, Terminal, Trouble

NEEDS_BROWSER = {"test"}


def main(words: list[str]) -> int:
    """The environment first, then the command inside it."""
    os.chdir(ROOT)
    command, rest = (words[0] if words else "help"), words[1:]
    terminal = Terminal(sys.stdout if command == "run" else sys.stderr)
    try:
        environment.ensure(terminal)
        if command in NEEDS_BROWSER:
            environment.have_browser(terminal)
        if Path(sys.prefix).resolve() != VENV.resolve():
            sys.stdout.flush()
            os.execv(environment.PYTHON, [str(environment.PYTHON), "-m", "runner", *words])
        return _inside(command, rest, terminal)
    except Trouble as trouble:
        print(f"\n  {trouble}\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"\n  {_of_the_system(error)}\n", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001  a person gets a sentence; the trace lies where it can be found
        log = _keep_trace()
        print(
            f"\n  Something went wrong that nobody thought of: {error}\n  The trace is in {log}\n",
            file=sys.stderr,
        )
        return 1


def _inside(command: str, rest: list[str], terminal: Terminal) -> int:
    if command == "run":
        from runner.portal import run

        environment.have_font(terminal)
        return run(os.environ, terminal)
    if command == "manage":
        from runner.command import manage

        return manage(" ".join(rest), os.environ)
    if command in {"backup", "restore"}:
        from runner import backup

        if len(rest) < 2 or not all(rest[:2]):
            raise Trouble(
                f"Name two folders: make {command} {'into' if command == 'backup' else 'from'}=… keys=…"
            )
        if command == "backup":
            return backup.backup(rest[0], rest[1], os.environ)
        return backup.restore(rest[0], rest[1], "".join(rest[2:3]), os.environ)
    if command == "check":
        from runner.check import check

        return check(terminal)
    if command == "test":
        os.execv(environment.PYTHON, [str(environment.PYTHON), "-m", "pytest", *rest])
    if command == "do":  # a program of the environment: python -m runner do ruff format .
        program = VENV / "bin" / rest[0]
        os.execv(program, [str(program), *rest[1:]])
    if command == "offline":  # a management command that asks no server
        from runner.check import no_server

        os.execve(environment.PYTHON, [str(environment.PYTHON), "manage.py", *rest], no_server())
    if command == "ready":
        return 0
    raise Trouble(f"There is no command {command}; `make help` lists them.")


def _of_the_system(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FULL
    where = f": {error.filename}" if error.filename else ""
    log = _keep_trace()
    return f"The system refused something: {error.strerror or error}{where}. The trace is in {log}"


def _keep_trace() -> str:
    data = Path(os.environ.get("PORTAL_DATA") or ROOT / ".local")
    for folder in (data / "logs", Path(tempfile.gettempdir())):
        try:
            path = folder / "runner.log"
            with path.open("a") as file:
                traceback.print_exc(file=file)
            return str(path)
        except OSError:
            continue
    return "nowhere: there is no room for it"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
