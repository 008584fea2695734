"""What wakes up later: ids only, a sight of its own, and no harm in running twice."""

from collections.abc import Iterable

import structlog
from celery import shared_task

from hooks.tasks import ring_if_due
from notifications import services

log = structlog.get_logger()

MOST_BELLS = 200  # beyond it one sweep does for all


@shared_task(name="notifications.relay_events")
def relay_events() -> None:
    ring_for(services.relay_events())
    ring_if_due()


@shared_task(name="notifications.deliver")
def deliver(notification_id: int) -> None:
    services.deliver(notification_id)


@shared_task(name="notifications.deliver_due")
def deliver_due() -> None:
    services.deliver_due()


@shared_task(name="notifications.sweep_deadlines")
def sweep_deadlines() -> None:
    ring_for(services.sweep_deadlines())


@shared_task(name="notifications.plan_digests")
def plan_digests() -> None:
    ring_for(services.plan_digests())


@shared_task(name="notifications.warn_of_destroying")
def warn_of_destroying() -> None:
    ring_for(services.warn_of_destroying())


@shared_task(name="notifications.watch_channels")
def watch_channels() -> None:
    ring_for(services.watch_channels())


def ring_for(ids: Iterable[int]) -> None:
    """Wake a worker for each; where the broker is away, the sweep finds them within the minute."""
    ids = list(ids)
    try:
        if len(ids) > MOST_BELLS:
            deliver_due.delay()
            return
        for pk in ids:
            deliver.delay(pk)
    except Exception as error:  # noqa: BLE001  each broker has its own
        log.warning("bell.broker_away", error=type(error).__name__)
