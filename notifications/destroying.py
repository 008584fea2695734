"""What is told of papers that go soon: counted when it is sent, so that nobody hears of what was released meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients import sight
from clients.queries import the_agency
from clients.templatetags.look import day, today
from documents import keeping
from notifications import kinds
from notifications.letters import About, Content, NotWanted, address


def is_waiting(on: date) -> bool:
    """Whether somebody is to look at what goes soon."""
    return _unreleased(on).exists()


def _unreleased(on: date):
    """Whose end comes within the days of warning, and which two persons have not released; a hold needs no look."""
    until = on + timedelta(days=the_agency().destroying_warned_days)
    rows = keeping.nearing(until).filter(is_held=False, destroying_at__isnull=True)
    return rows.filter(release__second_by__isnull=True)


def papers_due(about: About) -> Content:
    """How many, of how many clients, and from which day on. Of a day that is over nobody is told."""
    if about.notification.data.get("day") != today().isoformat():
        raise NotWanted
    with sight.every_client():
        rows = _unreleased(today())
        papers = rows.count()
        clients = rows.order_by().values("client").distinct().count()
        first = rows.aggregate(licensed=Min("case__licensed_on"))["licensed"]
    if not papers:
        raise NotWanted
    goes_on = first + timedelta(days=the_agency().identity_papers_kept_days) if first else None
    of = ngettext("of %(n)d client", "of %(n)d clients", clients) % {"n": clients}
    count = ngettext("%(n)d paper", "%(n)d papers", papers) % {"n": papers}
    return Content(
        kinds.PAPERS_DUE,
        {"papers": f"{count} {of}"},
        items=[_("The first day is %(day)s.") % {"day": day(goes_on)}] if goes_on else [],
        label=_("Open the list"),
        link=address(reverse("documents:destroying")),
        why=_("You get this once a working day, while something waits to be released."),
    )
