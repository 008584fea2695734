"""Which open cases a rule is about: whom a change of it would touch."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.models import Case, Deadline, Person, Reopening, Requirement
from cases.models.case import WaitingOn
from cases.queries import cases_for
from cases.services.clocks import RUNNING
from clients.models import User
from trade.clocks import CLOCKS
from trade.reminders import REMINDERS, of_clock


def _papers(**which: object) -> Exists:
    return Exists(Requirement.objects.filter(case=OuterRef("pk"), **which))


def _reason(code: str) -> Q:
    opened = Reopening.objects.filter(case=OuterRef("pk"), reason=code, closed_at__isnull=True)
    return Q(Exists(opened)) | Q(_papers(reasons__contains=[code]))


def _reminded(code: str) -> Q | Exists | None:
    """Whose clocks run that the rule is for, or who waits on the client."""
    rule = REMINDERS.get(code)
    if rule is None:
        return None
    if rule.is_of_turn:
        return Q(waiting_on=WaitingOn.CLIENT)
    kinds = [kind for kind in CLOCKS if rule in of_clock(kind)]
    return Exists(Deadline.objects.filter(case=OuterRef("pk"), kind__in=kinds, state__in=RUNNING))


# Of a table that is not here each open case is: names of sites, what is checked, numbers of the trade.
ABOUT: dict[str, Callable[[str], Q | Exists | None]] = {
    "provinces.province": lambda code: Q(province=code),
    "forms.bureau": lambda code: Q(province=code),
    "kinds.provider": lambda code: Q(provider=code),
    "packs.pack": lambda code: Q(provider=code),
    "kinds.subject_kind": lambda code: Q(subject__kind=code),
    "kinds.id_kind": lambda code: Exists(Person.objects.filter(case=OuterRef("pk"), id_kind=code)),
    "kinds.organisation_id_kind": lambda code: Q(subject__id_kind=code),
    "kinds.service": lambda code: Q(service=code),
    "kinds.photo_way": lambda code: Q(photo_way=code),
    "kinds.filing_kind": lambda code: Q(filing_kind=code),
    "clocks.usual": lambda code: Q(stage=code),
    "clocks.sms": lambda code: Q(filing_kind=code),
    "kinds.content": lambda code: Q(site__content__contains=[code]),
    "papers.paper": lambda code: _papers(kind=code),
    "forms.form": lambda code: _papers(kind=code),
    "reasons.reason": _reason,
    "clocks.clock": lambda code: Exists(
        Deadline.objects.filter(case=OuterRef("pk"), kind=code, state__in=RUNNING)
    ),
    "reminders.reminder": _reminded,
    # Read by the toolbox alone: no case stands on them.
    **{
        kind: lambda code: None
        for kind in (
            "messages.verdict",
            "messages.topic",
            "messages.doubt",
            "messages.reason",
            "messages.look",
            "hosts.host",
            "hosts.sender",
            "provinces.region",
        )
    },
}


def touched(kind: str, code: str, *, to: User) -> QuerySet[Case]:
    """The open cases in this person's sight that the rule is about."""
    rows = cases_for(to).open()  # type: ignore[attr-defined]
    if kind not in ABOUT:
        return rows
    which = ABOUT[kind](code)
    return rows.none() if which is None else rows.filter(which)
