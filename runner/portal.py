"""The portal of one data folder: its parts, their environments, and the order in which they come up."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from runner import ROOT, VENV, messages, ports, postgres
from runner.keeper import Keeper, Lock, Stop
from runner.keys import Keys, write_private
from runner.mail import Mail
from runner.parts import Part, plain_environment
from runner.store import PORTS, Store
from runner.valkey import Valkey
from runner.words import Terminal, Trouble, gist

DISK = 300 * 1024 * 1024
PYTHON = VENV / "bin" / "python"
DEMO_COMMAND = "demo"
LOGINS = (
    "manager@agency.example",
    "staff@agency.example",
    "admin@agency.example",
    "client@harbour.example",
    "client@lotus.example",
)
PASSWORD = "portal-demo"  # noqa: S105  it opens made-up people's rooms on loopback only

# Which variables name a real server in the place of an embedded one.
REAL = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "store": "S3_ENDPOINT_URL", "mail": "EMAIL_URL"}
# What a process gets from us or not at all, whatever the caller's environment holds.
SECRET = (
    *("SECRET_KEY", "NUMBER_KEYS", "HASH_KEY"),
    *("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL"),
    *("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_WORKER_ACCESS_KEY_ID", "S3_WORKER_SECRET_ACCESS_KEY"),
    *("PORTAL_AS_OWNER", "DJANGO_SETTINGS_MODULE", "DEBUG"),
)


class Portal:
    """Everything that is known before anything is started."""

    def __init__(self, environ: Mapping[str, str], terminal: Terminal) -> None:
        self.environ, self.terminal = environ, terminal
        self.data = Path(environ.get("PORTAL_DATA") or ".local").expanduser().absolute()
        try:
            self.web_port = int(environ.get("PORTAL_PORT") or 8000)
            if not 0 < self.web_port < 65536:
                raise ValueError
        except ValueError:
            raise Trouble(
                f"PORTAL_PORT is no port: {environ['PORTAL_PORT']}. Choose a number like 8001."
            ) from None
        self.lock = Lock(self.data / "lock")
        self.note_path = self.data / "run.json"
        self.keys = Keys(self.data / "secrets")
        self.logs = self.data / "logs"
        self.port: dict[str, int] = {}

    # The folder

    def open_folder(self) -> None:
        """It is there, it is ours, it is for our eyes only, and there is room."""
        known = {"lock", "secrets", "run.json", "logs", "postgres", "valkey", "s3"}
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = {path.name for path in self.data.iterdir()}
            if found and not found & known:
                raise Trouble(
                    f"{self.data} holds other things ({', '.join(sorted(found)[:3])}). "
                    "Name an empty folder or a new one: PORTAL_DATA=…"
                )
            self.data.chmod(0o711 if self.embeds("postgres") and postgres.needs_open_folder() else 0o700)
            for name in ("logs", "hold", "beat", "static"):
                (self.data / name).mkdir(mode=0o700, exist_ok=True)
            free = shutil.disk_usage(self.data).free
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise Trouble(
                f"{self.data} cannot be used as data folder: {error.strerror}. Name another: PORTAL_DATA=…"
            ) from None
        if free < DISK:
            raise Trouble(
                f"The disk under {self.data} is nearly full ({free // 2**20} MB free, {DISK // 2**20} needed). "
                "Make room, or name a folder on another: PORTAL_DATA=…"
            )

    def embeds(self, name: str) -> bool:
        """No variable names a real one."""
        return not self.environ.get(REAL[name])

    def remembered(self) -> dict:
        """What the last run wrote down."""
        with contextlib.suppress(OSError, ValueError):
            note = json.loads(self.note_path.read_text())
            if isinstance(note, dict):
                return note
        return {}

    def choose_ports(self) -> None:
        """Those of the last run where they are free."""
        before = self.remembered().get("ports") or {}
        taken = {self.web_port}
        for name in ("postgres", "valkey", *PORTS, "mail", "mail_page"):
            second = name in PORTS
            self.port[name] = ports.choose(taken, before=before.get(name), second=second)
            taken |= {self.port[name], self.port[name] + (ports.SECOND if second else 0)}
        self._build()

    def join(self, note: Mapping) -> None:
        """The ports of the run that is up."""
        self.port = dict(note["ports"])
        self.web_port = note["port"]
        self._build()

    def _build(self) -> None:
        self.postgres = postgres.Postgres(self.data / "postgres", self.port["postgres"], self.keys, self.logs)
        self.valkey = Valkey(self.data / "valkey", self.port["valkey"], self.keys, self.logs)
        self.mail = Mail(self.data / "mail", self.port, self.keys, self.logs)
        origins = [f"http://{host}:{self.web_port}" for host in ("localhost", "127.0.0.1")]
        self.store = Store(self.data / "s3", self.port, self.keys, self.logs, origins=origins)

    # Environments

    def _common(self) -> dict[str, str]:
        env = {name: value for name, value in self.environ.items() if name not in SECRET}
        env |= {
            "PORTAL_DATA": str(self.data),
            "PORTAL_PORT": str(self.web_port),
            "PORTAL_DEMO": self.environ.get("PORTAL_DEMO") or "1",
            "PORTAL_BASE_URL": self.environ.get("PORTAL_BASE_URL") or f"http://localhost:{self.web_port}",
            "DJANGO_SETTINGS_MODULE": "icp_portal.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        }
        for name in ("SECRET_KEY", "NUMBER_KEYS", "HASH_KEY"):
            env[name] = self.environ.get(name) or self.keys[name.lower()]
        if self.embeds("postgres"):
            env["DATABASE_URL"] = self.postgres.url("portal_web", "web_password")
        else:
            env["DATABASE_URL"] = self.environ["DATABASE_URL"]
        env["REDIS_URL"] = self.environ.get("REDIS_URL") or self.valkey.url()
        env["EMAIL_URL"] = self.environ.get("EMAIL_URL") or self.mail.url
        if self.embeds("store"):
            env |= {"S3_ENDPOINT_URL": self.store.url, "S3_PUBLIC_ENDPOINT_URL": self.store.url}
        return env

    def _identity(self, name: str) -> dict[str, str]:
        if self.embeds("store"):
            return {
                "S3_ACCESS_KEY_ID": self.keys[f"store_{name}_id"],
                "S3_SECRET_ACCESS_KEY": self.keys[f"store_{name}_key"],
            }
        worker = "S3_WORKER_" if name == "worker" and self.environ.get("S3_WORKER_ACCESS_KEY_ID") else "S3_"
        return {
            f"S3_{key}": self.environ.get(f"{worker}{key}", "")
            for key in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
        }

    def web_environment(self) -> dict[str, str]:
        """No owner's password, no worker's key."""
        return self._common() | self._identity("web")

    def worker_environment(self) -> dict[str, str]:
        """No owner's password; at the store the worker is itself and nobody else."""
        own = self._identity("worker")
        return (
            self._common()
            | own
            | {name.replace("S3_", "S3_WORKER_", 1): value for name, value in own.items()}
        )

    def manage_environment(self, *, owner: bool = False) -> dict[str, str]:
        """A command may sign as web and write as worker; only one that migrates gets the owner's password."""
        env = self.worker_environment() | self._identity("web")
        if owner:
            env["PORTAL_AS_OWNER"] = "1"
            if self.embeds("postgres"):
                env["DATABASE_OWNER_URL"] = self.postgres.url("portal_owner", "owner_password")
            else:
                env["DATABASE_OWNER_URL"] = (
                    self.environ.get("DATABASE_OWNER_URL") or self.environ["DATABASE_URL"]
                )
        return env

    # Parts

    def worker(self) -> Part:
        """Opens what strangers send; two at a time."""
        return Part(
            name="worker",
            command=[
                *(str(VENV / "bin" / "celery"), "-A", "icp_portal.celery:app", "worker"),
                *("--concurrency", "2", "--loglevel", "INFO", "--hostname", "worker@portal"),
                *("--queues", "celery,outside,messages"),
                *("--without-gossip", "--without-mingle"),
            ],
            env=self.worker_environment(),
            log=self.logs / "worker.log",
            ready=self._worker_listens,
            grace=10,
            cwd=ROOT,
            is_ours=True,
        )

    def _worker_listens(self) -> bool:
        """It waits on the queue: the broker knows."""
        if self.embeds("valkey"):
            return b"cmd=brpop" in self.valkey.ask("CLIENT", "LIST")
        return True

    def beat(self) -> Part:
        """The clock; one is enough, two do no harm."""
        return Part(
            name="beat",
            command=[
                *(str(VENV / "bin" / "celery"), "-A", "icp_portal.celery:app", "beat", "--loglevel", "INFO"),
                *("--schedule", str(self.data / "beat" / "schedule"), "--pidfile="),
            ],
            env=self.worker_environment(),
            log=self.logs / "beat.log",
            cwd=ROOT,
            is_ours=True,
        )

    def web(self) -> Part:
        """Pages and API."""
        binds = [f"127.0.0.1:{self.web_port}"]
        if ports.has_ipv6():
            binds.append(f"[::1]:{self.web_port}")  # where browsers look first for `localhost`
        return Part(
            name="web",
            command=[
                *(str(VENV / "bin" / "gunicorn"), "icp_portal.wsgi:application"),
                *(word for bind in binds for word in ("--bind", bind)),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload"),
                *("--graceful-timeout", "4", "--timeout", "60", "--keep-alive", "5"),
                *("--no-control-socket", "--log-level", "warning"),
            ],
            env=self.web_environment(),
            log=self.logs / "web.log",
            ready=self._web_answers,
            told=f"http://localhost:{self.web_port}",
            cwd=ROOT,
            is_ours=True,
        )

    def _web_answers(self) -> bool:
        try:
            line = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=10)
            line.request("GET", "/livez", headers={"Host": f"localhost:{self.web_port}"})
            status = line.getresponse().status
            line.close()
        except (OSError, http.client.HTTPException):
            return False
        return status < 500

    def look_for_web_port(self) -> None:
        """The one fixed port is free."""
        hosts = ["127.0.0.1", *(["::1"] if ports.has_ipv6() else [])]
        if all(ports.is_free(self.web_port, host) for host in hosts):
            return
        raise Trouble(
            f"Port {self.web_port} is in use by another program. Stop that, or choose another port: "
            f"PORTAL_PORT={self.web_port + 1} make run"
        )

    # Up

    def start_servers(self, keeper: Keeper, *, store: bool = True) -> None:
        """Database, broker, store, mail, each where no real one is named; the store is slow and not awaited."""
        keeper.outlast_earlier(self.note_path)
        self.keys.make()
        self.choose_ports()
        keeper.note = {"port": self.web_port, "ports": self.port}
        if self.embeds("mail"):
            keeper.note["mail_page"] = self.mail.page
        if self.embeds("postgres"):
            keeper.start(self.postgres.part())
        if self.embeds("valkey"):
            keeper.start(self.valkey.part())
        if self.embeds("store") and store:
            keeper.start(self.store.part(), wait=False)
        if self.embeds("mail"):
            keeper.start(self.mail.part())

    def prepare_database(self) -> None:
        """Roles at every start; migrations where the code has new ones."""
        if self.embeds("postgres"):
            self.postgres.set_roles()
        stamp = self._stamp(
            "migrations", _fingerprint("*/migrations/*.py", "clients/guards.py", "requirements.lock")
        )
        if not stamp.fits:
            with self.terminal.step("migrations"):
                self._command("migrate", "--noinput", owner=True)
            stamp.set()
        self.prepare_rules()

    def prepare_rules(self) -> None:
        """The shipped rules as rows; what the agency edited stays."""
        stamp = self._stamp("rules", _fingerprint("trade/data/*.toml", "trade/*.py"))
        if stamp.fits:
            return
        with self.terminal.step("rules"):
            self._command("rules")
        stamp.set()

    def prepare_files(self) -> None:
        """Translations compiled, static files collected under hashed names."""
        with self._trouble("The translations could not be compiled"):
            if messages.stale():
                with self.terminal.step("translations"):
                    _run([PYTHON, "-m", "runner.messages"], plain_environment())
        stamp = self._stamp(
            "static",
            _fingerprint("static/**/*", "requirements.lock", "icp_portal/settings.py"),
            folder=self.data,
        )
        if stamp.fits and (self.data / "static" / "staticfiles.json").exists():
            return
        with self.terminal.step("static files"):
            self._command("collectstatic", "--noinput", "--verbosity", "0")
        stamp.set()

    def prepare_store(self, keeper: Keeper) -> None:
        """Buckets, and a write into each."""
        if not self.embeds("store"):
            return
        part = next(part for part in keeper.parts if part.name == "store")
        with self.terminal.step("store") as told:
            keeper.wait_for(part)
            self.store.make_buckets()
            told.append(part.told)

    @property
    def destroyed(self) -> Path:
        """The list of what was destroyed: beside database and store, and in no backup of them."""
        return Path(self.environ.get("DESTROYED_FOLDER") or self.data / "destroyed")

    def prepare_destroyed(self) -> None:
        """What an older copy of database or store has brought back goes again, before anybody can look at it."""
        size = sum(path.stat().st_size for path in self.destroyed.glob("*.jsonl"))
        stamp = self._stamp("destroyed", str(size))
        if not size or stamp.fits:
            return
        with self.terminal.step("list of the destroyed"):
            self._command("replay_destroyed")
        stamp.set()

    def prepare_demo(self) -> None:
        """The demo agency, on the first start of a data folder; once wiped it does not come back."""
        if self._common()["PORTAL_DEMO"] != "1":
            return
        stamp = self._stamp("demo", "1")
        if stamp.told:
            return
        if not list(ROOT.glob(f"*/management/commands/{DEMO_COMMAND}.py")):
            return
        with self.terminal.step("demo agency"):
            self._command(DEMO_COMMAND)
        stamp.set()

    def demo_is_there(self) -> None:
        """A restored database is not to be filled with the demo again."""
        self._stamp("demo", "restored").set()

    def demo_is_gone(self) -> None:
        """Nor is one from which it was wiped; its logins open nothing any more."""
        self._stamp("demo", "gone").set()

    def look_for_open_doors(self) -> None:
        """Demo passwords behind an address that strangers reach, or without the word *demo*: no start, and a sentence.

        The web process looks again by itself; the plain demo on this machine need not be asked twice.
        """
        env = self.web_environment()
        if env["PORTAL_DEMO"] == "1" and not any(
            self.environ.get(name) for name in ("PORTAL_HOSTS", "PORTAL_BASE_URL")
        ):
            return
        try:
            _run([PYTHON, "manage.py", "guard_start"], env)
        except subprocess.CalledProcessError as refused:
            raise Trouble((refused.stdout or "").strip()) from None

    def _stamp(self, name: str, text: str, folder: Path | None = None) -> Stamp:
        """What has been done to the database is noted beside it, so that it goes when the database goes."""
        if folder is None:
            folder = self.data / "postgres" if self.embeds("postgres") else None
        return Stamp(folder / f"portal.{name}" if folder else None, text)

    def _command(self, *words: str, owner: bool = False) -> None:
        with self._trouble(f"`manage.py {words[0]}` failed"):
            _run([PYTHON, "manage.py", *words], self.manage_environment(owner=owner))

    @contextlib.contextmanager
    def _trouble(self, sentence: str):
        try:
            yield
        except subprocess.CalledProcessError as failed:
            log = self.logs / "prepare.log"
            with contextlib.suppress(OSError):
                write_private(log, failed.stdout or "")
            raise Trouble(f"{sentence}: {gist(failed.stdout or '')}\n  All it said is in {log}") from None

    @property
    def greets_demo(self) -> bool:
        """Whether the demo's people stand in this database, as far as anybody noted."""
        return self._common()["PORTAL_DEMO"] == "1" and self._stamp("demo", "1").told in ("", "1")

    def greet(self, seconds: float) -> None:
        """The address, who may come in, where the mail is, how it ends."""
        say = self.terminal.say
        say()
        say(f"  The portal is up after {seconds:.1f} s:  http://localhost:{self.web_port}")
        say()
        if self.greets_demo:
            say(f"  Demo logins, password {PASSWORD}:")
            for login in LOGINS:
                say(f"    {login}")
        else:
            say('  Nobody in yet? make manage do="first_administrator YOU@YOUR.DOMAIN"')
        if self.embeds("mail"):
            say(f"  Mail and SMS: {self.mail.page}")
        say(f"  Logs: {self.logs}")
        say("  Stop: Ctrl-C")
        say()


