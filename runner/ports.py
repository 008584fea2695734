"""Free loopback ports, below the range the kernel hands to outgoing connections."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

LOWEST, HIGHEST = 20_000, 22_700  # plus 10,000 for the store's second ports: still below 32,768
SECOND = 10_000
_leases: dict[int, int] = {}  # port: the open file that holds it, for as long as this process lives


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Nobody listens there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: TIME_WAIT is free
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True


def has_ipv6() -> bool:
    """The machine has a loopback address of the sixth version, which browsers try first for `localhost`."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def lease(port: int) -> bool:
    """Nobody else who asks here gets this number while this process lives: a server opens its port long after."""
    folder = Path(tempfile.gettempdir()) / f"icp-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    _leases[port] = file
    return True


def choose(taken: set[int], *, before: int | None = None, second: bool = False) -> int:
    """A free port, leased: last time's where it still is; with `second`, the one 10,000 above is free too."""

    def fits(port: int) -> bool:
        if port in taken or not is_free(port):
            return False
        if second and (port + SECOND in taken or not is_free(port + SECOND)):
            return False
        return lease(port)

    if before and fits(before):
        return before
    for _ in range(500):
        port = random.randrange(LOWEST, HIGHEST)  # noqa: S311  a port is no secret
        if fits(port):
            return port
    raise OSError("no free loopback port between 20000 and 22700")


def answers(port: int, host: str = "127.0.0.1", wait: float = 0.5) -> bool:
    """Somebody takes connections there."""
    try:
        socket.create_connection((host, port), wait).close()
    except OSError:
        return False
    return True
