"""The embedded servers: none without a password, none beyond loopback, no secret where others can read it."""

import http.client
import json
import os
import smtplib
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from runner.keys import MAKERS
from tests import servers
from tests.runner.test_store import listening


@pytest.fixture(scope="module")
def folder():
    for name in ("store", "mail"):
        servers.want(name)
    return Path(os.environ["TEST_FOLDER"])


@pytest.fixture(scope="module")
def note(folder):
    return json.loads((folder / "run.json").read_text())


def secret(folder, name):
    return (folder / "secrets" / name).read_text()


def test_valkey_answers_nobody_without_the_password(folder, note):
    answers = []
    for words in (b"PING\r\n", b"AUTH wrong\r\n", b"INFO\r\n"):
        with socket.create_connection(("127.0.0.1", note["ports"]["valkey"]), 5) as line:
            line.sendall(words)
            answers.append(line.recv(200))

    assert all(answer.startswith((b"-NOAUTH", b"-WRONGPASS")) for answer in answers), answers


@pytest.mark.parametrize("role", ["postgres", "portal_owner", "portal_web"])
def test_postgres_asks_each_role_for_its_password(folder, note, role):
    for password in ("", "postgres", "portal"):
        where = (
            f"host=127.0.0.1 port={note['ports']['postgres']} dbname=portal user={role} password='{password}'"
        )
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(where)


def test_the_login_role_owns_nothing_and_inherits_nothing():
    with psycopg.connect(os.environ["TEST_SUPERUSER_URL"]) as line:
        web, owner = (
            line.execute(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit FROM pg_roles"
                " WHERE rolname = %s",
                [name],
            ).fetchone()
            for name in ("portal_web", "portal_owner")
        )
        inherited = line.execute(
            "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE m.inherit_option"
            " AND r.rolname LIKE 'portal%%'"
        ).fetchall()

    assert web == (False, False, False, False, False)
    assert owner[:4] == (False, False, False, True)
    assert inherited == []


def test_the_roles_may_be_set_again_and_again(folder, note):
    from runner import postgres
    from runner.keys import Keys

    cluster = postgres.Postgres(
        folder / "postgres", note["ports"]["postgres"], Keys(folder / "secrets"), folder
    )

    cluster.set_roles()
    cluster.set_roles()

    with psycopg.connect(servers.url_of("TEST_SUPERUSER_URL", database="portal")) as line:
        assert line.execute("SELECT show_trgm('科技') <> '{}'::text[]").fetchone() == (True,)


def test_no_server_is_open_to_other_machines(note):
    for name in ("postgres", "valkey", "store", "mail"):
        assert listening(note["processes"][name]["pid"]), f"{name} listens nowhere"


def test_no_secret_stands_on_a_command_line(folder, note):
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                lines.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    everything = b"\n".join(lines)

    assert str(folder).encode() in everything
    assert [name for name in MAKERS if secret(folder, name).encode() in everything] == []


def test_no_secret_stands_in_a_log(folder):
    logs = b"".join(path.read_bytes() for path in (folder / "logs").iterdir())

    assert [name for name in MAKERS if secret(folder, name).encode() in logs] == []


# The mail catcher


def send(note, user="portal", password=None, to="mei@agency.example", text="Hello\n"):
    with smtplib.SMTP("127.0.0.1", note["ports"]["mail"], timeout=60) as line:
        if password is not None:
            line.login(user, password)
        head = f"From: portal@agency.example\r\nTo: {to}\r\nSubject: A <b>word</b>\r\n\r\n"
        line.sendmail("portal@agency.example", [to], (head + text).encode())


def page(note, path, host=None):
    port = note["ports"]["mail_page"]
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", path, headers={"Host": host or f"localhost:{port}"})
    answer = line.getresponse()
    body = answer.read().decode()
    line.close()
    return answer.status, body


def test_mail_is_taken_with_the_password_only(folder, note):
    with pytest.raises(smtplib.SMTPException):
        send(note)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(note, password="wrong")

    send(note, password=secret(folder, "mail_password"), to="ada@harbour.example")

    assert [path for path in (folder / "mail").iterdir() if path.name.endswith("-ada@harbour.example.eml")]


def test_a_mail_is_a_file_and_a_page(folder, note):
    text = "Your code is <script>alert(1)</script>\nhttp://localhost:8000/in/?a=1&b=2.\n"
    send(note, password=secret(folder, "mail_password"), to="8613800000000@sms.invalid", text=text)
    name = sorted(path.name for path in (folder / "mail").glob("*@sms.invalid.eml"))[-1]
    root = f"/{secret(folder, 'mail_page')}/"

    listed, opened = page(note, root), page(note, root + name)

    assert listed[0] == opened[0] == 200
    assert name in listed[1]
    assert "A &lt;b&gt;word&lt;/b&gt;" in listed[1]
    assert "<script>" not in opened[1]
    assert 'href="http://localhost:8000/in/?a=1&amp;b=2"' in opened[1]


def test_the_mail_page_is_for_whoever_knows_its_address_and_calls_it_by_its_name(folder, note):
    root = f"/{secret(folder, 'mail_page')}/"

    assert page(note, "/")[0] == 404
    assert page(note, root, host="evil.example")[0] == 421
    assert page(note, root, host=f"evil.example:{note['ports']['mail_page']}")[0] == 421
    assert page(note, root + "../secrets/mail_password")[0] == 404
    assert page(note, root)[0] == 200


def test_the_network_is_closed_in_tests():
    for host in ("192.0.2.1", "example.org"):
        with pytest.raises(OSError, match="closed"):
            socket.create_connection((host, 80), 1)


def test_each_worker_has_an_address_that_the_store_lets_in():
    assert urlsplit(os.environ["PORTAL_BASE_URL"]).port == servers.live_port(servers.worker())
