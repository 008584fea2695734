"""A scanner that says nothing has not said clean; a small daemon of our own speaks clamd's language."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import contextmanager

import pytest

from documents import scanner
from tests.documents import samples
from tests.documents.cast import checked, send

JPEG = samples.small_jpeg()


@contextmanager
def daemon(answer: bytes | None):
    """Takes one stream after another and says `answer` to each; None says nothing at all."""
    listener = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []

    def serve():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                _take(line, got)
                if answer is None:
                    time.sleep(1)
                else:
                    line.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}", got
    finally:
        listener.close()


def _take(line: socket.socket, got: list[bytes]) -> None:
    file = line.makefile("rb")
    file.read(len(b"nINSTREAM\n"))
    stream = b""
    while size := struct.unpack(">I", file.read(4))[0]:
        stream += file.read(size)
    got.append(stream)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(JPEG)
    return path


def test_no_scanner_named_is_no_scanner_asked(file, settings):
    settings.CLAMD_URL = ""

    assert scanner.scan(file) is None


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"stream: OK\n", None),
        (b"stream: Example.Test-1 FOUND\n", "Example.Test-1"),
        (b"stream: Heuristics.Limits.Exceeded FOUND\n", "Heuristics.Limits.Exceeded"),
    ],
)
def test_what_the_scanner_says_is_believed(file, settings, answer, found):
    with daemon(answer) as (address, got):
        settings.CLAMD_URL = address

        assert scanner.scan(file) == found
    assert got == [JPEG]


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\n",
        b"stream: Can't allocate memory ERROR\n",
        b"",
        b"\0\0",
        b"what?\n",
        None,
    ],
)
def test_anything_else_is_silence(file, settings, monkeypatch, answer):
    monkeypatch.setattr(scanner, "PATIENCE", 0.3)
    with daemon(answer) as (address, _):
        settings.CLAMD_URL = address

        with pytest.raises(scanner.ScannerSilent):
            scanner.scan(file)


def test_a_scanner_that_is_not_there_is_silent(file, settings):
    settings.CLAMD_URL = "tcp://127.0.0.1:9"

    with pytest.raises(scanner.ScannerSilent):
        scanner.scan(file)


def test_a_silent_scanner_keeps_the_file_waiting_and_says_so(cast, settings):
    settings.CLAMD_URL = "tcp://127.0.0.1:9"
    document = checked(send(cast.passport, JPEG, by=cast.ada))
    assert (document.state, document.waits_for, document.tries) == ("checking", "scanner", 0)

    with daemon(b"stream: OK\n") as (settings.CLAMD_URL, _):
        document = checked(document)

    assert (document.state, document.waits_for) == ("available", "")


def test_what_the_scanner_finds_is_refused(cast, settings):
    with daemon(b"stream: Example.Test-1 FOUND\n") as (settings.CLAMD_URL, _):
        document = checked(send(cast.passport, JPEG, by=cast.ada))

    assert (document.state, document.reasons[0]["code"]) == ("refused", "malware")
