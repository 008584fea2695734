"""What wakes up later: a sight of its own, and no harm in running twice."""

from time import monotonic

from celery import shared_task
from django.conf import settings

from cases.services import (
    bulk,
    catching_up,
    collisions,
    duties,
    incoming,
    learning,
    preflight,
    promising,
    refiling,
    watching,
)
from clients.bells import ring, ring_when_committed
from clients.tasks import heartbeat_outside, is_anybody_outside

RINGS_FOR = watching.RING_AGAIN.total_seconds()


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


@shared_task(name="cases.keep_duties")
def keep_duties() -> None:
    """Today's walk over the duties of filed sites, for a minute at most; beat rings again while some are left."""
    end = monotonic() + 55
    while duties.walk() and monotonic() < end:
        pass


@shared_task(name="cases.refile_renamed")
def refile_renamed() -> None:
    """Cases are found by their client's new name; for a minute at most, beat rings again while some are left."""
    end = monotonic() + 55
    refiling.file_unfiled()
    for client_id in refiling.renamed_clients():
        if monotonic() > end:
            break
        refiling.refile(client_id)


@shared_task(name="cases.keep_stays")
def keep_stays() -> None:
    """The stays that ended since the last time."""
    learning.keep_stays()


@shared_task(name="cases.learn_usual_stays")
def learn_usual_stays() -> None:
    """What is usual for each stage, by last night's history."""
    learning.learn_usual_stays()


@shared_task(name="cases.weigh_promises")
def weigh_promises() -> None:
    """Whether a launch date promised to a client is in danger, as days pass."""
    promising.weigh_all()


@shared_task(name="cases.plan_looks")
def plan_looks() -> None:
    """Ring for the sites that are to be looked at; where the agency does not watch, nobody is asked anything."""
    if not settings.WATCH:
        return
    heartbeat_outside.apply_async(expires=55)
    if is_anybody_outside():
        for watch_id in watching.plan_looks():
            ring(look, watch_id, expires=RINGS_FOR)


@shared_task(name="cases.look")
def look(watch_id: int) -> None:
    """Goes out to a stranger's server: the workers that do this are those with a way out."""
    if settings.WATCH:
        watching.look(watch_id)


def ring_for_look(watch_id: int) -> None:
    """At once, for somebody wants to know."""
    ring_when_committed(look, watch_id, expires=RINGS_FOR)


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
    for incoming_id in incoming.waiting():
        go_on_incoming.delay(incoming_id)


@shared_task(name="cases.go_on_incoming")
def go_on_incoming(incoming_id: int) -> None:
    """A spreadsheet, for some minutes at most; it rings for itself again while rows are left."""
    if not incoming.go_on(incoming_id):
        go_on_incoming.delay(incoming_id)


def ring_for_incoming(incoming_id: int) -> None:
    """For rows to be judged, brought in or taken back."""
    ring_when_committed(go_on_incoming, incoming_id)


def ring_for_run(run_id: int) -> None:
    """For what was confirmed."""
    ring_when_committed(do_run, run_id)
