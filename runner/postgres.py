"""The embedded PostgreSQL: the binaries of a wheel, run from the data folder without any system service."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from runner import ROOT, VENV, ports
from runner.keys import Keys, write_private
from runner.parts import Part, plain_environment
from runner.words import Trouble, gist

ROLES = ROOT / "deploy" / "postgres" / "roles.sql"


def binaries() -> Path:
    """Where the wheel has put them."""
    lib = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    return lib / "pgserver" / "pginstall" / "bin"


@functools.cache
def _way_down() -> tuple[list[str], int | None, int | None]:
    """PostgreSQL refuses to run as root: in a user namespace root is somebody else; else a system user runs it."""
    if os.geteuid() != 0:
        return [], None, None
    unshare = shutil.which("unshare")
    mapped = [unshare, "--user", "--map-user=1000", "--map-group=1000"] if unshare else []
    if mapped and subprocess.run([*mapped, "true"], capture_output=True, check=False).returncode == 0:
        return [str(word) for word in mapped], None, None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            somebody = pwd.getpwnam(name)
            return [], somebody.pw_uid, somebody.pw_gid
    raise Trouble(
        "PostgreSQL refuses to run as root. Run this as an ordinary user, or name a server: DATABASE_URL=…"
    )


def needs_open_folder() -> bool:
    """A system user runs the database and must be able to pass through the data folder."""
    return _way_down()[1] is not None


class Postgres:
    """One cluster in `folder`, reachable on a loopback port with passwords only."""

    def __init__(self, folder: Path, port: int, keys: Keys, logs: Path, *, lasting: bool = True) -> None:
        self.folder, self.port, self.keys, self.logs = folder, port, keys, logs
        self.lasting = lasting

    def url(self, role: str, password: str, database: str = "portal") -> str:
        return f"postgres://{role}:{self.keys[password]}@127.0.0.1:{self.port}/{database}"

    def part(self) -> Part:
        """The server as the keeper keeps it."""
        prefix, user, group = _way_down()
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",  # a socket's path may have 107 bytes, a data folder any number
            "max_connections": "80",
            "shared_buffers": "64MB",
            "logging_collector": "off",
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",  # a statement may hold what no log may hold
            "log_error_verbosity": "terse",  # and so may the row that broke a key
            "log_parameter_max_length_on_error": "0",
            "dynamic_shared_memory_type": "posix" if Path("/dev/shm").is_dir() else "mmap",  # noqa: S108
        }
        if not self.lasting:
            options |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "autovacuum": "off",
                "max_wal_size": "2GB",
            }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Part(
            name="postgres",
            command=[*prefix, str(binaries() / "postgres"), "-D", str(self.folder), *words],
            env=plain_environment(),
            log=self.logs / "postgres.log",
            before=self.prepare,
            ready=self.is_ready,
            told=f"127.0.0.1:{self.port}",
            death=signal.SIGINT,
            halt=signal.SIGINT,
            grace=10,
            cwd=self.folder.parent,
            user=user,
            group=group,
        )

    def prepare(self) -> None:
        """A finished cluster where there was none; a pid file of a dead server out of the way."""
        if not (self.folder / "PG_VERSION").exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise Trouble(
                    f"{self.folder} holds something that is no finished database. Move it away or delete it, "
                    "then start again."
                )
            self._initialise()
        ours = subprocess.run(
            [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        theirs = (self.folder / "PG_VERSION").read_text().strip()
        if ours.split(".")[0] != theirs:
            raise Trouble(
                f"The database in {self.folder} was written by PostgreSQL {theirs}, and this one is {ours}. "
                "Start with another PORTAL_DATA, or bring the data over with pg_dump."
            )
        self._outlast_earlier()

    def _initialise(self) -> None:
        prefix, user, group = _way_down()
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = draft.with_name("postgres.password")
        write_private(password, self.keys["postgres_password"] + "\n")
        if user is not None and group is not None:
            os.chown(draft, user, group)
            os.chown(password, user, group)
        command = [
            *prefix,
            str(binaries() / "initdb"),
            f"--pgdata={draft}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        if not self.lasting:
            command.append("--no-sync")
        try:
            made = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                user=user,
                cwd="/",
                env=plain_environment(),
            )
        except PermissionError:
            raise Trouble(self._unreachable()) from None
        finally:
            password.unlink(missing_ok=True)
        if made.returncode:
            if user is not None and "ermission denied" in made.stderr:
                raise Trouble(self._unreachable())
            raise Trouble(f"PostgreSQL could not make its folder {self.folder}: {gist(made.stderr)}")
        draft.rename(self.folder)

    def _unreachable(self) -> str:
        return (
            f"PostgreSQL does not run as root, user namespaces are closed here, and another user cannot reach {ROOT} "
            f"or {self.folder.parent}. Run this as an ordinary user, put both below a folder that everybody may pass "
            "through, or name a server: DATABASE_URL=postgres://… DATABASE_OWNER_URL=postgres://…"
        )

    def _outlast_earlier(self) -> None:
        """The server of a killed run stops by itself within a second or two; its folder admits one at a time."""
        note = self.folder / "postmaster.pid"
        until = time.monotonic() + 15
        while True:
            try:
                pid = int(note.read_text().splitlines()[0])
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
            except (OSError, ValueError, IndexError):
                return  # no note, or its process is dead: PostgreSQL clears that itself
            if str(self.folder).encode() not in words:
                note.unlink(missing_ok=True)  # another program has the number now
                return
            if time.monotonic() > until:
                raise Trouble(
                    f"A database server (process {pid}) still works on {self.folder}. Stop it: kill -INT {pid}"
                )
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """It takes connections and has finished recovering."""
        if not ports.answers(self.port):
            return False
        asked = subprocess.run(
            [binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            capture_output=True,
            check=False,
        )
        return asked.returncode == 0

    def set_roles(self) -> None:
        """Roles, database and extensions, brought to what `deploy/postgres/roles.sql` says."""
        run_sql(
            ROLES,
            port=self.port,
            password=self.keys["postgres_password"],
            words={
                "PORTAL_OWNER_PASSWORD": self.keys["owner_password"],
                "PORTAL_WEB_PASSWORD": self.keys["web_password"],
            },
        )


def run_sql(file: Path, *, port: int, password: str, words: Mapping[str, str]) -> None:
    """A file by psql as the superuser; what is secret goes by the environment, never on the command line."""
    command = [
        str(binaries() / "psql"),
        *("-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port)),
        *("-U", "postgres", "-d", "postgres", "-f", str(file)),
    ]
    env = plain_environment() | {
        "PGPASSWORD": password,
        "PGOPTIONS": "-c client_min_messages=warning",
        **words,
    }
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"The database's roles could not be set: {gist(done.stderr)}")
