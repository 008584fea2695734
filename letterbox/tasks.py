"""What wakes up later."""

from celery import shared_task

from letterbox import services


@shared_task(name="letterbox.sweep")
def sweep() -> None:
    services.sweep()
