"""Reading cases: which ones a person has in sight, and the list of them, for the pages and the API alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.core import signing
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cases import search
from cases.deadlines import BEIJING, beijing_day
from cases.models import (
    Case,
    CaseEvent,
    Collision,
    Person,
    Proposal,
    ProposalState,
    Requirement,
    RequirementState,
)
from cases.models.event import Audience
from clients.models import Client, Role, User
from clients.refusals import Invalid, error

PAGE = 50
LARGEST_PAGE = 100
CHUNK = 200  # candidates of a search that are looked at in one go
CHUNKS = 25  # and how often, before the page ends with what was found


# ── Whose ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def cases_for(user: User) -> QuerySet[Case]:
    """The cases in this person's sight; a responsible person's are those that name them as head or manager."""
    cases = Case.objects.all()
    standing = user.standing
    if standing.is_agency:
        return cases
    by_role: dict[str, list[int]] = {}
    for client_id, role in standing.by_client.items():
        by_role.setdefault(role, []).append(client_id)
    seen = Q(client_id__in=by_role.get(Role.CONTACT, []))
    if answering := by_role.get(Role.RESPONSIBLE):
        theirs = Person.objects.filter(client_id__in=answering, email__iexact=user.email)
        seen |= Q(pk__in=theirs.values("case_id"))
    return cases.filter(seen)


def requirements_for(user: User, case: Case) -> list[Requirement]:
    """What this person sees of the checklist: a responsible person their own part only."""
    asked = list(case.requirements.all())
    parts = parts_seen(user, case)
    return asked if parts is None else [one for one in asked if one.of in parts]


def parts_seen(user: User, case: Case) -> set[str] | None:
    """`head`, `manager` where the person is only that in this case; None where they see the whole."""
    if user.standing.by_client.get(case.client_id) != Role.RESPONSIBLE or user.standing.is_agency:
        return None
    return case.parts_of(user)


def events_for(user: User, case: Case) -> QuerySet[CaseEvent]:
    """The history, oldest first; a client reads what is meant for both sides, a responsible person the road alone."""
    events = case.events.select_related("by").order_by("at", "id")
    if user.standing.is_agency:
        return events
    events = events.filter(audience=Audience.CLIENT)
    if parts_seen(user, case) is None:
        return events
    return events.filter(Q(kind__in=("case.opened", "case.moved")) | Q(by=user))


def collisions_of(case: Case) -> list[Collision]:
    """What this case shares with other clients' cases; ask only for whoever sees every client."""
    return list(Collision.objects.filter(case=case).select_related("other__client").order_by("code", "id"))


