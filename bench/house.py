"""The ground a run stands on: servers, two databases of different size, one signed-in manager, all gone afterwards."""

from __future__ import annotations

import contextlib
import os
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

SMALL, BIG = "portal", "big"
ADDRESS = "bench@willow.example"


class House:
    """Servers, and what is measured on them."""

    def __init__(self, portal: Portal, keeper: Keeper) -> None:
        self.portal, self.keeper = portal, keeper
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

    def fill(self, database: str, cases: int) -> None:
        """So many cases more."""
        env = self.portal.manage_environment(owner=True) | {
            "DATABASE_OWNER_URL": self.url(database, owner=True)
        }
        done = subprocess.run(
            [PYTHON, "manage.py", "fill", "--cases", str(cases)],
            env=env, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Trouble(f"`fill` failed: {done.stderr[-800:]}")

    def grow(self, small: int, big: int) -> None:
        """One database of `small` cases and a copy of it that goes on to `big`; the manager is the same in both."""
        self.fill(SMALL, small)
        self._sign_in()
        with self.as_django(SMALL):  # a template may have no other visitor
            pass
        self.sql(f"CREATE DATABASE {BIG} TEMPLATE {SMALL} OWNER portal_owner")
        if big > small:
            self.fill(BIG, big - small)
        for database in (SMALL, BIG):
            self.sql("VACUUM (ANALYZE)", database=database)

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

    def _sign_in(self) -> None:
        with self.as_django(SMALL):
            import secrets

            from django.db.models import Count
            from django.middleware.csrf import _get_new_csrf_string

            from cases.models import Case
            from clients import sight
            from clients.models import Membership, User

            with sight.every_client():
                user, other = (
                    User.objects.create_user(address, secrets.token_hex(16), name="Bench", cases_as=way)
                    for address, way in ((ADDRESS, "table"), (f"board-{ADDRESS}", "board"))
                )
                for one in (user, other):
                    Membership.objects.create(user=one, role="manager")
                contact = User.objects.create_user(f"client-{ADDRESS}", secrets.token_hex(16), name="Ada")
                of = (
                    Case.objects.values("client")
                    .annotate(many=Count("pk"))
                    .order_by("many", "client")[0]["client"]
                )
                Membership.objects.create(user=contact, role="contact", client_id=of)
            self.csrf = _get_new_csrf_string()
            self.cookie, self.board_cookie, self.client_cookie = map(self._session, (user, other, contact))

    def _session(self, user: Any) -> str:
        """The cookies of somebody who has just signed in."""
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

    def have_store(self) -> None:
        """The store with its buckets, when it is wanted."""
        part = self.keeper.start(self.portal.store.part(), told=False)
        assert part.alive
        self.portal.store.make_buckets()


@contextlib.contextmanager
def house(terminal: Terminal) -> Iterator[House]:
    """Up, and gone with its folder."""
    data = Path(tempfile.mkdtemp(prefix="icp-bench-"))
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    portal = Portal(
        environ | {"PORTAL_DATA": str(data), "PORTAL_PORT": str(ports.choose(set())), "PORTAL_DEMO": "0"},
        terminal,
    )
    quiet = Terminal(terminal.stream, quiet=True)
    try:
        portal.terminal = quiet
        portal.open_folder()
        portal.lock.take("bench")
        with Keeper(data, quiet) as keeper:
            portal.start_servers(keeper, store=False)
            portal.prepare_database()
            portal.prepare_files()
            yield House(portal, keeper)
    finally:
        shutil.rmtree(data, ignore_errors=True)
