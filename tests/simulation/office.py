"""A broker, a mail catcher and a worker of a test's own: as `make run` has them, and each can be struck down."""

from __future__ import annotations

import email.parser
import email.utils
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from celery import current_app
from celery.signals import before_task_publish
from redis import Redis

from runner import ROOT, ports
from runner.keys import Keys
from runner.mail import Mail
from runner.parts import Part
from runner.valkey import Valkey
from tests.simulation import DONE, FATE, RUNG
from tests.simulation.clock import PATH
from tests.simulation.days import BEIJING

PATIENCE = 90  # seconds, on a machine with other things to do


class Letter(NamedTuple):
    """What lies in the catcher's folder: of which row of the ledger, to whom, when, and how many reminders it lists."""

    reference: str
    to: str
    at: datetime
    things: int


class Office:
    """`with Clock(), Office(folder, monkeypatch) as office`; this process rings at its broker then."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, *, hands: int = 2, **environ: str) -> None:
        keys = Keys(folder / "secrets")
        keys.make()
        taken: set[int] = set()
        port = {}
        for name in ("valkey", "mail", "mail_page"):
            port[name] = ports.choose(taken)
            taken.add(port[name])
        self.valkey = Valkey(folder / "valkey", port["valkey"], keys, folder / "logs", lasting=False)
        self.mail = Mail(folder / "mail", port, keys, folder / "logs")
        self.parts = {
            "broker": self.valkey.part(),
            "mail": self.mail.part(),
            "worker": self._worker(folder, hands),
        }
        self.parts["worker"].env |= environ
        self.patch = patch
        self.falls = 0
        self.is_up = {"broker": True, "mail": True}

    def _worker(self, folder: Path, hands: int) -> Part:
        return Part(
            name="worker",
            command=[
                *(sys.executable, "-m", "celery", "-A", "tests.simulation.worker", "worker"),
                *(
                    "--concurrency",
                    str(hands),
                    "--loglevel",
                    "WARNING",
                    "--queues",
                    "celery,outside,messages",
                ),
                *("--without-gossip", "--without-mingle"),
            ],
            env={
                **os.environ,
                "REDIS_URL": self.valkey.url(),
                "EMAIL_URL": self.mail.url,
                "PGOPTIONS": f"-c search_path={PATH}",
            },
            log=folder / "logs" / "worker.log",
            ready=lambda: b"cmd=brpop" in self.valkey.ask("CLIENT", "LIST"),
            cwd=ROOT,
        )

    def __enter__(self) -> Office:
        self.patch.setattr(current_app.conf, "broker_write_url", self.valkey.url())
        before_task_publish.connect(self._count, weak=False)
        for name in ("broker", "mail", "worker"):
            self.start(name)
        self._connect()
        return self

    def __exit__(self, *_error: object) -> None:
        before_task_publish.disconnect(self._count)
        for part in reversed(self.parts.values()):
            part.stop()
        self.counters.close()

    def _count(self, **_) -> None:
        if self.is_up["broker"]:
            self.counters.incr(RUNG)

    def _connect(self) -> None:
        """What was said to a broker that is gone is not said to the next one."""
        self.patch.setattr(current_app.amqp, "_producer_pool", None)
        self.counters = Redis.from_url(self.valkey.url())

    # What befalls it

    def start(self, name: str) -> None:
        self.parts[name].start()
        self._wait(self.parts[name].ready)

    def kill(self, name: str) -> None:
        """With all its children, and no word before."""
        part = self.parts[name]
        part.signal_group(signal.SIGKILL)
        if part.process:
            part.process.wait(10)

    def doom(self, step: str) -> None:
        """The next worker process that comes to this step of sending is killed there."""
        self.counters.set(FATE, step)

    def weather(self, *, broker: bool, mail: bool) -> None:
        """A worker lives through the first fall of its broker; with the second it goes, and another one comes."""
        for name, is_up in (("broker", broker), ("mail", mail)):
            if is_up and not self.is_up[name]:
                self.start(name)
                if name == "broker":
                    self._connect()
                    if not self.parts["worker"].alive:
                        self.parts["worker"].start()
                    self._wait(self.parts["worker"].ready)
            elif not is_up and self.is_up[name]:
                self._wait(self._is_empty)
                self.kill(name)
                if name == "broker":
                    self.falls += 1
                    if self.falls % 2 == 0:
                        self.kill("worker")
            self.is_up[name] = is_up

    # Its work

    def ring(self, *, all_of_them: bool, beats: int = 1) -> None:
        from notifications import tasks

        first = [tasks.sweep_deadlines]
        if all_of_them:
            first += [tasks.relay_events, tasks.plan_digests]
        # Rung for together they run side by side, and what two of them tell a person at once may be one mail or two.
        for some in (first, [tasks.deliver_due]):
            for task in some * beats:
                task.delay()
            self.rest()

    def rest(self, now: datetime | None = None) -> None:
        if self.is_up["broker"]:
            self._wait(self._has_done)

    def _has_done(self) -> bool:
        rung, done = self.counters.mget(RUNG, DONE)
        return int(rung or 0) <= int(done or 0)

    def _is_empty(self) -> bool:
        """Nothing waits, and nothing is held that would come back."""
        return self._has_done() and self.valkey.ask("HLEN", f"{self.prefix}unacked") == b":0\r\n"

    @property
    def prefix(self) -> str:
        return current_app.conf.broker_transport_options["global_keyprefix"]

    def _wait(self, fact: Callable[[], object]) -> None:
        until, pause = time.monotonic() + PATIENCE, 0.001
        while not fact():
            if time.monotonic() > until:
                words = [line for part in self.parts.values() for line in part.last_lines(20)]
                pytest.fail("\n".join(["nothing happened in time", *words]))
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)

    def letters(self) -> Iterator[Letter]:
        """What the catcher has taken, in the order in which it came."""
        for path in sorted(self.mail.folder.glob("*.eml")):
            with path.open("rb") as file:
                head = email.parser.BytesHeaderParser().parse(file)
            reference = str(head["Message-ID"]).strip("<>").partition("@")[0]
            at = email.utils.parsedate_to_datetime(str(head["Date"])).astimezone(BEIJING)
            subject = str(email.header.make_header(email.header.decode_header(head["Subject"])))
            many = re.search(r"(\d+) (?:reminders|条提醒)", subject)
            yield Letter(reference, str(head["X-Envelope-To"]), at, int(many[1]) if many else 1)
