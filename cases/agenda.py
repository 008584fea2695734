"""Reading duties after the licence: whose, along the day they fall due, of a case, of a month."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import BigAutoField, Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from cases.aftercare import AHEAD, PERSONS
from cases.models import Case, Duty, DutyState, Person
from cases.queries import PAGE, RowAfter
from clients.asking import Statement
from clients.kept import Kept
from clients.models import Role, User

A_DAY = 4  # duties that are shown of each day of a month
COUNTED = 99  # are told by their number, more as more
OF_ONE_DAY = 100
OF_CASE = ("reference", "domain_name", "account_manager_id", "client__name", "client__name_zh")


def duties_for(user: User) -> QuerySet[Duty]:
    """Open duties in this person's sight; of a responsible person those of their own ID."""
    duties = Duty.objects.filter(state=DutyState.OPEN)
    standing = user.standing
    if standing.is_agency:
        return duties
    by_role: dict[str, list[int]] = {}
    for client_id, role in standing.by_client.items():
        by_role.setdefault(role, []).append(client_id)
    seen = Q(client_id__in=by_role.get(Role.CONTACT, []))
    if answering := by_role.get(Role.RESPONSIBLE):
        named = Person.objects.filter(client_id__in=answering, email__iexact=user.reader.email)
        for kind, part in PERSONS.items():
            seen |= Q(kind=kind, case__in=named.filter(part=part).values("case_id"))
    return duties.filter(seen)


_OF_CASE: Kept[Duty] = Kept(
    lambda case: Duty.objects.filter(state=DutyState.OPEN, case_id=case).order_by("due_on", "id"),
    case=BigAutoField(),
)


def duties_ahead(case: Case) -> Statement | None:
    """The statement that `duties_of` asks for the agency."""
    return _OF_CASE.ahead(case=case.pk)


def duties_of(user: User, case: Case) -> list[Duty]:
    """Those of one case, the next due first."""
    if user.standing.is_agency:
        return _OF_CASE(case=case.pk)
    return list(duties_for(user).filter(case=case).order_by("due_on", "id"))


class Asked(NamedTuple):
    """What a list of duties is narrowed to."""

    mine: bool = False
    kind: str = ""
    is_whole: bool = False  # beyond what falls due soon


def _narrowed(user: User, asked: Asked) -> QuerySet[Duty]:
    duties = duties_for(user)
    if asked.mine:
        duties = duties.filter(case__account_manager=user)
    return duties.filter(kind=asked.kind) if asked.kind else duties


def page_of_duties(
    user: User, asked: Asked, after: int | None, *, today: date, size: int = PAGE
) -> tuple[list[Duty], bool]:
    """Overdue ones and those of the next ninety days behind the duty `after`, and whether more follow."""
    duties = _narrowed(user, asked)
    if not asked.is_whole:
        duties = duties.filter(due_on__lte=today + timedelta(days=AHEAD))
    if after:
        last = Duty.objects.filter(pk=after).values_list("due_on", flat=True).first()
        if last is not None:
            duties = duties.filter(RowAfter(F("due_on"), F("id"), last, after))
    found = list(_whole(duties)[: size + 1])
    return found[:size], len(found) > size


def count_told(user: User, *, mine: bool, today: date) -> int:
    """How many have come so near that they are told, counted up to a hundred."""
    return _narrowed(user, Asked(mine=mine)).filter(tell_on__lte=today).order_by()[: COUNTED + 1].count()


def told_to(user: User, *, mine: bool, today: date, most: int) -> list[Duty]:
    """Those that have come so near, the next due first."""
    return list(_whole(_narrowed(user, Asked(mine=mine)).filter(tell_on__lte=today))[:most])


def _whole(duties: QuerySet[Duty]) -> QuerySet[Duty]:
    shown = (
        "reference",
        "kind",
        "due_on",
        "is_assumed",
        "changed_at",
        *(f"case__{name}" for name in OF_CASE),
    )
    manager = ("case__account_manager__name", "case__account_manager__email")
    rows = duties.select_related("case__client", "case__account_manager").only(*shown, *manager)
    return rows.order_by("due_on", "id")


# ── Months ──


@dataclass(frozen=True)
class OnDay:
    """The first duties of one day, and how many there are."""

    duties: list[Duty] = field(default_factory=list)
    count: int = 0


def duties_on_days(user: User, first: date, last: date, *, mine: bool) -> dict[date, OnDay]:
    """By day; two questions, however many duties there are."""
    chosen = (
        _narrowed(user, Asked(mine=mine))
        .filter(due_on__range=(first, last))
        .annotate(
            place=Window(RowNumber(), partition_by="due_on", order_by="id"),
            of=Window(Count("pk"), partition_by="due_on"),
        )
        .filter(place__lte=A_DAY)
        .values_list("pk", "of")
    )
    counts = dict(chosen)
    found: dict[date, OnDay] = {}
    for duty in _whole(Duty.objects.filter(pk__in=counts)):
        found.setdefault(duty.due_on, OnDay(count=counts[duty.pk])).duties.append(duty)
    return found


def duties_on(user: User, day: date, *, mine: bool) -> tuple[list[Duty], bool]:
    """Those of one day, and whether there are more than a page shows."""
    found = list(_whole(_narrowed(user, Asked(mine=mine)).filter(due_on=day))[: OF_ONE_DAY + 1])
    return found[:OF_ONE_DAY], len(found) > OF_ONE_DAY
