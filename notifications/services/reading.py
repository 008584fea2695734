"""What a person does with their messages: reads them, and says which they want by mail."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from clients import sight
from clients.models import User
from clients.services.traces import record
from notifications.models import Notification


def mark_read(user: User, references: Iterable[str] | None = None) -> int:
    """These messages of theirs, or all, have been looked at."""
    rows = Notification.own.unread(user)
    if references is not None:
        rows = rows.filter(reference__in=list(references))
    return rows.update(read_at=timezone.now())


def switch_reminders(reference: str, *, on: bool) -> bool:
    """The person of this reference wants reminders by mail, or no more; False where there is nobody.

    Asked for by the link in a mail, without signing in: the signature in the link is the right to do it.
    """
    with sight.at_the_door():
        person = User.objects.filter(reference=reference).first()
        if person is None:
            return False
        changed = User.objects.filter(pk=person.pk, wants_reminders=not on).update(wants_reminders=on)
        if changed:
            record("reminders.switched", by=None, about=person, on=on)
    return True
