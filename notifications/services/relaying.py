"""Both outboxes are emptied into promises; each event in one transaction with the mark that it was told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction

from cases.models import CaseEvent
from clients import sight
from clients.models import AuditEvent
from hooks.services import promise_events
from notifications import kinds, recipients
from notifications.recipients import ONLY_HERE, Telling
from notifications.services.planning import Occasion, database_now, plan

log = structlog.get_logger()

BATCH = 100
BATCHES = 200  # the next ring goes on


def relay_events(*, now: datetime | None = None) -> list[int]:
    """Empty both outboxes in the order of their ids; the ids of what is to be sent at once."""
    due: list[int] = []
    for relay in (_relay_people, _relay_cases):
        for _turn in range(BATCHES):
            count, found = relay(now)
            due += found
            if count < BATCH:
                break
    return due


def _relay_people(now: datetime | None) -> tuple[int, list[int]]:
    waiting = AuditEvent.objects.filter(relayed_at__isnull=True).select_related(
        "client", "by", "about", "invitation__invited_by"
    )
    return _relay(waiting, "audit", recipients.of_audit_event, now)


def _relay_cases(now: datetime | None) -> tuple[int, list[int]]:
    with sight.every_client():  # the scope is asked when a query is made, too
        waiting = CaseEvent.objects.filter(relayed_at__isnull=True).select_related(
            "case__account_manager", "case__client", "by"
        )
    return _relay(waiting, "case", recipients.of_case_event, now)


def _relay(waiting, name: str, tell: Callable, now: datetime | None) -> tuple[int, list[int]]:
    """One batch in one transaction; another relay beside this one takes other rows."""
    with sight.every_client():
        now = now or database_now()
        events = list(waiting.order_by("id").select_for_update(of=("self",), skip_locked=True)[:BATCH])
        due = [pk for event in events for pk in _promise(event, name, tell, now)]
        if events:
            model = type(events[0])
            if model is CaseEvent:
                promise_events(events, now)
            model.objects.filter(pk__in=[event.pk for event in events]).update(relayed_at=now)
    if events:
        log.info("events.relayed", outbox=name, count=len(events), due=len(due))
    return len(events), due


def _promise(event, name: str, tell: Callable, now: datetime) -> list[int]:
    """The rows of one event. One that cannot be read hurts itself only: a manager hears of it, the batch goes on."""
    case_id = getattr(event, "case_id", None)
    occasion = Occasion(f"event:{name}:{event.pk}", name, event.pk, event.client_id, case_id)
    try:
        with transaction.atomic():
            return plan(occasion, tell(event), now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the whole batch waits for the next ring
    except Exception as error:  # noqa: BLE001  whatever a poisonous event raises
        log.error("event.untold", outbox=name, row=event.pk, kind=event.kind, error=type(error).__name__)
        people = recipients.managers()
        told = [Telling(person, kinds.UNTOLD, ONLY_HERE, {"event": event.kind}) for person in people]
        return plan(occasion, told, now=now)
