"""What falls due on the days of a month: the first few clocks of each day, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate

from cases.deadlines import BEIJING, beijing_day, midnight
from cases.models import Deadline, DeadlineState
from cases.queries import cases_for
from clients.models import User

A_DAY = 4  # clocks that are shown of each day of a month
A_PAGE = 100  # of one day


@dataclass(frozen=True)
class Due:
    """The clocks of one day: the first of them, and how many more there are."""

    clocks: list[Deadline] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.clocks)


def _running(user: User, first: date, last: date, *, kind: str, mine: bool) -> QuerySet[Deadline]:
    """Running clocks in sight that end on these days; what is on hold stands still and ends on none."""
    begins, behind = midnight(first), midnight(last + timedelta(days=1))
    clocks = Deadline.objects.filter(state=DeadlineState.RUNNING, due_at__gte=begins, due_at__lt=behind)
    if not user.standing.is_agency:
        clocks = clocks.filter(case__in=cases_for(user))
    if kind:
        clocks = clocks.filter(kind=kind)
    return clocks.filter(case__account_manager=user) if mine else clocks


def due_on_days(
    user: User, first: date, last: date, *, kind: str = "", mine: bool = False
) -> dict[date, Due]:
    """By day; two questions, however many clocks there are."""
    day_due = TruncDate("due_at", tzinfo=BEIJING)
    chosen = (
        _running(user, first, last, kind=kind, mine=mine)
        .annotate(
            place=Window(RowNumber(), partition_by=day_due, order_by=[F("due_at"), F("id")]),
            of=Window(Count("pk"), partition_by=day_due),
        )
        .filter(place__lte=A_DAY)
        .values_list("pk", "of")
    )
    counts = dict(chosen)
    found: dict[date, Due] = {}
    for clock in _whole(Deadline.objects.filter(pk__in=counts)):
        day = beijing_day(clock.due_at)
        found.setdefault(day, Due(count=counts[clock.pk])).clocks.append(clock)
    return found


def due_on(
    user: User, day: date, after: int | None, *, kind: str = "", mine: bool = False
) -> tuple[list[Deadline], bool]:
    """The clocks of one day behind the clock `after`, a page of them, and whether more follow."""
    clocks = _running(user, day, day, kind=kind, mine=mine)
    if after:
        last = Deadline.objects.filter(pk=after).values_list("due_at", flat=True).first()
        if last is not None:
            clocks = clocks.filter(Q(due_at__gt=last) | Q(due_at=last, pk__gt=after))
    found = list(_whole(clocks)[: A_PAGE + 1])
    return found[:A_PAGE], len(found) > A_PAGE


def _whole(clocks: QuerySet[Deadline]) -> QuerySet[Deadline]:
    shown = ("kind", "unit", "due_at", "waiting_on", "is_provisional")
    of_case = ("reference", "domain_name", "on_hold", "account_manager_id", "client__name", "client__name_zh")
    only = [*shown, *(f"case__{name}" for name in of_case)]
    return clocks.select_related("case__client").only(*only).order_by("due_at", "id")


def weeks_of(first: date) -> list[list[date]]:
    """The weeks of a month from Monday to Sunday, with what they hold of its neighbours."""
    begins = first - timedelta(days=first.weekday())
    behind = next_month(first)
    weeks: list[list[date]] = []
    while begins < behind:
        weeks.append([begins + timedelta(days=n) for n in range(7)])
        begins += timedelta(days=7)
    return weeks


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