class Stamp:
    """A note that something was done for this state of the code."""

    def __init__(self, path: Path | None, text: str) -> None:
        self.path, self.text = path, text

    @property
    def fits(self) -> bool:
        return self.path is not None and self.told == self.text

    @property
    def told(self) -> str:
        """What was noted; empty where nothing was."""
        try:
            return self.path.read_text() if self.path is not None else ""
        except OSError:
            return ""

    def set(self) -> None:
        if self.path is not None:
            write_private(self.path, self.text)


def _fingerprint(*patterns: str) -> str:
    told = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                told.update(f"{path.relative_to(ROOT)}\0".encode())
                told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()


def _run(command: list[str | Path], env: Mapping[str, str]) -> None:
    subprocess.run(
        command,
        env=dict(env),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )


def run(environ: Mapping[str, str], terminal: Terminal) -> int:
    """`make run`: everything up, kept, and down again."""
    begun = time.monotonic()
    portal = Portal(environ, terminal)
    portal.open_folder()
    if not portal.lock.take("run"):
        raise Trouble(_somebody_else(portal))
    terminal.say(f"  ICP portal, data in {portal.data}")
    with Keeper(portal.data, terminal) as keeper:
        for old in keeper.holds.iterdir():
            old.unlink()
        try:
            keeper.outlast_earlier(portal.note_path)
            portal.look_for_web_port()
            portal.start_servers(keeper)
            portal.prepare_database()
            portal.look_for_open_doors()
            portal.prepare_files()
            portal.prepare_store(keeper)
            portal.prepare_destroyed()
            portal.prepare_demo()
            portal.look_for_web_port()
            worker = keeper.start(portal.worker(), wait=False)
            keeper.start(portal.beat(), wait=False)
            web = keeper.start(portal.web(), wait=False)
            with terminal.step("worker, beat"):
                keeper.wait_for(worker)
            with terminal.step("web") as told:
                keeper.wait_for(web)
                told.append(web.told)
            keeper.up = True
            keeper.write_note()
            portal.greet(time.monotonic() - begun)
            keeper.keep()
        except Stop:
            pass
        finally:
            keeper.farewell()
    return 0


def _somebody_else(portal: Portal) -> str:
    holder = portal.lock.holder()
    pid = holder.get("pid", "?")
    if holder.get("kind") == "manage":
        return f"`make manage` is using {portal.data} (process {pid}). Try again when it has finished."
    address = f"http://localhost:{portal.remembered().get('port', portal.web_port)}"
    return (
        f"The portal of {portal.data} is running already: {address} (process {pid}). Stop it there with Ctrl-C "
        f"or by `kill {pid}`, or start a second one: PORTAL_DATA=.local2 PORTAL_PORT={portal.web_port + 1} make run"
    )
