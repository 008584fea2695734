"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from celery import shared_task

from clients.bells import ring_when_committed
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


def ring_for_copy(copy_id: int) -> None:
    """For a copy that was asked for."""
    ring_when_committed(make_copy, copy_id)
