"""What wakes up later: a sight of its own, and no harm in running twice."""

from functools import partial
from time import monotonic

import structlog
from celery import shared_task
from django.conf import settings
from django.db import transaction

from cases.services import bulk, catching_up, collisions, learning, preflight, refiling, watching
from clients.tasks import heartbeat_outside, is_anybody_outside

log = structlog.get_logger()


@shared_task(name="cases.compare")
def compare() -> None:
    """Look for what cases of different clients share."""
    collisions.compare()


@shared_task(name="cases.check_drafts")
def check_drafts() -> None:
    """Run the pre-flight of drafts again as days pass."""
    preflight.check_drafts()


@shared_task(name="cases.catch_up")
def catch_up() -> None:
    """Bring a change of the rules to running cases, for a minute at most; beat rings again while some are left."""
    end = monotonic() + 55
    while catching_up.catch_up() and monotonic() < end:
        pass


@shared_task(name="cases.refile_renamed")
def refile_renamed() -> None:
    """Cases are found by their client's new name."""
    for client_id in refiling.renamed_clients():
        refiling.refile(client_id)


@shared_task(name="cases.keep_stays")
def keep_stays() -> None:
    """The stays that ended since the last time."""
    learning.keep_stays()


@shared_task(name="cases.learn_usual_stays")
def learn_usual_stays() -> None:
    """What is usual for each stage, by last night's history."""
    learning.learn_usual_stays()


@shared_task(name="cases.plan_looks")
def plan_looks() -> None:
    """Ring for the sites that are to be looked at; where the agency does not watch, nobody is asked anything."""
    if not settings.WATCH:
        return
    heartbeat_outside.apply_async(expires=55)
    if is_anybody_outside():
        for watch_id in watching.plan_looks():
            _ring_for_look(watch_id)


@shared_task(name="cases.look")
def look(watch_id: int) -> None:
    """Goes out to a stranger's server: the workers that do this are those with a way out."""
    if settings.WATCH:
        watching.look(watch_id)


def ring_for_look(watch_id: int) -> None:
    """At once, when the row is there to be seen; a broker that is away delays and loses nothing."""
    transaction.on_commit(partial(_ring_for_look, watch_id), robust=True)


def _ring_for_look(watch_id: int) -> None:
    try:
        look.apply_async([watch_id], expires=watching.RING_AGAIN.total_seconds())
    except Exception as error:  # noqa: BLE001  each broker has its own; the plan rings again
        log.warning("bell.broker_away", error=type(error).__name__)


@shared_task(name="cases.do_run")
def do_run(run_id: int) -> None:
    """One act for many cases, for some minutes at most; it rings for itself again while some are left."""
    if not bulk.do_run(run_id):
        do_run.delay(run_id)


@shared_task(name="cases.do_waiting_runs")
def do_waiting_runs() -> None:
    """Ring again for what waits: a lost bell costs a minute."""
    for run_id in bulk.waiting_runs():
        do_run.delay(run_id)


def ring_for_run(run_id: int) -> None:
    """Wake a worker once the row is there for it to see; a broker that is away delays and loses nothing."""
    transaction.on_commit(partial(_ring, run_id), robust=True)


def _ring(run_id: int) -> None:
    try:
        do_run.delay(run_id)
    except Exception as error:  # noqa: BLE001  each broker has its own; beat rings again
        log.warning("bell.broker_away", error=type(error).__name__)
