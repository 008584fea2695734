"""What is to be destroyed soon and not released: each working day one message a manager, however many papers there are.

The day's own name makes the key, as the week's does of the digest.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from clients import sight
from notifications import kinds, recipients
from notifications.destroying import is_waiting
from notifications.models import Notification
from notifications.recipients import BOTH, Telling
from notifications.services.planning import Occasion, database_now, rows_of, write
from trade.days import BEIJING, is_working_day
from trade.reminders import next_open

log = structlog.get_logger()

SOURCE = "destroying"


def warn_of_destroying(*, now: datetime | None = None) -> list[int]:
    """Today's, if something waits and it is not promised yet; the ids of what is to be sent at once."""
    with sight.every_client():
        now = now or database_now()
        today = now.astimezone(BEIJING).date()
        if next_open(now) != now or not is_working_day(today):
            return []
        occasion = Occasion(f"{SOURCE}:{today}", SOURCE, None)
        # All of a day are promised in one transaction: one of them there is all of them there.
        if Notification.objects.filter(key__startswith=f"{occasion.name}:").exists() or not is_waiting(today):
            return []
        data = {"day": today.isoformat()}
        people = {one.pk: one for one in (*recipients.managers(), *recipients.administrators())}
        told = recipients.with_stand_ins(people.values())
        rows = rows_of(occasion, (Telling(one, kinds.PAPERS_DUE, BOTH, data) for one in told), now)
        due = write(rows, now)
    log.info("destroying.warned", count=len(rows), due=len(due))
    return due
