"""The bell: an event that was committed wakes the relay. It is the only signal in the house.

A lost bell costs a minute, never a message: beat rings anyway.
"""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction
from django.db.models.signals import post_save

from cases.models import CaseEvent
from clients.models import AuditEvent
from notifications.tasks import relay_events

log = structlog.get_logger()

# A page does not wait longer for a bell: one try, and a short one.
PATIENCE = {"socket_connect_timeout": 0.4, "socket_timeout": 0.7, "max_retries": 0, "interval_start": 0}


def hang() -> None:
    """Once, when the portal starts."""
    for outbox in (AuditEvent, CaseEvent):
        post_save.connect(_hear, sender=outbox, dispatch_uid=f"bell.{outbox.__name__}")


def _hear(sender, instance, created, raw=False, **_more) -> None:
    """Ring once a transaction, when it is committed."""
    if not created or raw or instance.relayed_at is not None or _rings_already():
        return
    transaction.on_commit(_ring, robust=True)


def _rings_already() -> bool:
    """A ring that waits goes only with a rollback that takes this event along as well."""
    return any(called is _ring for _, called, *_ in transaction.get_connection().run_on_commit)


def _ring() -> None:
    try:
        if current_app.conf.task_always_eager:
            relay_events.delay()
            return
        options = {**(current_app.conf.broker_transport_options or {}), **PATIENCE}
        with current_app.connection_for_write(transport_options=options) as line:
            relay_events.apply_async(connection=line, retry=False)
    except Exception as error:  # noqa: BLE001  each broker has its own; the sweep rings again
        log.warning("bell.broker_away", error=type(error).__name__)
