"""The API's list of what was or will be told to whom. Codes, tokens and numbers in clear never stand in it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Query, Router, Schema

from notifications.models import Notification
from notifications.queries import address_of, in_sight, page_of
from notifications.reasons import sentence_of

router = Router(tags=["notifications"])


class NotificationOut(Schema):
    """One delivery: by `in_app`, `mail`, `sms`, `chat` or `wechat`; it is `planned`, `claimed`, `sent`, `failed`,
    `bounced` or `suppressed`.
    """

    id: str
    kind: str
    to: str
    channel: str
    state: str
    case: str | None
    reason: str | None
    planned_at: datetime
    sent_at: datetime | None


class NotificationsOut(Schema):
    items: list[NotificationOut]
    next: str | None


@router.get("/notifications", response=NotificationsOut, summary="What was or will be told to whom")
def notifications(
    request: HttpRequest, case: str = Query("", max_length=24), cursor: str = Query("", max_length=400)
):
    """The newest first; the agency sees all in its sight, everybody else what was told to them."""
    rows = in_sight(request.user)
    if case:
        rows = rows.filter(case__reference=case.replace("\0", ""))
    page = page_of(rows, request.user, f"api:{case}", cursor)
    return {"items": [_shown(one) for one in page.items], "next": page.next}


def _shown(one: Notification) -> dict:
    return {
        "id": one.reference,
        "kind": one.kind,
        "to": address_of(one),
        "channel": one.channel,
        "state": one.state,
        "case": one.case.reference if one.case else None,
        "reason": sentence_of(one.reason) if one.reason else None,
        "planned_at": one.planned_at,
        "sent_at": one.sent_at,
    }
