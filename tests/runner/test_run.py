"""The whole of `make run`: up, killed, healed, down; and `make manage` beside it."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner import ROOT
from runner.keys import MAKERS
from tests.portal import Portal, portal_in
from tests.runner.test_store import listening

PARTS = ("postgres", "valkey", "store", "mail", "worker", "beat", "web")


def environment_of(pid):
    raw = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(line.decode().split("=", 1) for line in raw if b"=" in line)


def test_all_parts_answer_and_the_terminal_says_what_a_person_needs(portal):
    portal.healed()

    words = portal.words()

    assert portal.url in words
    assert "password portal-demo" in words
    assert portal.note()["mail_page"] in words
    assert "Ctrl-C" in words
    assert all(portal.pid(part) for part in PARTS)
    assert [portal.get(host_path)[0] for host_path in ("/livez", "/healthz")] == [200, 200]


def test_nothing_is_open_beyond_loopback(portal):
    for part in ("postgres", "valkey", "store", "mail", "web"):
        assert listening(portal.pid(part)), part
    for pid in portal.family():
        listening(pid)


def test_no_process_has_a_secret_on_its_command_line_and_no_log_has_one(portal):
    everything = b"".join((Path("/proc") / str(pid) / "cmdline").read_bytes() for pid in portal.family())
    everything += b"".join(path.read_bytes() for path in (portal.data / "logs").iterdir())

    assert [name for name in MAKERS if portal.secret(name).encode() in everything] == []


def test_web_and_worker_hold_no_password_but_their_own(portal):
    for part, others in (("web", ("worker",)), ("worker", ("web",)), ("beat", ("web",))):
        told = str(environment_of(portal.pid(part)))
        for name in ("owner_password", "postgres_password", "store_admin_key", "store_kek", "mail_page"):
            assert portal.secret(name) not in told, f"{part} has {name}"
        for other in others:
            assert portal.secret(f"store_{other}_key") not in told
        assert portal.secret("web_password") in told


def test_the_login_role_may_not_alter_a_table(portal):
    import psycopg

    with (
        psycopg.connect(environment_of(portal.pid("web"))["DATABASE_URL"]) as line,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        line.execute("ALTER TABLE cases_case ADD COLUMN mine text")


def test_a_command_joins_the_run_and_prints_its_own_words_only(portal):
    token = portal.manage("api_token manager@agency.example")

    assert re.fullmatch(r"\S{20,}", token)
    assert portal.get("/api/v1/cases", Authorization=f"Bearer {token}")[0] == 200


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back_and_all_is_well_again(portal, part):
    portal.healed()
    before = portal.pid(part)

    portal.kill(part)

    portal.wait_until(lambda: portal.pid(part) not in {0, before})
    portal.healed()


def test_a_part_held_down_is_named_by_health_and_heals(portal):
    portal.healed()
    portal.stop("store")
    status, body = portal.get("/healthz")
    portal.start("store")
    portal.healed()

    assert status == 503
    assert b"storage" in body


def test_a_second_run_is_sent_to_the_first(portal):
    second = subprocess.run(
        [sys.executable, "-m", "runner", "run"],
        cwd=ROOT,
        env=portal.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert second.returncode == 1
    assert f"is running already: {portal.url}" in second.stderr
    assert "Traceback" not in second.stderr
    assert portal.get()[0] == 200


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_kill_at_any_moment_is_survived_by_the_next_start(tmp_path):
    """Without the demo, whose making has a test of its own below."""
    one = Portal(tmp_path / "data", PORTAL_DEMO="0")
    chance = random.Random(20261124)
    try:
        for _ in range(8):
            one.launch()
            time.sleep(chance.uniform(0.1, 9))
            one.down(signal.SIGKILL)

        assert one.up().get()[0] == 200

        one.down(signal.SIGKILL)
        one.wait_until(lambda: not one.family(), 20)
        assert one.up().get()[0] == 200

        assert one.down() == 0
        stopped = [line.split()[-1] for line in one.log("keeper").splitlines() if " stopped " in line]
        assert stopped[-len(PARTS) :] == list(
            reversed(("postgres", "valkey", "store", "mail", "worker", "beat", "web"))
        )
        assert not one.family()
    finally:
        if one.keeper.poll() is None:
            one.down(signal.SIGKILL)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_demo_cut_short_is_whole_after_the_next_start_and_never_becomes_a_production(tmp_path):
    one = Portal(tmp_path / "data")
    try:
        one.launch()
        one.wait_until(lambda: "static files" in one.words(), 60)
        time.sleep(5)
        one.down(signal.SIGKILL)

        one.up()

        assert one.sql("SELECT count(*) >= 40 FROM cases_case") == [(True,)]
        assert one.sql("SELECT count(*) FROM clients_client GROUP BY name HAVING count(*) > 1") == []
        token = one.manage("api_token client@harbour.example")
        assert one.get("/api/v1/cases", Authorization=f"Bearer {token}")[0] == 200

        one.down()
        plain = Portal(one.data, PORTAL_DEMO="0")
        assert plain.launch().wait(300) == 1
        assert "The demo password still opens" in plain.words()
        assert "Traceback" not in plain.words()
    finally:
        if one.keeper.poll() is None:
            one.down()


@pytest.mark.parametrize(
    "environ",
    [
        {"PORTAL_DEMO": "0"},
        {"PORTAL_HOSTS": "portal.agency.example"},
        {"PORTAL_DEMO": "0", "PORTAL_HOSTS": "*"},
    ],
)
def test_the_demos_folder_does_not_start_as_anything_else(portal, environ, tmp_path):
    """Beside the running one, against its database: the folder itself is locked."""
    env = environment_of(portal.pid("web")) | environ
    refused = subprocess.run(
        [sys.executable, "manage.py", "guard_start"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert "PORTAL_DEMO" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_command_works_on_a_folder_that_never_ran(tmp_path):
    one = Portal(tmp_path / "data", PORTAL_DEMO="0")

    out = one.manage("showmigrations --plan cases")

    assert out.startswith("[X]")
    assert not one.family()


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A folder without the demo after its first run, and a second run of it elsewhere that bears few deaths."""
    with portal_in(tmp_path_factory.mktemp("moved"), PORTAL_DEMO="0") as first:
        first.secret_before = first.secret("secret_key")
        assert first.down() == 0
        second = Portal(first.data, PORTAL_DEMO="0", RUNNER_DEATHS="3")
        try:
            yield first, second.up()
        finally:
            if second.keeper.poll() is None:
                second.down()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("moved")
def test_the_port_may_move_between_runs(moved):
    first, second = moved

    assert second.url != first.url
    assert second.secret("secret_key") == first.secret_before
    assert second.get()[0] == 200


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("moved")
def test_a_part_that_dies_three_times_in_a_minute_ends_the_run(moved):
    """The last that is done with this one."""
    _first, one = moved

    for _ in range(3):
        pid = one.wait_until(lambda: one.pid("mail"), 20)
        os.kill(pid, signal.SIGKILL)
        one.wait_until(lambda pid=pid: one.pid("mail") != pid or one.keeper.poll() is not None, 20)

    assert one.keeper.wait(120) == 1
    assert "mail died 3 times within a minute" in one.words()
    assert "Traceback" not in one.words()
    assert not one.family()
