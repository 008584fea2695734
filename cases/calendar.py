"""What a person has to mind as a calendar: one entry a running clock or duty after the licence, by a name that stays.

No one's name stands in it.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cases import agenda, errands, words
from cases.deadlines import beijing_day
from cases.models import Deadline, DeadlineState, Duty
from cases.models.case import WaitingOn
from cases.queries import cases_for, requirements_for
from clients.models import User

MOST = 500  # entries, the next due first
AHEAD = timedelta(days=366)  # a duty of years ahead is nobody's business yet
READ_AGAIN = timedelta(hours=1)


def calendar_of(user: User) -> bytes:
    """The whole calendar, in the language that is active; call in the person's own sight.

    It changes when a duty does and not by the hour, so that its hash says whether there is anything new.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//ICP portal//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _("Filings: what falls due"))
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for deadline in clocks_of(user):
        calendar.add_component(_entry(deadline))
    for duty in _after_the_licence(user):
        calendar.add_component(_entry_of_duty(duty))
    return calendar.to_ical()


def clocks_of(user: User) -> list[Deadline]:
    """For the agency's people the running clocks of the cases they answer for; for a client's what they must do."""
    running = Deadline.objects.filter(state=DeadlineState.RUNNING)
    running = running.select_related("case").order_by("due_at", "id")
    if user.standing.is_agency:
        return list(running.filter(case__account_manager=user)[:MOST])
    theirs = running.filter(case__in=cases_for(user), waiting_on=WaitingOn.CLIENT)
    theirs = theirs.prefetch_related("case__people", "case__requirements")
    return [one for one in theirs[:MOST] if _is_asked_of(user, one)]


def _is_asked_of(user: User, deadline: Deadline) -> bool:
    """Of a responsible person: the ministry's code that they get, and what of their own papers is open."""
    case = deadline.case
    if user.standing.is_contact_of(case.client_id):
        return True
    if deadline.kind == "sms_code":
        return bool(case.parts_of(user) & set(errands.sms_people(case)))
    if deadline.kind in ("photo", "returned_fix"):
        return any(paper.is_open for paper in requirements_for(user, case))
    return False


def _entry(deadline: Deadline) -> Event:
    """What lasts hours ends at its minute; the rest is due on a day of Beijing's."""
    case = deadline.case
    entry = Event()
    entry.add("uid", f"{case.reference}-{deadline.kind}@{urlsplit(settings.BASE_URL).hostname}".lower())
    entry.add("dtstamp", deadline.started_at)
    if deadline.unit == "hours":
        entry.add("dtstart", deadline.due_at)
    else:
        entry.add("dtstart", beijing_day(deadline.due_at))
    entry.add("summary", f"{case.reference} · {words.clock_name(deadline.kind)}")
    entry.add("description", _about(deadline))
    entry.add("url", settings.BASE_URL + case.get_absolute_url())
    entry.add("transp", "TRANSPARENT")
    return entry


def _after_the_licence(user: User) -> list[Duty]:
    """For the agency's people those of the cases they answer for; for a client's their own."""
    duties = agenda.duties_for(user).filter(due_on__lte=beijing_day(timezone.now()) + AHEAD)
    duties = duties.select_related("case").order_by("due_on", "id")
    if user.standing.is_agency:
        duties = duties.filter(case__account_manager=user)
    return list(duties[:MOST])


def _entry_of_duty(duty: Duty) -> Event:
    """A day of Beijing's; what it is about by its name alone, whosever ID or licence it is."""
    case = duty.case
    entry = Event()
    entry.add("uid", f"{duty.reference}@{urlsplit(settings.BASE_URL).hostname}".lower())
    entry.add("dtstamp", duty.changed_at)
    entry.add("dtstart", duty.due_on)
    entry.add("summary", f"{case.reference} · {words.duty_name(duty.kind)}")
    entry.add("description", case.domain_name)
    entry.add("url", settings.BASE_URL + case.get_absolute_url())
    entry.add("transp", "TRANSPARENT")
    return entry


def _about(deadline: Deadline) -> str:
    """Which site, whose move, and whether the day may still shift."""
    lines = [
        deadline.case.domain_name,
        _("Waiting on: %(party)s") % {"party": words.party(deadline.waiting_on)},
        _("Provisional: the holidays of that year are not published yet.") if deadline.is_provisional else "",
    ]
    return "\n".join(line for line in lines if line)
