"""Sending: claimed and signed by a worker that has the keys, handed over by one that has a way out and no key.

Each step ends in the database before the next begins. Killed at any line, the claim goes stale in five minutes and it
is tried again, with the same id: the other side may get it twice, and knows it by that.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import F
from django.utils import timezone

from clients.fetching import PUBLIC, NotFetched, Terms, post
from clients.services.traces import record
from clients.sight import every_client
from hooks.models import STALE, Delivery, Hook, State
from hooks.signing import sign

log = structlog.get_logger()

TERMS = replace(PUBLIC, schemes=("https",), redirects=0, seconds=15)
# After each try that came to nothing; then it is left. Standard Webhooks asks for no less.
WAITS = [
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60)
]
GIVES_UP = timedelta(
    days=5
)  # no try came to anything for so long: the address is switched off, and somebody told
KEPT = timedelta(days=30)
AT_ONCE = 50  # of one address; of one that fails a single one at a time
FRESH = STALE - timedelta(minutes=1)  # an older signature would be refused at the other side
GONE = 410


def is_anything_due(*, now: datetime | None = None) -> bool:
    with every_client():
        return _due(now or timezone.now()).exists()


def _due(now: datetime):
    return Delivery.objects.due(now).filter(hook__is_paused=False, hook__disabled_at__isnull=True)


def claim_due(*, now: datetime | None = None) -> list[int]:
    """Sign what is due, the oldest of each address first; the ids of what is to be handed over."""
    with every_client():
        now = now or timezone.now()
        mine: list[Delivery] = []
        for hook in Hook.objects.filter(pk__in=_due(now).values("hook_id")):
            rows = _due(now).filter(hook=hook).order_by("next_try_at", "id")
            most = 1 if hook.failing_since else AT_ONCE
            for one in rows.select_for_update(skip_locked=True, of=("self",))[:most]:
                one.state, one.claimed_at, one.handed_at = State.CLAIMED, now, None
                one.tries += 1
                at, body = int(now.timestamp()), body_of(one)
                one.signatures = " ".join(sign(key, one.reference, at, body) for key in hook.secrets(now))
                mine.append(one)
        Delivery.objects.bulk_update(mine, ["state", "claimed_at", "handed_at", "tries", "signatures"])
    return [one.pk for one in mine]


def body_of(delivery: Delivery) -> bytes:
    """The same bytes each time, for they are signed in one place and sent from another."""
    told = {
        "type": delivery.event,
        "timestamp": delivery.happened_at.isoformat(),
        "data": delivery.data,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def send(delivery_id: int, *, now: datetime | None = None, terms: Terms = TERMS) -> str:
    """Hand over what was claimed; the state it came to, empty where it was not ours."""
    moment = now or timezone.now()
    with every_client():
        claimed = Delivery.objects.filter(
            pk=delivery_id, state=State.CLAIMED, handed_at__isnull=True, claimed_at__gt=moment - FRESH
        )
        if not claimed.update(handed_at=moment):
            return ""
        one = Delivery.objects.select_related("hook").get(pk=delivery_id)
        if one.hook.is_held:
            Delivery.objects.claimed_as(one).update(state=State.PLANNED, tries=F("tries") - 1)
            return State.PLANNED
    status, reason = _handed_over(one, terms)
    return _settle(one, status, reason, now or timezone.now())


def _handed_over(one: Delivery, terms: Terms) -> tuple[int | None, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "icp-portal (+webhook)",
        "webhook-id": one.reference,
        "webhook-timestamp": str(int(one.claimed_at.timestamp())),
        "webhook-signature": one.signatures,
    }
    try:
        status = post(one.hook.url, body_of(one), headers, terms)
    except NotFetched as refused:
        return None, refused.code
    return status, "" if 200 <= status < 300 else "gone" if status == GONE else "answer"


def _settle(one: Delivery, status: int | None, reason: str, now: datetime) -> str:
    """How it ended, with what follows from it, in one transaction."""
    is_over = bool(reason) and one.tries > len(WAITS)
    state = State.SENT if not reason else State.FAILED if is_over else State.PLANNED
    with every_client():
        told: dict[str, Any] = {"state": state, "status": status, "reason": reason}
        if state == State.SENT:
            told["sent_at"] = now
        elif state == State.PLANNED:
            told |= {"next_try_at": now + WAITS[one.tries - 1], "claimed_at": None, "handed_at": None}
        if not Delivery.objects.claimed_as(one).update(**told):
            return ""
        if state == State.SENT:
            Hook.objects.filter(pk=one.hook_id).update(failing_since=None, answered_at=now)
        else:
            _blame(one.hook, reason, now)
    log.info("hook." + state, delivery=one.reference, reason=reason, status=status, tries=one.tries)
    return state


def _blame(hook: Hook, reason: str, now: datetime) -> None:
    Hook.objects.filter(pk=hook.pk, failing_since__isnull=True).update(failing_since=now)
    dead = Hook.objects.filter(pk=hook.pk, disabled_at__isnull=True)
    if reason != "gone":
        dead = dead.filter(failing_since__lte=now - GIVES_UP)
    if dead.update(disabled_at=now):
        record("hook.disabled", by=None, hook=hook.reference, name=hook.name)
        log.warning("hook.disabled", hook=hook.reference)


def sweep(*, now: datetime | None = None) -> int:
    """The log is kept for thirty days, and with it whatever waited for so long."""
    with every_client():
        old = Delivery.objects.filter(planned_at__lt=(now or timezone.now()) - KEPT)
        return old.delete()[0]
