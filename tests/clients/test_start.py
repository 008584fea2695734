"""A start that would leave the demo's doors open to strangers does not happen."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections

from clients import sight
from clients.guardpost import is_loopback, refuse_unsafe_start
from tests.factories import make_person

LONG = "k" * 60


@pytest.fixture
def demo_login(db):
    with sight.every_client():
        return make_person("manager@agency.example", role="manager", password="portal-demo")


def test_demo_on_loopback_starts(demo_login, settings):
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

    refuse_unsafe_start()


@pytest.mark.parametrize("switch", ["DEMO", "DEBUG"])
@pytest.mark.parametrize("host", ["portal.willow.example", "*", ".willow.example", "192.0.2.1"])
def test_demo_and_debug_stay_on_this_machine(db, settings, switch, host):
    setattr(settings, switch, True)
    settings.ALLOWED_HOSTS = ["localhost", host]

    with pytest.raises(ImproperlyConfigured, match="is on"):
        refuse_unsafe_start()


def test_base_url_counts_as_a_host(db, settings):
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.BASE_URL = "https://portal.willow.example"

    with pytest.raises(ImproperlyConfigured):
        refuse_unsafe_start()


def test_demo_password_in_the_database_stops_any_other_start(demo_login, settings):
    settings.SECRET_KEY = LONG
    settings.ALLOWED_HOSTS = ["portal.willow.example"]

    with pytest.raises(ImproperlyConfigured, match="demo password still opens manager@"):
        refuse_unsafe_start()


def test_known_secret_stops_the_start(db, settings):
    settings.SECRET_KEY = "dev-only"

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        refuse_unsafe_start()


def test_production_starts(mei, settings):
    settings.SECRET_KEY = LONG
    settings.ALLOWED_HOSTS = ["portal.willow.example"]

    refuse_unsafe_start()


def test_command_says_why_on_standard_error(demo_login, settings, capsys):
    settings.SECRET_KEY = LONG

    with pytest.raises(SystemExit):
        call_command("guard_start")

    out, err = capsys.readouterr()
    assert not out
    assert "demo password" in err


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("*", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_only(host, here):
    assert is_loopback(host) is here


def test_token_command_prints_a_token_and_nothing_else(mei, capsys):
    call_command("api_token", mei.email.upper())

    out, err = capsys.readouterr()
    assert out.strip().startswith("icp_")
    assert len(out.split()) == 1
    assert not err


def test_token_command_serves_an_invited_person_before_the_first_sign_in(mei, harbour, capsys, client):
    from clients.services.invitations import invite_person

    with sight.every_client():
        invite_person("eva@harbour.example", role="contact", client=harbour, by=mei)
    call_command("api_token", "eva@harbour.example")
    token = capsys.readouterr().out.strip()

    answer = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code in {200, 404}
    assert "WWW-Authenticate" not in answer.headers


def test_token_command_knows_neither_strangers_nor_leavers(mei, root, capsys):
    from clients.services.members import end_membership

    with sight.every_client():
        end_membership(mei.memberships.get(), by=root)
    for address in (mei.email, "nobody@nowhere.example"):
        with pytest.raises(SystemExit) as ended:
            call_command("api_token", address)
        out, err = capsys.readouterr()
        assert (ended.value.code, out) == (1, "")
        assert "place here" in err


@pytest.mark.parametrize("version", [140018, 150013, 160009, 170005])
def test_leaky_database_stops_the_start(db, settings, monkeypatch, version):
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["localhost"]
    monkeypatch.setattr(connections["default"], "pg_version", version, raising=False)

    with pytest.raises(ImproperlyConfigured, match="rows to another"):
        refuse_unsafe_start()


def test_plan_prepared_for_all_shows_some_nothing(ada, bo, lotus, harbour):
    """What PostgreSQL leaked before those minors: one connection, one prepared list, two roles."""

    def listed() -> set[str]:
        with connection.cursor() as cursor:
            cursor.cursor.execute("SELECT name FROM clients_client ORDER BY id", prepare=True)
            return {name for (name,) in cursor.cursor.fetchall()}

    with sight.every_client():
        assert all(listed() == {"Harbour Ltd", "Lotus Ltd"} for _ in range(6))
    for _ in range(20):
        with sight.some_clients([harbour.pk]):
            assert listed() == {"Harbour Ltd"}
