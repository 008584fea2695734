"""The ground a run stands on: servers, two databases of different size, one signed-in manager, all gone afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.asking import Line, only_child
from runner import ROOT, VENV, ports
from runner.keeper import Keeper
from runner.parts import Part
from runner.portal import PYTHON, Portal
from runner.words import Terminal, Trouble

SMALL, BIG, SEEN, SWEPT = "portal", "big", "seen", "swept"
ADDRESS = "bench@willow.example"
PATIENCE = 10  # seconds, before each step of a long filling is told
_COUNTED = re.compile(r"(\d+) of (\d+): ")


class House:
    """Servers, and what is measured on them."""

    def __init__(self, portal: Portal, keeper: Keeper, terminal: Terminal) -> None:
        self.portal, self.keeper, self.terminal = portal, keeper, terminal
        self.share = 0.0  # of the filling that is under way
        self.cookie = ""  # of a manager
        self.board_cookie = ""  # of another, who sees the list as a board
        self.client_cookie = ""  # of a client's contact
        self.csrf = ""

    # Data

    def url(self, database: str, *, owner: bool = False) -> str:
        """A database's address for the portal's login role, or its owner's."""
        role, password = ("portal_owner", "owner_password") if owner else ("portal_web", "web_password")
        return self.portal.postgres.url(role, password, database)

    def sql(self, statement: str, *values: object, database: str = "postgres") -> list[tuple]:
        """As the superuser."""
        with psycopg.connect(
            self.portal.postgres.url("postgres", "postgres_password", database), autocommit=True
        ) as line:
            cursor = line.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def has(self, database: str) -> bool:
        """A kept folder may hold it already."""
        return bool(self.sql("SELECT 1 FROM pg_database WHERE datname = %s", database))

    def copy(self, source: str, database: str) -> None:
        """A database of its own for what changes much; an earlier one goes."""
        self.drop(database)
        self.stop_serving()  # a template may have no visitor
        with self.as_django(source):
            pass
        self.sql(f"CREATE DATABASE {database} TEMPLATE {source} OWNER portal_owner")

    def drop(self, database: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def grow(self, small: int, big: int) -> None:
        """One database of `small` cases and, where `big` is more than none, a copy of it that goes on to `big`.

        People and their cookies are the same in both. What a kept folder has is not made again.
        """
        self._have(SMALL, small)
        self._people()
        databases = [SMALL]
        if big:
            if self.has(BIG):
                self._manage(BIG, "migrate", "--noinput")  # kept, and the code went on
            else:
                self.copy(SMALL, BIG)
            self._have(BIG, big)
            databases.append(BIG)
        self._sign_in(databases)

    def _have(self, database: str, cases: int) -> None:
        """So many in all."""
        there = self.sql("SELECT count(*) FROM cases_case", database=database)[0][0]
        if there > cases:
            raise Trouble(
                f"The kept folder has {there:,} cases where {cases:,} are asked for. Ask for as many, or keep another."
            )
        if there < cases:
            self._manage(database, "fill", "--cases", str(cases - there), "--verbosity", "2")
            self.sql("VACUUM (ANALYZE)", database=database)

    def _manage(self, database: str, *words: str) -> None:
        """A command as the database's owner; where it counts its steps, they are told."""
        url = {"DATABASE_OWNER_URL": self.url(database, owner=True)}
        env = self.portal.manage_environment(owner=True) | url
        with (
            tempfile.TemporaryFile("w+") as complaint,
            subprocess.Popen(
                [PYTHON, "manage.py", *words],
                env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=complaint, text=True,
            ) as command,
        ):  # fmt: skip
            begun = time.monotonic()
            for line in command.stdout or ():
                if counted := _COUNTED.match(line):
                    self.share = int(counted[1]) / int(counted[2])
                    if time.monotonic() - begun > PATIENCE and not self.terminal.moving:
                        self.terminal.say(f"      {line.rstrip()}")
            if command.wait():
                complaint.seek(0)
                raise Trouble(f"`{words[0]}` failed: {complaint.read()[-800:]}")

    @contextlib.contextmanager
    def as_django(self, database: str) -> Iterator[None]:
        """Django in this process, on one of the databases; no connection stays."""
        os.environ.update(self.portal.manage_environment() | {"DATABASE_URL": self.url(database)})
        import django
        from django.apps import apps
        from django.db import connection

        if not apps.ready:
            django.setup()
        connection.close()
        connection.settings_dict["NAME"] = database
        try:
            yield
        finally:
            connection.close()

    def _people(self) -> None:
        """Two managers and a client's contact, before the small database is copied."""
        with self.as_django(SMALL):
            import secrets

            from django.db.models import Count

            from cases.models import Case
            from clients import sight
            from clients.models import Membership, User

            with sight.every_client():
                if User.objects.filter(email=ADDRESS).exists():
                    return
                for address, way in ((ADDRESS, "table"), (f"board-{ADDRESS}", "board")):
                    one = User.objects.create_user(address, secrets.token_hex(16), name="Bench", cases_as=way)
                    Membership.objects.create(user=one, role="manager")
                contact = User.objects.create_user(f"client-{ADDRESS}", secrets.token_hex(16), name="Ada")
                of = (
                    Case.objects.values("client")
                    .annotate(many=Count("pk"))
                    .order_by("many", "client")[0]["client"]
                )
                Membership.objects.create(user=contact, role="contact", client_id=of)

    def _sign_in(self, databases: list[str]) -> None:
        """The same cookies open all of them."""
        with self.as_django(SMALL):
            from django.middleware.csrf import _get_new_csrf_string

            from clients import sight
            from clients.models import User

            self.csrf = _get_new_csrf_string()
            with sight.every_client():
                people = [
                    User.objects.get(email=f"{who}{ADDRESS}", is_active=True)
                    for who in ("", "board-", "client-")
                ]
            self.cookie, self.board_cookie, self.client_cookie = map(self.session, people)
        ours = "SELECT session_key, session_data, expire_date FROM django_session"
        for database in databases[1:]:
            for row in self.sql(ours, database=SMALL):
                self.sql(
                    "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)"
                    " ON CONFLICT DO NOTHING",
                    *row,
                    database=database,
                )

    def session(self, user: Any) -> str:
        """The cookies of somebody who has just signed in, in the database that Django is on."""
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        from clients import sight

        with sight.at_the_door():
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session["seen_at"] = int(time.time())
            session["account_authentication_methods"] = [
                {"method": "password", "at": time.time(), "email": user.email}
            ]
            session.save()
        pairs = {settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: self.csrf}
        return "; ".join(f"{name}={value}" for name, value in pairs.items())

    def references(self, database: str, count: int = 40) -> list[str]:
        """Cases in all stages, the same share of each as there are."""
        # A mixture that does not change from run to run.
        found = self.sql(
            "SELECT reference FROM cases_case ORDER BY md5(id::text) LIMIT %s", count, database=database
        )
        return [reference for (reference,) in found]

    # Servers

    def serve(self, name: str, application: str, database: str) -> tuple[int, int]:
        """One process of the server that production has; its port and its worker's number."""
        port = ports.choose({*self.portal.port.values()})
        web = self.portal.web()
        rest = web.command[web.command.index("--worker-class") :]  # as production has it, but one process
        rest[rest.index("--workers") + 1] = "1"
        words = [str(VENV / "bin" / "gunicorn"), application, "--bind", f"127.0.0.1:{port}", *rest]
        env = web.env | {"DATABASE_URL": self.url(database), "PORTAL_CACHE_PREFIX": f"bench-{name}"}
        part = Part(
            name=f"web-{name}",
            command=words,
            env=env | {"PORTAL_LOG_LEVEL": "WARNING"},
            log=self.portal.logs / f"web-{name}.log",
            ready=lambda: ports.answers(port),
            cwd=ROOT,
        )
        self.keeper.start(part, told=False)
        assert part.process
        line = Line(port, self.cookie)
        status, _head, body = line.get("/cases/")
        line.close()
        if status != 200:
            raise Trouble(f"{name} answers {status}: {body[:300].decode(errors='replace')}; see {part.log}")
        return port, only_child(part.process.pid)

    def stop_serving(self) -> None:
        """What was measured with them so far is done."""
        for part in [one for one in self.keeper.parts if one.name.startswith("web-")]:
            part.stop()
            self.keeper.parts.remove(part)

    def have_store(self) -> None:
        """The store with its buckets, when it is wanted."""
        if any(part.name == "store" for part in self.keeper.parts):
            return
        part = self.keeper.start(self.portal.store.part(), told=False)
        assert part.alive
        self.portal.store.make_buckets()


@contextlib.contextmanager
def house(terminal: Terminal, kept: Path | None = None) -> Iterator[House]:
    """Up, and gone with its folder unless that is to be kept for another run."""
    data = kept.expanduser().absolute() if kept else Path(tempfile.mkdtemp(prefix="icp-bench-"))
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    portal = Portal(
        environ | {"PORTAL_DATA": str(data), "PORTAL_PORT": str(ports.choose(set())), "PORTAL_DEMO": "0"},
        terminal,
    )
    quiet = Terminal(terminal.stream, quiet=True)
    try:
        portal.terminal = quiet
        portal.open_folder()
        if not portal.lock.take("bench"):
            raise Trouble(f"{data} is in use.")
        with Keeper(data, quiet) as keeper:
            portal.start_servers(keeper, store=False)
            portal.prepare_database()
            portal.prepare_files()
            yield House(portal, keeper, terminal)
    finally:
        if not kept:
            shutil.rmtree(data, ignore_errors=True)
