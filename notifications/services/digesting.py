"""What falls due after the licence, told once a week at most: one message a person, whatever beat and workers do.

The week's own name makes the key. It is planned in the first open hour of the week's first working day; where nobody
was there to do it, in the first that follows. A week that has no working day is told of with the next.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from cases.models import Duty, DutyState
from clients import sight
from clients.models import User
from notifications import kinds, recipients
from notifications.models import Notification
from notifications.recipients import BOTH, Telling
from notifications.services.planning import Occasion, database_now, rows_of, write
from trade.days import BEIJING, is_working_day
from trade.reminders import next_open

log = structlog.get_logger()

SOURCE = "aftercare"


def week_of(day: date) -> str:
    """2026-W09, by Beijing's days."""
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02d}"


def first_working_day(day: date) -> date:
    """Of the week that this working day lies in."""
    first = day - timedelta(days=day.weekday())
    while not is_working_day(first):
        first += timedelta(days=1)
    return first


def plan_digests(*, now: datetime | None = None) -> list[int]:
    """This week's digests, if they are due and not promised yet; the ids of what is to be sent at once."""
    with sight.every_client():
        now = now or database_now()
        if next_open(now) != now:
            return []
        today = now.astimezone(BEIJING).date()
        occasion = Occasion(f"{SOURCE}:{week_of(today)}", SOURCE, None)
        # All of a week are promised in one transaction: one of them there is all of them there.
        if Notification.objects.filter(key__startswith=f"{occasion.name}:").exists():
            return []
        data = {"week": week_of(today)}
        people = _people(first_working_day(today))
        rows = rows_of(occasion, (Telling(one, kinds.AFTERCARE, BOTH, data) for one in people), now)
        due = write(rows, now)
    if rows:
        log.info("digests.planned", count=len(rows), due=len(due))
    return due


def _people(day: date) -> list[User]:
    """Who has something that is told on that day: who answers for the cases, and the contacts of their clients."""
    told = Duty.objects.filter(state=DutyState.OPEN, tell_on__lte=day).order_by()
    answering = set(told.values_list("case__account_manager_id", flat=True).distinct())
    staff = recipients.agency_people()
    at_desk = [staff[pk] for pk in answering & staff.keys()]
    if answering - staff.keys():
        at_desk += recipients.managers()
    found = {one.pk: one for one in recipients.with_stand_ins(at_desk)}
    of_client = recipients.contacts_of(told.values_list("client_id", flat=True).distinct())
    found |= {one.pk: one for people in of_client.values() for one in people}
    return [found[pk] for pk in sorted(found)]
