"""A stranger's server on this machine, as good or as bad as a test wants it; and the names that lead to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from clients.fetching import PUBLIC, Terms

Say = Callable[[socket.socket], None]


def page(
    body: bytes | str = b"<p>Hello</p>", *headers: str, status: str = "200 OK", kind: str = "text/html"
) -> Say:
    """One whole answer."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(content)}", *headers]
    return lambda line: line.sendall("\r\n".join([*lines, "", ""]).encode() + content)


def moved(to: str) -> Say:
    return page(b"", f"Location: {to}", status="302 Found")


class Stranger:
    """Answers each path by its own way of speaking; remembers what it was asked."""

    def __init__(self) -> None:
        self.paths: dict[str, Say] = {}
        self.asked: list[str] = []
        self.hosts: list[str] = []
        self.taken: list[tuple[dict[str, str], bytes]] = []  # heads and bodies of what was posted
        self.reached = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=[line], daemon=True).start()

    def _speak(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            said = b""
            while b"\r\n\r\n" not in said:
                if not (piece := line.recv(4096)):
                    return
                said += piece
            head, _, body = said.partition(b"\r\n\r\n")
            words = head.decode("latin-1").split("\r\n")
            heads = {one.partition(": ")[0].lower(): one.partition(": ")[2] for one in words[1:]}
            while len(body) < int(heads.get("content-length", 0)):
                body += line.recv(65536)
            if words[0].startswith("POST "):
                self.taken.append((heads, body))
            path = words[0].split(" ")[1]
            self.asked.append(path)
            self.hosts += [one[6:] for one in words if one.lower().startswith("host: ")]
            self.reached.set()
            self.paths.get(path, page(status="404 Not Found"))(line)

    def close(self) -> None:
        # Else whoever waits at this door waits on, at the next one that is given its number.
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def terms(self, names: dict[str, list[str]] | None = None, **more) -> Terms:
        """As in earnest, but that the door 80 is this server's, and its address is let through."""

        def resolve(name: str, port: int) -> list[str]:
            if names is None:
                return ["127.0.0.1"]
            if name not in names:
                raise socket.gaierror(socket.EAI_NONAME, name)
            return names[name]

        told = {"resolve": resolve, "allowed": frozenset({"127.0.0.1"}), "doors": {80: self.port, 443: 1}}
        return replace(PUBLIC, connect_seconds=2, seconds=5, **(told | more))


@contextlib.contextmanager
def stranger() -> Iterator[Stranger]:
    one = Stranger()
    try:
        yield one
    finally:
        one.close()
