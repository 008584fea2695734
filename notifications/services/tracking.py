"""What a mail provider tells of a mail afterwards: it came back, it waits, its reader did not want it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import structlog
from anymail.signals import AnymailTrackingEvent, EventType

from clients import sight
from notifications import kinds, recipients
from notifications.models import Channel, Notification, State
from notifications.recipients import ONLY_HERE, Telling
from notifications.services.delivering import tell_of_failure
from notifications.services.planning import Occasion, database_now, plan
from notifications.services.reading import switch_reminders

log = structlog.get_logger()

CAME_BACK = {
    EventType.BOUNCED: "mail_bounced",
    EventType.REJECTED: "mail_rejected",
    EventType.FAILED: "mail_rejected",
}
# As `channels/mail.py` writes it: the row's reference, with the number of the try where each is another letter.
REFERENCE = re.compile(r"<?(N-[0-9A-Z]{6,20})(?:\.\d{1,3})?(?:@[^\s<>]{1,253}>?)?")


def hear_of_mail(event: AnymailTrackingEvent, *, now: datetime | None = None) -> str:
    """Settle the row that the event is about; told twice it is one. The code of what was learned, or nothing."""
    reference = _reference_in(event)
    if not reference:
        return ""
    with sight.every_client():
        now = now or database_now()
        held = Notification.objects.filter(reference=reference, channel=Channel.MAIL)
        row = held.select_for_update(of=("self",)).select_related("recipient", "case", "client").first()
        learned = _learn(row, event.event_type, now) if row else ""
    if learned:
        log.info("notification.heard", notification=reference, reason=learned)
    return learned


def _reference_in(event: AnymailTrackingEvent) -> str:
    told: Any = event.metadata if isinstance(event.metadata, dict) else {}
    for word in (told.get("notification"), event.message_id):
        if isinstance(word, str) and (found := REFERENCE.fullmatch(word.strip())):
            return found[1]
    return ""


def _learn(row: Notification, kind: str, now: datetime) -> str:
    if kind in CAME_BACK:
        return _came_back(row, CAME_BACK[kind], now)
    if kind == EventType.COMPLAINED:
        return _was_unwanted(row, now)
    if kind == EventType.DEFERRED:
        waits = Notification.objects.filter(pk=row.pk, state=State.SENT, reason="")
        return "mail_deferred" if waits.update(reason="mail_deferred") else ""
    if kind == EventType.DELIVERED:
        Notification.objects.filter(pk=row.pk, state=State.SENT, reason="mail_deferred").update(reason="")
    return ""


def _came_back(row: Notification, reason: str, now: datetime) -> str:
    """It had gone out; now it is a task for somebody, as where the server refuses it at once."""
    sent = Notification.objects.filter(pk=row.pk, state=State.SENT)
    if not sent.update(state=State.BOUNCED, reason=reason):
        return ""
    tell_of_failure(row, State.BOUNCED, now)
    return reason


def _was_unwanted(row: Notification, now: datetime) -> str:
    """Whoever marks our mails as unwanted gets no reminders by mail; what is essential goes on, and managers call."""
    if (
        not Notification.objects.filter(pk=row.pk)
        .exclude(reason="mail_complained")
        .update(reason="mail_complained")
    ):
        return ""
    if row.recipient is not None:
        switch_reminders(row.recipient.reference, on=False)
    told = [
        Telling(one, kinds.COMPLAINED, ONLY_HERE, {"notification": row.reference})
        for one in recipients.managers()
    ]
    plan(Occasion(f"complained:{row.pk}", "complained", row.pk, row.client_id, row.case_id), told, now=now)
    return "mail_complained"
