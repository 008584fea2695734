"""PostgreSQL away: everybody is told to try again, and whatever was answered with a yes is there afterwards."""

import signal
import threading

from tests.chaos.calamity import strike


def test_what_was_answered_with_a_yes_outlives_the_database(portal, harbour, draft):
    name, said, refused, enough = draft["reference"], [], [], threading.Event()

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            answer = harbour.patch(f"/cases/{name}", {"site": {"note": f"Number {number}"}})
            (said if answer.status == 200 else refused).append((number, answer))
            enough.wait(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        portal.wait_until(lambda: len(said) > 3, 60)
        before = portal.pid("postgres")
        strike(portal, "postgres", signal.SIGKILL)
        portal.wait_until(lambda: portal.pid("postgres") not in (0, before), 60)
        count = len(said)
        portal.wait_until(lambda: len(said) > count + 3, 120)
    finally:
        enough.set()
        writer.join(90)

    portal.healed()
    note = harbour.case(name)["site"]["note"]
    assert int(note.removeprefix("Number ")) >= said[-1][0]
    assert {answer.status for _number, answer in refused} <= {0, 503}
    assert all(answer["detail"] for _number, answer in refused if answer.status)
    told = [one["data"] for one in harbour.every(f"/cases/{name}/events") if one["kind"] == "facts.changed"]
    assert len(told) >= len(said)


def test_while_it_is_away_pages_and_programs_are_told_so(portal, harbour):
    portal.stop("postgres")
    page, text = portal.get("/accounts/login/")
    again, _ = portal.get("/cases/")
    program = harbour.get("/cases")
    status, health = portal.get("/healthz")
    lives, _ = portal.get("/livez")
    portal.start("postgres")

    assert (page, again, program.status, status, lives) == (503, 503, 503, 503, 200)
    assert "Try again" in text.decode()
    assert program.headers["Content-Type"].startswith("application/problem+json")
    assert program["detail"]
    assert program.headers["Retry-After"]
    assert b'"database"' in health
    portal.healed()
    assert harbour.get("/cases").status == 200
