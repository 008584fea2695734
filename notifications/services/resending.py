"""Send it again by hand: what waits goes at once, what is over gets a second row beside the first."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied

from cases.queries import may_see
from cases.services import phones
from clients import sight
from clients.models import User
from notifications.models import Channel, Notification, State
from notifications.recipients import Telling
from notifications.services.planning import Occasion, database_now, plan


def send_again(notification: Notification, by: User, *, now: datetime | None = None) -> Notification:
    """The row that is now to be sent: the same one where it still waited, else a new one; twice asked is once done.

    Of a code there is no second copy: a new one is asked for, which raises `TooMany` or `Invalid` as that does.
    """
    if not by.standing.is_agency or not may_see(by, notification.client_id, notification.case):
        raise PermissionDenied
    if notification.channel == Channel.SMS and notification.case is not None:
        # Sent again it would be another code with three more tries: asked for as everybody asks, and as often.
        phones.ask_code(notification.case, notification.data.get("part", ""), by=by)
        return notification
    with sight.every_client(user_id=by.pk):
        now = now or database_now()
        waiting = Notification.objects.filter(pk=notification.pk, state=State.PLANNED)
        if waiting.update(next_try_at=now, due_at=now) or notification.channel == Channel.IN_APP:
            return Notification.objects.get(pk=notification.pk)
        name = f"again:{notification.pk}"
        told = Telling(
            notification.recipient,
            notification.kind,
            (notification.channel,),
            notification.data,
            to=notification.to,
            language=notification.language,
        )
        occasion = Occasion(
            name,
            notification.source,
            notification.source_id,
            notification.client_id,
            notification.case_id,
        )
        plan(occasion, [told], now=now, as_chosen=False)
        return Notification.objects.get(key__startswith=f"{name}:")
