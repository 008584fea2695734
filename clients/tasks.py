from datetime import datetime, timedelta

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

# What the health page reads: when beat last rang, when a worker last answered, how long the ring lay in the queue.
BEAT = "heartbeat.beat"
HEARTBEAT = "heartbeat"
QUEUE_DELAY = "heartbeat.delay"
OUTSIDE = "heartbeat.outside"  # a worker that has a way out
SENDING = "heartbeat.messages"  # a worker that sends messages
KEPT = 3600
SILENT = timedelta(minutes=5)


@shared_task(name="clients.heartbeat")
def heartbeat(rung_at: str = "") -> None:
    """A worker answers what beat rang."""
    now = timezone.now()
    cache.set(HEARTBEAT, now.isoformat(), KEPT)
    if rung_at:
        cache.set(QUEUE_DELAY, (now - datetime.fromisoformat(rung_at)).total_seconds(), KEPT)


@shared_task(name="clients.heartbeat_outside")
def heartbeat_outside() -> None:
    """A worker of those that look at strangers' servers answers."""
    cache.set(OUTSIDE, timezone.now().isoformat(), KEPT)


@shared_task(name="clients.heartbeat_messages")
def heartbeat_messages() -> None:
    """A worker of those that send messages answers."""
    cache.set(SENDING, timezone.now().isoformat(), KEPT)


def is_anybody_outside() -> bool:
    """One of them answered lately; else what is rung for would only pile up in their queue."""
    said = cache.get(OUTSIDE)
    return said is not None and timezone.now() - datetime.fromisoformat(said) < SILENT


def ring() -> str:
    """Beat lives: said by beat itself, for a worker that is away must not hide it; the moment it said so."""
    now = timezone.now().isoformat()
    cache.set(BEAT, now, KEPT)
    return now
