"""What wakes up later: a sight of its own, and no harm in running twice."""

from time import monotonic

from celery import shared_task

from cases.services import catching_up, collisions, learning, preflight, refiling


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
