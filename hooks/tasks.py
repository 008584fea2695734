"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from clients.bells import ring
from clients.tasks import heartbeat_outside, is_anybody_outside
from hooks import services


@shared_task(name="hooks.claim_due")
def claim_due() -> None:
    """Sign what is due and ring for those with a way out; where none of them lives, all of it waits unsigned."""
    services.promise_missed_deadlines(now=timezone.now())
    if not services.is_anything_due():
        return
    heartbeat_outside.apply_async(expires=55)
    if is_anybody_outside():
        for delivery_id in services.claim_due():
            ring(send, delivery_id, expires=240)


@shared_task(name="hooks.send")
def send(delivery_id: int) -> None:
    """Goes out to the agency's other systems: by workers with a way out."""
    services.send(delivery_id)


@shared_task(name="hooks.sweep")
def sweep() -> None:
    services.sweep()


def ring_if_due_when_committed() -> None:
    transaction.on_commit(ring_if_due, robust=True)


def ring_if_due() -> None:
    """At once, where anything is."""
    if services.is_anything_due():
        ring(claim_due)
