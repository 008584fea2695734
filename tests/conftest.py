"""What every test stands on: real servers of its own, a closed network, the portal's login role, a browser."""

from __future__ import annotations

import os

# Playwright keeps an event loop in the thread of the test, and Django would refuse to ask the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

import ipaddress
import shutil
import socket
from urllib.parse import unquote, urlsplit

import pytest

from tests import servers

# What Django keeps of its models; all other tables go back, after a transactional test, to what migrations wrote.
KEPT_TABLES = frozenset({"django_migrations", "django_content_type", "auth_permission", "django_site"})


# The run


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Servers first, settings after: they read their addresses from the environment."""
    if config.getoption("help", False) or config.getoption("version", 0):
        return
    from runner import messages

    if servers.worker() == "main":
        messages.compile_stale()
    servers.start()
    if config.getoption("numprocesses", None):
        servers.wish("store")  # it comes up while the workers build their databases
    servers.adopt(servers.worker())
    config.option.liveserver = f"localhost:{servers.live_port(servers.worker())}"
    _close_network()
    os.environ["DJANGO_SETTINGS_MODULE"] = "icp_portal.settings"
    from django.conf import settings

    # No test needs the hashed names of collected files; the finders serve the plain ones.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # A slow hash is for those who steal it; made-up people are made by the thousand here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    if config.getoption("numprocesses", None):
        # The workers inherit this environment, and would read the settings before they have their own buckets.
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The cast everybody knows; it imports models, so Django must stand first."""
    session.config.pluginmanager.import_plugin("tests.fixtures")


def pytest_unconfigure(config: pytest.Config) -> None:
    servers.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for a page is a browser test, marked or not; whoever asks for the whole portal is a long test, for
    it takes its time to come up. One portal is walked through; of another all that may befall one is tried meanwhile.
    """
    for item in items:
        wants = set(getattr(item, "fixturenames", ()))
        if {"page", "browser", "new_page"} & wants:
            item.add_marker("browser")
        if "portal" in wants:
            item.add_marker("long")
            item.add_marker(pytest.mark.xdist_group("walks" if {"browser", "new_page"} & wants else "portal"))
            item.add_marker(pytest.mark.timeout(800))


# The network: this machine and nothing else


class NetworkClosed(OSError):
    """A test tried to reach another machine."""


def _is_here(host: str) -> bool:
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _close_network() -> None:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    lazy = servers.lazy_ports()

    def look(sock: socket.socket, address: object) -> None:
        if sock.family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
            return
        if not _is_here(str(address[0])):
            raise NetworkClosed(f"The network is closed in tests; something asked for {address[0]}.")
        if name := lazy.get(address[1]):
            servers.want(name)

    def guarded_connect(self, address):
        look(self, address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        look(self, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_here(str(name)):
            raise socket.gaierror(
                socket.EAI_NONAME, f"The network is closed in tests; something asked for {name}."
            )
        return getaddrinfo(host, *args, **kwargs)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = guarded_getaddrinfo


# The database: built by its owner, tried by the portal's login role


def _log_in(variable: str) -> None:
    """From now on connections are made as the role that the variable names."""
    from django.db import connections

    parts = urlsplit(os.environ[variable])
    connection = connections["default"]
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    who = {"USER": unquote(parts.username or ""), "PASSWORD": unquote(parts.password or "")}
    connection.settings_dict.update(who)
    connections.settings["default"].update(who)


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """A database of this worker's own, made and migrated by `portal_owner` and then seen as `portal_web`."""
    from django.db import connections
    from django.test.testcases import TransactionTestCase
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        _log_in("DATABASE_OWNER_URL")
        made = setup_databases(verbosity=0, interactive=False)
        remember_what_migrations_wrote()
        _log_in("DATABASE_URL")
    database = connections["default"].settings_dict["NAME"]
    urls = {name: servers.url_of(name, database=database) for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    os.environ.update(urls)  # for processes that a test starts
    TransactionTestCase._fixture_teardown = lambda *_: empty_tables()

    yield

    with django_db_blocker.unblock():
        _log_in("DATABASE_OWNER_URL")
        teardown_databases(made, verbosity=0)


def _superuser():
    import psycopg
    from django.db import connections

    database = connections["default"].settings_dict["NAME"]
    line = psycopg.connect(servers.url_of("TEST_SUPERUSER_URL", database=database), autocommit=True)
    line.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
    line.execute("SET lock_timeout = '60s'")
    return line


def _tables(line) -> list[str]:
    return [
        name
        for (name,) in line.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace AND NOT relname = ANY (%s)",
            [list(KEPT_TABLES)],
        ).fetchall()
    ]


def remember_what_migrations_wrote() -> None:
    """A copy of each row that a migration inserted, to be put back when the tables have been emptied."""
    with _superuser() as line:
        line.execute("CREATE SCHEMA written")
        for table in _tables(line):
            if line.execute(f"SELECT EXISTS (SELECT FROM public.{table})").fetchone()[0]:
                line.execute(f"CREATE TABLE written.{table} AS TABLE public.{table}")


def empty_tables() -> None:
    """What a transactional test leaves behind goes, triggers and row-level security notwithstanding.

    As the superuser, for nobody else may delete an event; DELETE rather than TRUNCATE, which waits for every reader.
    """
    with _superuser() as line:
        written = line.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'written'::regnamespace"
        ).fetchall()
        steps = [f"DELETE FROM public.{table}" for table in _tables(line)]
        steps += [f"INSERT INTO public.{table} SELECT * FROM written.{table}" for (table,) in written]
        line.execute("; ".join(steps) or "SELECT 1")


@pytest.fixture
def every_client(db):
    """The test sees every client's rows, as unlimited staff do."""
    from clients.sight import every_client as sight

    with sight():
        yield


@pytest.fixture(scope="session")
def store():
    """The S3 server is up; whoever connects to it waits for that anyway."""
    servers.want("store")
    return os.environ["S3_ENDPOINT_URL"]


@pytest.fixture(scope="session")
def portal():
    """The whole portal with the demo, as `make run` starts it; shared, so leave it up and healed."""
    from tests.portal import portal_in

    with portal_in() as one:
        yield one


# The browser


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium, once a worker; it knows no name but this machine's."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        pytest.fail("There is no browser: apt-get install chromium fonts-noto-cjk")
    words = [
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        "--disable-dev-shm-usage",
    ]
    if os.geteuid() == 0:
        words.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=words)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser, live_server, store):
    """Makes pages, each a person's own browser: `new_page(locale="zh-CN", viewport={"width": 360, "height": 740})`."""
    contexts, complaints = [], []

    def make(**options):
        context = browser.new_context(**{"base_url": live_server.url, "locale": "en-GB", **options})
        context.set_default_timeout(40_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _is_breach(said.text) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints, "the browser complained: " + "; ".join(complaints)


def _is_breach(text: str) -> bool:
    return "Content Security Policy" in text or "CORS policy" in text


@pytest.fixture
def page(new_page):
    """One page of one person, 1440 wide; it fails the test where the content policy or a script complained."""
    return new_page(viewport={"width": 1440, "height": 900})
