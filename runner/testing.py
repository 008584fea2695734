"""The servers that tests stand on: their own, in a temporary folder, gone when the tests are.

`python -m runner.testing FOLDER` starts database and broker at once; store and mail catcher when somebody asks by
writing a file `want-NAME` into the folder, answered by `have-NAME`. Most tests need neither, and the store takes
seconds and memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from runner import ports
from runner.keeper import Keeper, Lock, Stop
from runner.keys import Keys, write_private
from runner.mail import Mail
from runner.postgres import Postgres
from runner.store import PORTS, Store
from runner.valkey import Valkey
from runner.words import Terminal, Trouble

WORKERS = ("main", *(f"gw{number}" for number in range(4)))
PREFIX = "icp-tests-"


def buckets(worker: str) -> tuple[str, str]:
    """Each worker of a test run has buckets of its own."""
    return f"quarantine-{worker}", f"papers-{worker}"


class Servers:
    """What `environment()` describes, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = Keys(folder / "secrets")
        self.keys.make()
        taken: set[int] = set()
        self.port: dict[str, int] = {}
        for name in ("postgres", "valkey", *PORTS, "mail", "mail_page", *(f"live-{one}" for one in WORKERS)):
            self.port[name] = ports.choose(taken, second=name in PORTS)
            taken |= {self.port[name], self.port[name] + (ports.SECOND if name in PORTS else 0)}
        logs = folder / "logs"
        self.postgres = Postgres(folder / "postgres", self.port["postgres"], self.keys, logs, lasting=False)
        self.valkey = Valkey(folder / "valkey", self.port["valkey"], self.keys, logs, lasting=False)
        self.mail = Mail(folder / "mail", self.port, self.keys, logs)
        pairs = [buckets(one) for one in WORKERS]
        self.store = Store(
            folder / "s3",
            self.port,
            self.keys,
            logs,
            origins=[
                f"http://{host}:{self.port[f'live-{one}']}"
                for one in WORKERS
                for host in ("localhost", "127.0.0.1")
            ],
            quarantines=[pair[0] for pair in pairs],
            papers=[pair[1] for pair in pairs],
        )

    def environment(self) -> dict[str, str]:
        """What all workers share; `TEST_…` is for the tests themselves, the rest for the settings."""
        keys = self.keys
        return {
            "PORTAL_DATA": str(self.folder / "data"),
            "SECRET_KEY": keys["secret_key"],
            "NUMBER_KEYS": keys["number_keys"],
            "HASH_KEY": keys["hash_key"],
            "DATABASE_URL": self.postgres.url("portal_web", "web_password"),
            "DATABASE_OWNER_URL": self.postgres.url("portal_owner", "owner_password"),
            "REDIS_URL": self.valkey.url(),
            "S3_ENDPOINT_URL": self.store.url,
            "S3_PUBLIC_ENDPOINT_URL": self.store.url,
            "S3_ACCESS_KEY_ID": keys["store_web_id"],
            "S3_SECRET_ACCESS_KEY": keys["store_web_key"],
            "S3_WORKER_ACCESS_KEY_ID": keys["store_worker_id"],
            "S3_WORKER_SECRET_ACCESS_KEY": keys["store_worker_key"],
            "EMAIL_URL": self.mail.url,
            "TEST_FOLDER": str(self.folder),
            "TEST_SUPERUSER_URL": self.postgres.url("postgres", "postgres_password", "postgres"),
            "TEST_LIVE_PORTS": ",".join(f"{one}={self.port[f'live-{one}']}" for one in WORKERS),
        }


def sweep() -> None:
    """Folders of test runs that were killed; one in use is locked."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.stat().st_uid == os.getuid() and not Lock(folder / "lock").held():
            young = time.time() - folder.stat().st_mtime < 60
            if not young:
                shutil.rmtree(folder, ignore_errors=True)


def serve(folder: Path) -> None:
    """Until the parent ends or asks."""
    lock = Lock(folder / "lock")
    if not lock.take("tests"):
        raise Trouble(f"{folder} is in use.")
    terminal = Terminal(sys.stderr, quiet=True)
    servers = Servers(folder)
    with contextlib.ExitStack() as at_end, Keeper(folder, terminal) as keeper, contextlib.suppress(Stop):
        at_end.callback(servers.store.clear_sockets)
        keeper.note = {"ports": servers.port}
        (folder / "data").mkdir(mode=0o700)
        keeper.start(servers.postgres.part())
        keeper.start(servers.valkey.part())
        servers.postgres.set_roles()
        write_private(folder / "environment.json", json.dumps(servers.environment()))
        while True:
            keeper.rest(0.1)
            keeper.tick()
            for name in ("store", "mail"):
                if (folder / f"want-{name}").exists() and not (folder / f"have-{name}").exists():
                    keeper.start(servers.store.part() if name == "store" else servers.mail.part())
                    if name == "store":
                        servers.store.make_buckets()
                    write_private(folder / f"have-{name}", "")


def main() -> int:
    folder = Path(sys.argv[1])
    try:
        serve(folder)
    except (Trouble, OSError) as trouble:
        with contextlib.suppress(OSError):
            write_private(folder / "trouble", str(trouble))
        print(trouble, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
