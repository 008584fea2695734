"""A worker as in production, but for its clock: while a task runs, Python's stands where the database's hand stands.

It counts what was rung for and what is done, so that a test knows when nothing is left. Started by
`celery -A tests.simulation.worker worker`, with the database's clock chosen by `PGOPTIONS`; with `DOOMED=1` its
processes die where the test says.
"""

from __future__ import annotations

import os
import signal
import smtplib
import time
from collections.abc import Callable

import psycopg
import time_machine
from celery.signals import before_task_publish, task_postrun, task_prerun, worker_process_init
from redis import Redis

from icp_portal.celery import app
from tests.simulation import DONE, FATE, RUNG

__all__ = ["app"]

app.conf.worker_lost_wait = (
    0.5  # a process that was killed is missed at once: ten seconds would teach nothing more
)


class Hand:
    """Of one process: where the clock stands, and the counters."""

    line: psycopg.Connection
    counters = Redis.from_url(os.environ["REDIS_URL"])
    traveller: time_machine.travel


@worker_process_init.connect
def _take(**_) -> None:
    Hand.line = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    Hand.counters = Redis.from_url(os.environ["REDIS_URL"])


@before_task_publish.connect
def _count(**_) -> None:
    Hand.counters.incr(RUNG)


@task_prerun.connect
def _set(**_) -> None:
    (moment,) = Hand.line.execute("SELECT at FROM simulated.hand").fetchone() or (None,)
    Hand.traveller = time_machine.travel(moment, tick=False)
    Hand.traveller.start()


@task_postrun.connect
def _done(**_) -> None:
    Hand.traveller.stop()
    Hand.counters.incr(DONE)


# ── Death at each step of sending ───────────────────────────────────────────────────────────────────────────────────


def _meet(step: str) -> None:
    """SIGKILL to this process where it is meant; once."""
    if Hand.counters.get(FATE) == step.encode():
        Hand.counters.delete(FATE)
        os.kill(os.getpid(), signal.SIGKILL)


def _doomed(where: object, name: str, *, before: str = "", after: str = "") -> None:
    call: Callable = getattr(where, name)

    def then(*args, **kwargs):
        if before:
            _meet(before)
        found = call(*args, **kwargs)
        if after:
            _meet(after)
        return found

    setattr(where, name, then)


@worker_process_init.connect
def _doom(**_) -> None:
    if not os.environ.get("DOOMED"):
        return
    from notifications.channels import mail
    from notifications.services import delivering

    _doomed(delivering, "_prepare", before="claimed", after="prepared")
    _doomed(mail, "_dotted", before="talking")
    _doomed(delivering, "_settle", before="answered", after="settled")
    _doomed(delivering, "_leave_trace", after="settling")
    send = smtplib.SMTP.send

    def sent(line, content):
        send(line, content)
        if content[-5:] == b"\r\n.\r\n":
            time.sleep(0.5)  # the catcher has kept it by then
            _meet("taken")

    smtplib.SMTP.send = sent  # type: ignore[method-assign]