# ── The list ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means all."""

    stage: str = ""
    waiting_on: str = ""
    q: str = ""
    due_before: date | None = None
    account_manager: str = ""  # an e-mail address
    provider: str = ""
    province: str = ""
    client: str = ""  # a reference
    on_hold: bool | None = None
    due: str = ""  # overdue, today, week, none: words that stay the same while the days go by

    def narrow(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """Those of `cases` that fit, a search only by its pairs."""
        for name in ("stage", "waiting_on", "provider", "province"):
            if value := getattr(self, name):
                cases = cases.filter(**{name: value})
        if self.on_hold is not None:
            cases = cases.filter(on_hold=self.on_hold)
        if self.client:
            cases = cases.filter(client_id__in=self._client_ids)
        if self.account_manager:
            cases = cases.filter(account_manager_id__in=self._manager_ids)
        if self.due_before:
            cases = cases.filter(due_at__lt=datetime.combine(self.due_before, time(), BEIJING))
        if self.due:
            cases = cases.filter(self._due())
        if self.q.strip():
            pairs = search.pairs_asked(self.q)
            cases = cases.filter(pairs__contains=pairs) if pairs else cases.none()
        return cases

    # Asked beforehand: joined in, they would lead past the index that has their cases in order.

    @cached_property
    def _client_ids(self) -> list[int]:
        return list(Client.objects.filter(reference=self.client).values_list("pk", flat=True))

    @cached_property
    def _manager_ids(self) -> list[int]:
        people = User.objects.alias(address=Lower("email")).filter(address=self.account_manager.lower())
        return list(people.values_list("pk", flat=True))

    def _due(self) -> Q:
        now = timezone.now()
        today = beijing_day(now)
        if self.due == "none":
            return Q(due_at__isnull=True)
        if self.due == "overdue":
            return Q(due_at__lt=now)
        days = 1 if self.due == "today" else 8 - today.isoweekday()
        return Q(due_at__lt=datetime.combine(today + timedelta(days=days), time(), BEIJING))


DUE = ("overdue", "today", "week", "none")


class Page(NamedTuple):
    """One page of a list, and the cursor to the next or None; of pages, also the cursor back."""

    items: list[Any]
    next: str | None
    previous: str | None = None


# What a row of the list shows; the rest of a case stays where it is.
ROW = (
    "reference",
    "client__reference",
    "client__name",
    "client__name_zh",
    "account_manager__name",
    "account_manager__email",
    "domain_name",
    "stage",
    "round",
    "waiting_on",
    "waiting_since",
    "due_at",
    "on_hold",
    "hold_until",
    "moved_at",
    "provider",
    "province",
    "icp_number",
    "psb_number",
    "licence_number",
)


def page_of_cases(
    user: User, filters: Filters, cursor: str = "", size: int = PAGE, *, back: bool = False
) -> Page:
    """Cases along their due moment, those without one last; raises `Invalid` for a cursor that is not theirs.

    With `back` the page that ends before the cursor; a search goes forward only.
    """
    salt = _salt("cases", user, *astuple(filters))
    place = read_cursor(cursor, salt)
    is_search = bool(filters.q.strip())
    if back and place and not is_search:
        return _page_before(filters.narrow(cases_for(user)), place, size, salt)
    page = _page_behind(filters, user, place, size, salt, is_search=is_search)
    goes_back = place is not None and page.items and not is_search
    return page._replace(previous=_cursor_behind(page.items[0], salt)) if goes_back else page


def _page_before(cases: QuerySet[Case], place: list, size: int, salt: str) -> Page:
    found = _before(_rows(cases), place, size + 1)
    more = len(found) > size
    found = found[:size][::-1]
    if not found:
        return Page([], None)
    return Page(found, _cursor_behind(found[-1], salt), _cursor_behind(found[0], salt) if more else None)


def _page_behind(
    filters: Filters, user: User, place: list | None, size: int, salt: str, *, is_search: bool
) -> Page:
    found: list[Case] = []
    last: Case | None = None
    for case in _candidates(filters.narrow(cases_for(user)), place, size, is_search=is_search):
        if case is None:  # a long search with little to show: what was found, and where to go on
            return Page(found, _cursor_behind(last, salt) if last else None)
        last = case
        if is_search and not search.holds(case, case.client, filters.q):
            continue
        if len(found) == size:
            return Page(found, _cursor_behind(found[-1], salt))
        found.append(case)
    return Page(found, None)


def _candidates(
    cases: QuerySet[Case], place: list | None, size: int, *, is_search: bool
) -> Iterator[Case | None]:
    """The rows behind `place` in order; None where it is enough for one page."""
    rows = _rows(cases)
    if not is_search:
        yield from _behind(rows, place, size + 1)
        return
    for _turn in range(CHUNKS):
        chunk = _behind(rows, place, CHUNK)
        yield from chunk
        if len(chunk) < CHUNK:
            return
        place = _place_of(chunk[-1])
    yield None


def _rows(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related("client", "account_manager").only(*ROW)


def _before(rows: QuerySet[Case], place: list, count: int) -> list[Case]:
    """The rows that end before `place`, the nearest first: the same two ranges from their other end."""
    due, last = place
    dated = rows.filter(due_at__isnull=False).order_by("-due_at", "-id")
    if due is not None:
        return list(dated.filter(RowBefore(F("due_at"), F("id"), datetime.fromisoformat(due), last))[:count])
    found = list(rows.filter(due_at__isnull=True, id__lt=last).order_by("-id")[:count])
    return found + list(dated[: count - len(found)]) if len(found) < count else found


def _behind(rows: QuerySet[Case], place: list | None, count: int) -> list[Case]:
    """The next rows of the order (due_at, nulls last; id): an index from its beginning, later two ranges; no OFFSET."""
    if place is None:
        return list(rows.order_by(F("due_at").asc(nulls_last=True), "id")[:count])
    due, last = place
    found: list[Case] = []
    if due is not None:
        dated = rows.filter(due_at__isnull=False).order_by("due_at", "id")
        found = list(dated.filter(RowAfter(F("due_at"), F("id"), datetime.fromisoformat(due), last))[:count])
        last = 0
    if len(found) < count:
        undated = rows.filter(due_at__isnull=True, id__gt=last).order_by("id")
        found += undated[: count - len(found)]
    return found


class RowAfter(Func):
    """`(a, b) > (x, y)`, compared as one row so that an index on both is entered at the right place."""

    output_field = BooleanField()
    conditional = True
    sign = ">"

    def as_sql(self, compiler, connection, **_options):
        sides, given = [], []
        for one in self.get_source_expressions():
            words, values = compiler.compile(one)
            sides.append(words)
            given += values
        left, right = ", ".join(sides[:2]), ", ".join(sides[2:])
        return f"(({left}) {self.sign} ({right}))", given


class RowBefore(RowAfter):
    """The same to the other side."""

    sign = "<"


def count_up_to(user: User, filters: Filters, most: int = 1000) -> int | None:
    """How many there are, counted no further than `most` and one more; None where counting would have to scan."""
    if filters.q.strip() or filters.provider or filters.province or filters.on_hold is not None:
        return None
    return filters.narrow(cases_for(user)).order_by()[: most + 1].count()


# ── Today ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def rows_of(user: User, *, mine: bool) -> QuerySet[Case]:
    """Cases in sight as a row shows them; `mine` are those this person answers for."""
    rows = cases_for(user).select_related("client", "account_manager").only(*ROW)
    return rows.filter(account_manager=user) if mine else rows


def to_review(user: User, *, mine: bool, most: int) -> list[Requirement]:
    """For the agency: papers that were sent and nobody has judged, the longest waiting first."""
    sent = Requirement.objects.filter(state=RequirementState.SENT).exclude(document="")
    if mine:
        sent = sent.filter(case__account_manager=user)
    return list(sent.order_by("changed_at", "id")[:most])


def passed_on(user: User, *, mine: bool, most: int) -> list[Proposal]:
    """For the agency: messages that clients passed on and nobody has looked at, the longest waiting first."""
    waiting = Proposal.objects.filter(state=ProposalState.OPEN)
    if mine:
        waiting = waiting.filter(case__account_manager=user)
    return list(waiting.order_by("id")[:most])


def agency_staff() -> list[User]:
    """Who may answer for a case: the agency's people of today, by name."""
    return list(
        User.objects.filter(
            is_active=True, memberships__client__isnull=True, memberships__ended_at__isnull=True
        )
        .only("email", "name")
        .distinct()
        .order_by("name", "email")
    )


# ── Cursors: signed, without a name, worth nothing to another ───────────────────────────────────────────────────────


def _salt(of: str, user: User, *narrowed: Any) -> str:
    """A cursor is good for this person and these filters only."""
    told = hashlib.sha256(repr(narrowed).encode("utf-8", "replace")).hexdigest()
    return f"cursor:{of}:{user.pk}:{told}"


def _place_of(case: Case) -> list:
    return [case.due_at.isoformat() if case.due_at else None, case.pk]


def _cursor_behind(case: Case, salt: str) -> str:
    return signing.dumps(_place_of(case), salt=salt)


def read_cursor(cursor: str, salt: str) -> Any:
    """What the cursor holds; None for none."""
    if not cursor:
        return None
    try:
        return signing.loads(cursor, salt=salt)
    except (signing.BadSignature, ValueError):
        raise Invalid(
            [error("cursor", _("This cursor is not of this list. Start at its beginning."))]
        ) from None


def page_of_events(user: User, case: Case, cursor: str = "", size: int = PAGE) -> Page:
    """The history of a case, oldest first."""
    salt = _salt("history", user, case.reference)
    events = events_for(user, case)
    if last := read_cursor(cursor, salt):
        at, pk = datetime.fromisoformat(last[0]), last[1]
        events = events.filter(Q(at__gt=at) | Q(at=at, id__gt=pk))
    found = list(events[: size + 1])
    more = len(found) > size
    found = found[:size]
    place = [found[-1].at.isoformat(), found[-1].pk] if more else None
    return Page(found, signing.dumps(place, salt=salt) if place else None)
