"""The measuring itself: that it counts right, asks what the tables have, and runs from end to end; never a time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest

from bench import asking, bare, sweeping, weight
from clients import sight
from runner import ROOT
from tests.pages.desk.cast import opened


def test_a_ratio_is_the_median_of_the_rounds():
    ours = asking.Runner("ours", lambda: None, 0, rates=[10, 50, 12], costs=[0.2, 0.1, 0.4])
    theirs = asking.Runner("theirs", lambda: None, 0, rates=[100, 100, 60], costs=[0.1, 0.1, 0.1])

    assert asking.of(ours, theirs) == 0.2
    assert asking.paid(ours, theirs) == 0.5


def test_an_answer_in_pieces_is_read_whole():
    ours, theirs = socket.socketpair()
    body = b"x" * 300_000

    def answer() -> None:
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
        theirs.sendall(b"ngth: 300000\r\n\r\n" + body)

    sender = threading.Thread(target=answer)
    sender.start()
    status, _head, read = asking._read(ours)
    sender.join()

    assert (status, read) == (200, body)


def test_processor_time_is_counted():
    before = asking.processor_seconds(os.getpid())
    sum(number * number for number in range(300_000))

    assert asking.processor_seconds(os.getpid()) > before


def test_sheets_and_scripts_are_found_once():
    page = b'<link href="/static/a.css"><script src="/static/b.js" defer></script><a href="/cases/">'

    assert weight._LINKED.findall(page) == [b"/static/a.css", b"/static/b.js"]


@pytest.mark.django_db(transaction=True)
def test_the_bare_pages_ask_for_what_the_tables_have(harbour, mei, monkeypatch):
    monkeypatch.setattr(bare, "_own", threading.local())
    case = opened(harbour, mei)
    told: list[str] = []

    def start(status: str, _headers: list) -> None:
        told.append(status)

    pages = [
        b"".join(bare.application({"PATH_INFO": path}, start)).decode()
        for path in ("/cases/", f"/cases/{case.reference}/")
    ]
    bare._own.line.close()

    assert told == ["200 OK", "200 OK"]
    assert all(case.reference in page and harbour.name in page for page in pages)


@pytest.mark.django_db
def test_the_one_statement_of_the_sweep_fits_the_tables():
    from django.db import connection
    from django.utils import timezone

    with sight.every_client(), connection.cursor() as cursor:
        cursor.execute(sweeping.AT_ONCE, {"now": timezone.now()})

        assert cursor.rowcount == 0


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_small_run_tells_every_figure():
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--cases", "300", "--quick"],
        cwd=ROOT, env=plain, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    for told in (
        "list page",
        "case page",
        "10 MB in terms of 10 KB",
        "of one statement's",
        "packed",
        "queries",
        "a paper to send again",
        "pages keep all their budgets",
    ):
        assert told in done.stdout
