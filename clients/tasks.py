from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

HEARTBEAT = "heartbeat"


@shared_task(name="clients.heartbeat")
def heartbeat() -> None:
    """Beat rang and a worker answered: both live."""
    cache.set(HEARTBEAT, timezone.now().isoformat(), 3600)
