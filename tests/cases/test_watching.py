"""The watch of the live sites: one look a day, two apart before anyone is told, "could not look" is never "missing"."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases import tasks
from cases.looking import look_at
from cases.models import Case, Watch
from cases.services import progress, watching
from cases.services.moves import move_case
from clients import sight
from clients.models import Client
from clients.refusals import Conflict, Invalid, TooMany
from notifications.models import Notification
from notifications.services.relaying import relay_events
from runner import ROOT
from runner.parts import die_with_parent
from tests.api.filings import drive, make_case, today
from tests.strangers import moved, page, stranger

pytestmark = pytest.mark.django_db
ICP, PSB = "沪ICP备2026000001号-1", "沪公网安备31000002999901号"
RIGHT = f'<a href="https://beian.miit.gov.cn/">{ICP}</a>'
POLICE = f'<a href="https://beian.mps.gov.cn/#/query/webSearch?code=31000002999901"><img>{PSB}</a>'
BARE = f"<p>{ICP}</p>"
NOTHING = "<p>A trading company, and a page of its own.</p>"
START = timezone.now().replace(hour=4, minute=0, second=0, microsecond=0)
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def server():
    with stranger() as one:
        yield one


@pytest.fixture
def case(agency, harbour, mei, ada):
    case = drive(make_case(harbour, mei), "licensed", mei)
    relay_events()
    return case


def row_of(case) -> Watch:
    with sight.every_client():
        return Watch.objects.get(case=case)


def see(case, server, html, at, **more):
    """What the site shows, and a look at it."""
    server.paths["/"] = page(html) if isinstance(html, str) else html
    return watching.look(row_of(case).pk, now=at, terms=server.terms(**more))


def away(case, server, at):
    return watching.look(row_of(case).pk, now=at, terms=server.terms(names={}))


def told(case) -> list[tuple[str, str, str]]:
    """Who was told of the live site, by which way."""
    relay_events()
    with sight.every_client():
        rows = Notification.objects.filter(case=case, kind__startswith="site.").order_by("id")
        return [(one.kind, one.recipient.name, one.channel) for one in rows.select_related("recipient")]


def everybody(kind):
    return [(kind, who, way) for who in ("Ada", "Mei") for way in ("in_app", "mail")]


def running(case) -> set[str]:
    with sight.every_client():
        return set(case.deadlines.filter(state="running").values_list("kind", flat=True))


# ── One look ──


def looked(server, html, **more) -> tuple[str, str]:
    server.paths["/"] = page(html) if isinstance(html, str | bytes) else html
    psb, due = more.pop("psb", ""), more.pop("due", True)
    seen = look_at("harbour.example", ICP, psb, psb_is_due=due, terms=server.terms(**more))
    return seen.finding, seen.why


def test_a_look_says_what_stands_there_or_why_nobody_could_look(server):
    for html, finding in [
        (RIGHT, "ok"),
        (NOTHING, "missing"),
        (BARE, "not_linked"),
        (f'<a href="http://www.miibeian.gov.cn">{ICP}</a>', "wrong_link"),
        (RIGHT.replace("-1", ""), "wrong_number"),
        (f"<div hidden>{RIGHT}</div>", "hidden"),
    ]:
        assert looked(server, html) == (finding, ""), html
    for answer, why in [
        (page("down", status="502 Bad Gateway"), "status"),
        (page("gone", status="404 Not Found"), "status"),
        (page("{}", kind="application/json"), "type"),
        (page(b"x" * 3_000_000), "too_large"),
        (page("x" * 600_000), "too_large"),
        (page("<i>" * 3_000), "unread"),
        (moved("http://169.254.169.254/"), "address"),
        (moved("/"), "redirects"),
        (lambda line: None, "protocol"),
        (page('<div id="app"></div><script src="/app.js"></script>'), "by_script"),
    ]:
        # Nobody answers by https; what a server said tells more than that.
        assert looked(server, answer) == ("", why), why
    assert looked(server, RIGHT, names={}) == ("", "name")
    assert looked(server, RIGHT, names={"www.harbour.example": ["127.0.0.1"]}) == ("ok", "")
    assert looked(server, RIGHT, doors={80: 1, 443: 1}) == ("", "connect")


def test_a_page_in_the_letters_of_the_country_is_read(server):
    for html in (
        f'<meta charset="gb2312">{RIGHT}'.encode("gb18030"),
        f'<meta http-equiv="Content-Type" content="text/html; charset=GBK">{RIGHT}'.encode("gbk"),
        f"\ufeff{RIGHT}".encode(),
        f'<meta charset="no-such-letters">{RIGHT}'.encode(),
        f'<meta charset="unicode_escape">{RIGHT}'.encode(),
    ):
        assert looked(server, html) == ("ok", ""), html
    assert looked(server, page(RIGHT.encode("gbk"), kind="text/html; charset=gbk")) == ("ok", "")


def test_the_number_of_the_police_counts_once_its_thirty_days_are_over(server):
    assert looked(server, RIGHT, psb=PSB, due=False) == ("ok", "")
    assert looked(server, RIGHT, psb=PSB, due=True) == ("psb_missing", "")
    assert looked(server, RIGHT + POLICE, psb=PSB, due=True) == ("ok", "")


def test_a_site_that_moved_to_www_is_followed(server):
    server.paths["/"] = moved("http://www.harbour.example/home")
    server.paths["/home"] = page(RIGHT)

    assert look_at("harbour.example", ICP, psb_is_due=False, terms=server.terms()).finding == "ok"


# ── Two looks ──


def test_one_look_alarms_nobody_and_a_second_one_apart_tells_once(case, server):
    see(case, server, NOTHING, START)
    assert (row_of(case).hint, row_of(case).finding, told(case)) == ("missing", "", [])

    see(case, server, NOTHING, START + DAY)
    row = row_of(case)
    assert (row.finding, row.finding_since, row.hint) == ("missing", START, "")
    assert sorted(told(case)) == everybody("site.amiss")

    for n in range(2, 6):
        see(case, server, NOTHING, START + n * DAY)
    assert len(told(case)) == 4


def test_two_looks_of_one_day_are_one(case, mei, server):
    see(case, server, NOTHING, START)
    for hours in (1, 6, 13, 19):
        with sight.every_client():
            watching.ask_for_look(case, by=mei, now=START + hours * HOUR)
        see(case, server, NOTHING, START + hours * HOUR)

    assert told(case) == []
    with sight.every_client():
        watching.ask_for_look(case, by=mei, now=START + 20 * HOUR)
    see(case, server, NOTHING, START + 20 * HOUR)
    assert len(told(case)) == 4


def test_what_comes_and_goes_is_told_to_nobody(case, server):
    for n, html in enumerate([NOTHING, RIGHT, NOTHING, RIGHT, BARE, NOTHING, BARE, RIGHT]):
        see(case, server, html, START + n * DAY)

    assert told(case) == []
    assert row_of(case).finding == "ok"


def test_a_change_for_another_fault_is_told_too_and_so_is_the_mending(case, server):
    for n, html in enumerate([NOTHING, NOTHING, BARE, BARE, RIGHT, RIGHT]):
        see(case, server, html, START + n * DAY)

    kinds = [kind for kind, who, way in told(case) if (who, way) == ("Mei", "mail")]
    assert kinds == ["site.amiss", "site.amiss", "site.mended"]
    with sight.every_client():
        events = case.events.filter(kind__startswith="site.").order_by("id")
        assert [(one.kind, one.data.get("site")) for one in events] == [
            ("site.amiss", "missing"),
            ("site.amiss", "not_linked"),
            ("site.mended", None),
        ]


def test_that_nobody_could_look_is_never_missing(case, server):
    see(case, server, RIGHT, START)
    away(case, server, START + DAY)
    row = row_of(case)
    assert (row.finding, row.hint, row.why, row.seen) == ("ok", "", "name", "")
    assert told(case) == []

    away(case, server, START + 2 * DAY)
    away(case, server, START + 3 * DAY)
    assert sorted(told(case)) == everybody("site.away")
    assert row_of(case).finding == "ok"

    see(case, server, RIGHT, START + 4 * DAY)
    assert sorted(told(case)[4:]) == everybody("site.back")
    assert (row_of(case).away_since, row_of(case).is_away) == (None, False)


def test_a_look_that_failed_between_two_does_not_part_them(case, server):
    see(case, server, NOTHING, START)
    away(case, server, START + DAY)
    see(case, server, NOTHING, START + 2 * DAY)

    assert {kind for kind, _, _ in told(case)} == {"site.amiss"}


def test_a_site_that_was_never_open_is_not_missed(case, mei, server):
    for n in range(4):
        away(case, server, START + n * DAY)
    assert told(case) == []

    with sight.every_client():
        progress.open_site(case, by=mei, on=dt.date.fromisoformat(today()))
    away(case, server, START + 5 * DAY)
    assert {kind for kind, _, _ in told(case)} == {"site.away"}


def test_when_no_site_at_all_is_reached_nobody_is_told_that_theirs_is_away(case, lotus, mei, server):
    see(case, server, RIGHT, START)
    others = [
        drive(make_case(lotus, mei, f"lotus{n}.example"), "licensed", mei) for n in range(watching.OTHERS)
    ]
    for days in (1, 2, 3):
        for one in (*others, case):
            away(one, server, START + days * DAY)
    assert told(case) == []

    # One of them answers: so the line stands, and it is the site.
    see(others[0], server, RIGHT, START + 4 * DAY)
    away(case, server, START + 4 * DAY)
    assert {kind for kind, _, _ in told(case)} == {"site.away"}


def test_a_page_that_breaks_its_reader_hurts_itself_only(case, server):
    def broken(name, port):
        raise ZeroDivisionError

    seen = watching.look(row_of(case).pk, now=START, terms=server.terms(resolve=broken))

    assert seen.why == "unread"
    row = row_of(case)
    assert (row.claimed_at, row.why, row.is_away) == (None, "unread", False)
    assert row.next_look_at > START + 11 * HOUR


def test_a_page_that_cannot_be_read_is_neither_missing_nor_away(case, server):
    for n in range(3):
        see(case, server, page("{}", kind="application/json"), START + n * DAY)

    row = row_of(case)
    assert (row.why, row.finding, row.hint, row.is_away) == ("type", "", "", False)
    assert told(case) == []


def test_the_letters_say_what_to_paste_and_what_was_overtaken_stays_unsent(case, server, mailoutbox):
    from notifications.services.delivering import deliver_due

    for n in range(2):
        see(case, server, NOTHING, START + n * DAY)
    relay_events()
    deliver_due()
    (letter,) = [one for one in mailoutbox if "ada@" in one.to[0] and "amiss" in one.subject]
    assert "&lt;a href=" in letter.alternatives[0][0] or ICP in letter.body
    assert "The filing number is not to be found." in letter.body

    count = len(mailoutbox)
    for n, html in enumerate([BARE, BARE, RIGHT], 2):
        see(case, server, html, START + n * DAY)
    relay_events()
    deliver_due()
    subjects = [one.subject for one in mailoutbox[count:]]
    assert subjects and all("right again" in one for one in subjects)


# ── Clocks of the trade ──


def test_what_was_seen_ends_its_clock_and_nothing_else_moves(case, mei, server):
    with sight.every_client():
        progress.open_site(case, by=mei, on=dt.date.fromisoformat(today()))
    assert running(case) == {"footer", "psb_filing"}

    see(case, server, NOTHING, START)
    assert running(case) == {"footer", "psb_filing"}
    see(case, server, RIGHT, START + DAY)

    assert running(case) == {"psb_filing"}
    with sight.every_client():
        event = case.events.get(kind="footer.seen")
        assert (event.by, Case.objects.get(pk=case.pk).stage) == (None, "licensed")


def test_the_number_of_the_police_has_its_thirty_days_and_then_counts(case, mei, server):
    with sight.every_client():
        move_case(case, "file_psb", by=mei, data={"psb_number": PSB, "filed_on": today()})
    see(case, server, RIGHT, START)
    assert (row_of(case).finding, running(case)) == ("ok", {"psb_footer"})

    for n in (40, 41):
        see(case, server, RIGHT, START + n * DAY)
    assert row_of(case).finding == "psb_missing"
    see(case, server, RIGHT + POLICE, START + 42 * DAY)
    assert (row_of(case).finding, running(case)) == ("ok", set())


# ── Who is watched, and when ──


def test_the_watch_begins_with_the_licence_and_ends_with_the_filing(agency, harbour, mei, ada):
    case = drive(make_case(harbour, mei), "miit_review", mei)
    with sight.every_client():
        assert not Watch.objects.filter(case=case).exists()
        case = move_case(case, "grant_licence", by=mei, data={"icp_number": ICP, "licensed_on": today()})
    assert row_of(case).next_look_at is not None

    with sight.every_client():
        case = move_case(case, "step_back", by=mei, note="Not granted")
        assert row_of(case).next_look_at is None
        case = move_case(case, "grant_licence", by=mei, data={"icp_number": ICP, "licensed_on": today()})
        assert row_of(case).next_look_at is not None
        move_case(case, "cancel", by=mei, note="Taken back")
    assert row_of(case).next_look_at is None


def test_each_site_has_its_own_second_of_the_day(case, server):
    see(case, server, RIGHT, START)
    first = row_of(case).next_look_at
    assert dt.timedelta(hours=12) <= first - START <= dt.timedelta(hours=36)

    see(case, server, RIGHT, first)
    assert row_of(case).next_look_at - first == DAY
    seconds = {watching.next_look(pk, START).strftime("%H") for pk in range(1, 1000)}
    assert len(seconds) == 24


def test_the_plan_takes_what_is_due_and_two_plans_take_it_once(case, mei):
    due = row_of(case).next_look_at
    assert watching.plan_looks(now=due - HOUR) == []

    assert watching.plan_looks(now=due) == [row_of(case).pk]
    assert watching.plan_looks(now=due) == []
    # Nobody came for the bell: it is rung again.
    assert watching.plan_looks(now=due + watching.RING_AGAIN) == [row_of(case).pk]


def test_the_plan_costs_the_same_however_many_sites_are_not_due(
    case, agency, lotus, mei, django_assert_num_queries
):
    for n in range(3):
        drive(make_case(lotus, mei, f"lotus{n}.example"), "licensed", mei)
    due = row_of(case).next_look_at
    with sight.every_client():
        Watch.objects.exclude(case=case).update(next_look_at=due + DAY)

    with sight.every_client(), django_assert_num_queries(6):
        assert len(watching.plan_looks(now=due)) == 1


def test_a_bell_that_rings_twice_is_one_look(case, server):
    assert see(case, server, RIGHT, START) is not None
    assert see(case, server, RIGHT, START + HOUR) is None
    assert len(server.asked) == 1


def test_a_held_case_and_an_ended_one_are_left_alone(case, mei, server):
    with sight.every_client():
        move_case(case, "hold", by=mei, data={"until": "2099-01-01"}, note="Moves house")
    assert see(case, server, NOTHING, START) is None
    with sight.every_client(), pytest.raises(Conflict):
        watching.ask_for_look(case, by=mei)
    with sight.every_client():
        move_case(case, "resume", by=mei)
        move_case(case, "cancel", by=mei, note="Taken back")
    assert see(case, server, NOTHING, START + DAY) is None
    assert server.asked == []


def test_a_case_that_moves_during_a_look_keeps_nothing_of_it(case, mei, server):
    target = watching._claim(row_of(case).pk, START)
    with sight.every_client():
        move_case(case, "correct", by=mei, data={"icp_number": ICP.replace("01号", "02号")}, note="Misread")

    assert watching._settle(target, watching.Look("wrong_number"), START) is False
    row = row_of(case)
    assert (row.looked_at, row.hint, row.claimed_at) == (None, "", None)


def test_another_domain_is_another_site(case, mei, server):
    for n in range(2):
        see(case, server, NOTHING, START + n * DAY)
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(domain_name="harbour2.example")

    see(case, server, RIGHT, START + 2 * DAY)
    row = row_of(case)
    assert (row.domain_name, row.finding) == ("harbour2.example", "ok")
    assert "site.mended" not in {kind for kind, _, _ in told(case)}


# ── What people say ──


def test_off_says_why_and_on_begins_anew(case, mei, server):
    see(case, server, NOTHING, START)
    with sight.every_client():
        with pytest.raises(Invalid):
            watching.switch_off(case, "  ", by=mei)
        watching.switch_off(case, "The client watches it.", by=mei)
        with pytest.raises(Conflict):
            watching.switch_off(case, "Again", by=mei)
        with pytest.raises(Conflict):
            watching.ask_for_look(case, by=mei)
    assert see(case, server, NOTHING, START + DAY) is None
    assert (row_of(case).next_look_at, row_of(case).hint) == (None, "")

    with sight.every_client():
        watching.switch_on(case, by=mei)
        with pytest.raises(Conflict):
            watching.switch_on(case, by=mei)
        events = case.events.filter(kind__startswith="watch.").order_by("id")
        assert [(one.kind, one.by, one.note, one.audience) for one in events] == [
            ("watch.off", mei, "The client watches it.", "internal"),
            ("watch.on", mei, "", "internal"),
        ]
    see(case, server, NOTHING, START + 2 * DAY)
    assert told(case) == []


def test_a_look_is_asked_for_by_the_agency_and_not_without_end(case, mei, ada, server):
    with sight.every_client():
        with pytest.raises(PermissionDenied):
            watching.ask_for_look(case, by=ada)
        watching.ask_for_look(case, by=mei, now=START)
        with pytest.raises(TooMany) as caught:
            watching.ask_for_look(case, by=mei, now=START + dt.timedelta(minutes=3))
    assert 0 < caught.value.wait <= 600
    assert watching.plan_looks(now=START) == [row_of(case).pk]
    see(case, server, RIGHT, START)
    assert row_of(case).asked_at is None


def test_without_the_setting_nobody_is_asked_anything(case, settings, monkeypatch):
    assert settings.WATCH is False
    settings.CELERY_TASK_ALWAYS_EAGER = True
    monkeypatch.setattr(watching, "look", lambda *_: pytest.fail("it looked"))
    with sight.every_client():
        Watch.objects.update(next_look_at=START - DAY)

    tasks.plan_looks()
    tasks.look(row_of(case).pk)
    assert row_of(case).next_look_at == START - DAY


def test_while_nobody_is_there_to_look_nothing_piles_up(case, settings, monkeypatch):
    """Rung for are only those who may come; what is due stays so, and goes on with the first answer."""
    settings.WATCH = True
    rung: list[int] = []
    monkeypatch.setattr(tasks.heartbeat_outside, "apply_async", lambda **_: None)
    monkeypatch.setattr(tasks.look, "apply_async", lambda told, **_: rung.extend(told))
    with sight.every_client():
        Watch.objects.update(next_look_at=START - DAY)

    tasks.plan_looks()
    assert (rung, row_of(case).next_look_at) == ([], START - DAY)
    tasks.heartbeat_outside()
    tasks.plan_looks()
    assert rung == [row_of(case).pk]


# ── Many at once, and death ──


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_look_once(case, server):
    from django.db import connection

    server.paths["/"] = page(RIGHT)
    pk, due = row_of(case).pk, row_of(case).next_look_at
    ready, looks = threading.Barrier(4), []

    def beat() -> None:
        try:
            ready.wait(10)
            for one in watching.plan_looks(now=due):
                looks.append(("planned", one))
            looks.append(("looked", watching.look(pk, now=due, terms=server.terms())))
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for one in beats:
        one.start()
    for one in beats:
        one.join(30)

    assert [one for name, one in looks if name == "planned"] == [pk]
    assert len([one for name, one in looks if name == "looked" and one]) == 1
    assert len(server.asked) == 1


KILLED = """
import django; django.setup()
from datetime import datetime
from dataclasses import replace
from cases.services import watching
from clients.fetching import PUBLIC
terms = replace(PUBLIC, resolve=lambda *_: ["127.0.0.1"], allowed=frozenset({"127.0.0.1"}),
                doors={80: %(port)d, 443: 1}, seconds=60)
