"""Mail servers that misbehave, each in its own way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

from aiosmtpd.controller import Controller


class Badly:
    """Answers the steps of a conversation as told; keeps what it took."""

    def __init__(self, rcpt: str = "", data: str = "", drops: bool = False, pause: float = 0) -> None:
        self.rcpt, self.data, self.drops, self.pause = rcpt, data, drops, pause
        self.taken: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):
        if self.data:
            return self.data
        self.taken.append(envelope.content)
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.drops:
            server.transport.close()  # taken, and the line is gone
        return "250 kept"


@contextlib.contextmanager
def smtp(settings, **ways) -> Iterator[Badly]:
    """The portal's mail goes to this server now."""
    handler = Badly(**ways)
    controller = Controller(handler, hostname="127.0.0.1", port=_free_port(), ready_timeout=10)
    controller.start()
    point(settings, controller.port)
    try:
        yield handler
    finally:
        controller.stop()


@contextlib.contextmanager
def silence(settings) -> Iterator[None]:
    """A server that takes the line and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                lines.append(listener.accept()[0])

    threading.Thread(target=listen, daemon=True).start()
    point(settings, listener.getsockname()[1])
    settings.EMAIL_TIMEOUT = 0.05  # it is silent however long one waits
    try:
        yield
    finally:
        listener.close()
        for line in lines:
            line.close()


@contextlib.contextmanager
def nobody(settings) -> Iterator[None]:
    """No server at all."""
    point(settings, _free_port())
    yield


def point(settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 1


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]
