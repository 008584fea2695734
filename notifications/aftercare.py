"""What is told after the licence: the week's digest, and a provider's check. Worked out at the sending like others."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import agenda, words
from cases.aftercare import BY_NOTICE
from cases.models import Duty, DutyState
from clients import sight
from clients.models import User
from clients.queries import covered_by
from clients.templatetags.look import day, due_words, today
from notifications import kinds, recipients
from notifications.letters import About, Content, NotWanted, address
from notifications.models import Notification
from trade.aftercare import DUTIES

LINES = 40  # of one letter; the rest is counted


def digest(about: About) -> Content:
    """What has come so near that it is told; of a week that is over, or where nothing is left, nobody is told."""
    person = about.notification.recipient
    year, week, _day = today().isocalendar()
    if person is None or about.notification.data.get("week") != f"{year}-W{week:02d}":
        raise NotWanted
    duties = told_to(person)
    if not duties:
        raise NotWanted
    return _to_agency(duties, person) if person.standing.is_agency else _to_client(duties)


def told_to(person: User) -> list[Duty]:
    """In the person's own sight: of the agency's people, the cases they answer for; of a client's, all of theirs."""
    with sight.sight_of(person):
        duties = agenda.duties_for(person).filter(tell_on__lte=today()).select_related("case__client")
        if person.standing.is_agency:
            answering = {person.pk, *(one.pk for one in covered_by(person, today()))}
            mine = Q(case__account_manager__in=answering)
            if answering & {one.pk for one in recipients.managers()}:
                # Nobody's cases, and those of people who have left, are the managers'.
                mine |= Q(case__account_manager__isnull=True)
                mine |= ~Q(case__account_manager__in=recipients.agency_people().keys())
            duties = duties.filter(mine)
        return list(duties.defer("case__filed_under").order_by("due_on", "id"))


def _lines(duties: Iterable[Duty], *, with_client: bool) -> list[str]:
    """One line for what falls due for several sites of a client at once, such as the ID of the one head."""
    grouped: dict[tuple, list[Duty]] = {}
    for one in duties:
        grouped.setdefault((one.due_on, one.kind, one.client_id), []).append(one)
    lines = []
    for (due_on, kind, _client), several in grouped.items():
        sites = ", ".join(one.case.domain_name or one.case.reference for one in several)
        whose = f"{several[0].case.client.name}, " if with_client else ""
        left = due_words(due_on)
        when = f"{day(due_on)}, {left}" if left else day(due_on)
        lines.append(f"· {when}: {words.duty_name(kind)} ({whose}{sites})")
    more = len(lines) - LINES
    if more > 0:
        lines = [*lines[:LINES], ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}]
    return lines


def _how_many(n: int) -> str:
    return ngettext("one thing comes up", "%(n)d things come up", n) % {"n": n}


def _to_agency(duties: list[Duty], person: User) -> Content:
    # Whoever stands in reads of others' filings too: all duties then, for "mine" would hide what is told here.
    is_all_theirs = all(one.case.account_manager_id == person.pk for one in duties)
    late = sum(1 for one in duties if one.due_on < today())
    overdue = ngettext("%(n)d of them is overdue.", "%(n)d of them are overdue.", late) % {"n": late}
    return Content(
        "aftercare.desk",
        {"duties": _how_many(len(duties))},
        items=[*([overdue] if late else []), *_lines(duties, with_client=True)],
        label=_("Open the list"),
        link=address(reverse("cases:duty-list") + ("?whose=mine" if is_all_theirs else "")),
        why=_("You get this once a week at most, while something comes up."),
    )


def _to_client(duties: list[Duty]) -> Content:
    codes = dict.fromkeys(one.kind for one in duties)
    return Content(
        kinds.AFTERCARE,
        {"duties": _how_many(len(duties))},
        items=_lines(duties, with_client=False),
        notes=[str(DUTIES[code].plain) for code in codes if code in DUTIES],
        label=_("Open my filings"),
        link=address(reverse("home")),
        why=_("You get this once a week at most, while something comes up."),
    )


def check(about: About) -> Content:
    """The provider checks the filing; once that is settled nobody needs to hear of it."""
    row = Duty.objects.filter(case=about.case, kind=BY_NOTICE, state=DutyState.OPEN).first()
    if row is None:
        raise NotWanted
    return Content("check.noticed", {"day": day(row.due_on)}, note=row.note)


def link_of(notification: Notification) -> str:
    """Where the line in the portal leads, of what hangs on no case."""
    if notification.kind.startswith("consent.") and notification.client is not None:
        return reverse("clients:client-detail", args=[notification.client.reference])
    if notification.kind == kinds.ERASED_THERE:
        named = notification.data.get("clients", [])
        return (
            reverse("clients:client-detail", args=named)
            if len(named) == 1
            else reverse("clients:client-list")
        )
    if notification.kind == kinds.PAPERS_DUE:
        return reverse("documents:destroying")
    if notification.kind != kinds.AFTERCARE or notification.recipient is None:
        return ""
    is_agency = notification.recipient.standing.is_agency
    return f"{reverse('cases:duty-list')}?whose=mine" if is_agency else reverse("home")
