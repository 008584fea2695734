"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from celery import shared_task

from clients.bells import ring_when_committed
from documents import services as papers
from rights import services


@shared_task(name="rights.make_copy")
def make_copy(copy_id: int) -> None:
    services.make_copy(copy_id)


@shared_task(name="rights.make_waiting")
def make_waiting() -> None:
    for copy_id in services.waiting_copies():
        make_copy.delay(copy_id)


@shared_task(name="rights.sweep_copies")
def sweep_copies() -> None:
    services.sweep_copies()


@shared_task(name="rights.destroy_due")
def destroy_due() -> None:
    """Papers whose day has come, and the copies in which they are."""
    papers.destroy_due(beside=services.copies_with)


@shared_task(name="rights.replay_destroyed")
def replay_destroyed() -> None:
    """What an older copy of database or store has brought back goes again."""
    papers.replay_destroyed(beside=services.copies_with)
    services.replay_erased()


@shared_task(name="rights.carry_out")
def carry_out(erasure_id: int) -> None:
    services.carry_out(erasure_id)


@shared_task(name="rights.carry_out_waiting")
def carry_out_waiting() -> None:
    """What was decided, and what waits for its receipt."""
    for erasure_id in services.waiting_erasures():
        carry_out.delay(erasure_id)


@shared_task(name="rights.sweep_remainders")
def sweep_remainders() -> None:
    """What a rule kept of an erased person, on its day; and whoever waits for an answer whose day is near."""
    services.sweep_remainders()
    services.remind_of_answers()


def ring_for_erasure(erasure_id: int) -> None:
    """For one that was granted."""
    ring_when_committed(carry_out, erasure_id)


def ring_for_copy(copy_id: int) -> None:
    """For a copy that was asked for."""
    ring_when_committed(make_copy, copy_id)
