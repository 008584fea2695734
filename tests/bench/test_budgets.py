"""A page over its budget is shown to be so, by the one look that all pages get; a page within it is not."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import __main__ as telling
from bench.budgets import DESK, PHONE, UNSEEN, Cost, look, together

PLAIN = '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title>%s'
CALM = '<main><details><summary>More</summary>Words.</details><p><input name="a"></p><p>The end.</p></main>'
JUMPY = CALM + '<script src="/jumpy.js" defer></script>'
HEAVY = CALM + '<script src="/heavy.js" defer></script><link rel="stylesheet" href="/large.css">'
FILES = {
    "/calm": PLAIN % CALM,
    "/jumpy": PLAIN % JUMPY,
    "/heavy": PLAIN % (HEAVY + "x" * 120_000),
    # What comes late pushes the rest down, and says something that nobody wanted to hear.
    "/jumpy.js": "setTimeout(() => {const bar = document.createElement('p'); bar.textContent = 'Late.';"
    "document.querySelector('main').prepend(bar); console.error('late');}, 300)",
    "/heavy.js": "addEventListener('click', () => {const until = performance.now() + 250;"
    "while (performance.now() < until);})",
    "/large.css": "".join(f".a{number:x} {{ color: #{number:06x} }}\n" for number in range(5_000)),
}
KINDS = {".js": "text/javascript", ".css": "text/css"}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = FILES.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("Content-Type", KINDS.get(self.path[self.path.find(".") :], "text/html"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def base():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_jumps_waits_or_weighs_too_much_is_missed(browser, base):
    calm, jumpy, heavy = (
        look(browser, base + path, screen)
        for path, screen in (("/calm", PHONE), ("/jumpy", PHONE), ("/heavy", DESK))
    )

    assert (calm.shift, calm.packed, calm.noises) == (0, 0, ())
    assert 1 <= calm.requests <= 2  # the icon, which every browser asks for
    assert jumpy.shift > 0
    assert jumpy.moved
    assert [one.partition(" ")[0] for one in jumpy.missed() if "paint" not in one] == ["shift", "console"]
    assert "late" in jumpy.noises
    assert heavy.paint >= 250
    assert heavy.packed > 80_000
    assert [one.partition(" (")[0] for one in heavy.missed()] == ["next paint", "sheets and scripts", "HTML"]


def test_of_two_looks_the_jump_and_the_shorter_wait_count():
    still = Cost(paint=300, touched="click a", requests=4)
    moved = Cost(shift=0.2, moved="main", paint=40, touched="click b", noises=("oh",))

    both = together(still, moved)

    assert (both.shift, both.moved, both.paint, both.touched) == (0.2, "main", 40, "click b")
    assert both.noises == ("oh",)
    assert both == together(moved, still)


def test_a_row_says_what_it_misses():
    assert telling.MISSED not in telling.row(Cost(packed=80_000, html=100_000))
    assert f"≤ {UNSEEN}" in telling.row(Cost())

    row = telling.row(Cost(shift=0.0006, moved="p.late", paint=200, touched="click button"))

    assert f"{telling.MISSED}: shift (p.late), next paint (click button)" in row


def test_a_figure_is_held_to_its_aim():
    assert telling.mark("≤ 1.5", 1.5, 1.51)
    assert telling.mark("≥ 0.40", 0.39)
    assert not telling.mark("≤ 1.5", 1.2, 1.5)
    assert not telling.mark("1.0: none for the bytes", 3)