watching.look(%(pk)d, now=datetime.fromisoformat("%(now)s"), terms=terms)
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_look_loses_nothing(case, server):
    row, hold = row_of(case), threading.Event()
    due = row.next_look_at
    assert watching.plan_looks(now=due) == [row.pk]
    server.paths["/"] = lambda line: hold.wait(30)
    told_it = KILLED % {"port": server.port, "pk": row.pk, "now": due.isoformat()}
    worker = subprocess.Popen(
        [sys.executable, "-c", told_it], cwd=ROOT, env=os.environ, preexec_fn=die_with_parent(signal.SIGKILL)
    )
    assert server.reached.wait(30)
    worker.kill()
    worker.wait(10)
    hold.set()
    row = row_of(case)
    assert (row.claimed_at, row.looked_at) == (due, None)

    # While the claim may still be somebody's it is left; then the plan rings again, and the look is made.
    assert see(case, server, RIGHT, due + dt.timedelta(minutes=2)) is None
    later = due + watching.RING_AGAIN
    assert watching.plan_looks(now=later) == [row.pk]
    assert see(case, server, RIGHT, later).finding == "ok"
    assert (row_of(case).claimed_at, row_of(case).looked_at) == (None, later)


def test_the_watch_hangs_on_its_client(case, lotus):
    with sight.some_clients([lotus.pk]):
        assert not Watch.objects.exists()
    with sight.some_clients([case.client_id]):
        assert Watch.objects.count() == 1
        assert Client.objects.count() == 1
