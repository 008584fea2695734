"""Reading cases: which ones a person has in sight, and the list of them, for the pages and the API alike."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from time import monotonic
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.core import signing
from django.db import connection
from django.db.models import (
    BigAutoField,
    BooleanField,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    Func,
    Prefetch,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cases import search
from cases.deadlines import beijing_day, midnight
from cases.models import (
    Case,
    CaseEvent,
    Collision,
    Person,
    Proposal,
    ProposalState,
    Requirement,
    RequirementState,
    SavedView,
)
from cases.models.event import Audience
from cases.models.requirement import OPEN
from cases.models.view import NAMING
from cases.workflow import ROAD
from clients import sight
from clients.asking import Statement, asked
from clients.bodies import REFERENCE, found, found_by
from clients.kept import Beside, Kept
from clients.models import Client, Role, User
from clients.refusals import Invalid, error
from clients.spelling import Unit, holding, units_asked

PAGE = 50
LARGEST_PAGE = 100
NEAR, FAR = 1000, 5000  # cases that a search walks along before it asks the index for its windows
COMMON = 8  # of the near ones that hold it: then it walks on


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
        theirs = Person.objects.filter(client_id__in=answering, email__iexact=user.reader.email)
        seen |= Q(pk__in=theirs.values("case_id"))
    return cases.filter(seen)


def may_see(person: User, client_id: int | None, case: Case | None) -> bool:
    """Whether this person, as they stand now, may know of this client and case. Asked afresh, never from a cache."""
    person.__dict__.pop("standing", None)
    standing = person.standing
    if not standing.is_member:
        return False
    if client_id is None or standing.sees_every_client:
        return True
    if client_id not in standing.by_client:
        return False
    return case is None or cases_for(person).filter(pk=case.pk).exists()


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
    return events.filter(Q(kind__in=("case.opened", "case.imported", "case.moved")) | Q(by=user.reader))


def tasks_done(case_ids: Iterable[int]) -> dict[int, str]:
    """How far the client is with what was open when their move began: none, some or all; no word without tasks."""
    asked = Requirement.objects.asked().filter(case_id__in=list(case_ids))
    is_open = Q(state__in=OPEN)
    since = Q(changed_at__gte=F("case__waiting_since"))
    counted = asked.values("case_id").annotate(
        open=Count("pk", filter=is_open), done=Count("pk", filter=~is_open & since)
    )
    found = {}
    for row in counted.order_by():
        if row["open"] or row["done"]:
            found[row["case_id"]] = "none" if not row["done"] else "some" if row["open"] else "all"
    return found


def collisions_of(case: Case) -> list[Collision]:
    """What this case shares with other clients' cases; ask only for whoever sees every client."""
    return list(Collision.objects.filter(case=case).select_related("other__client").order_by("code", "id"))


# ── One case, whole ─────────────────────────────────────────────────────────────────────────────────────────────────


def with_all(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases and all that their page draws, in a fixed number of queries."""
    papers = Prefetch("requirements", Requirement.objects.select_related("changed_by"))
    rows = cases.with_facts().select_related("photo").defer("filed_under")  # type: ignore[attr-defined]
    return rows.prefetch_related(papers, "deadlines", "reopenings")


_WHOLE: Kept[Case] = Kept(
    lambda reference: with_all(Case.objects.filter(reference=reference)), reference=CharField()
)


def whole_case(user: User, reference: str, beside: Beside | None = None) -> Case:
    """One case and all that its page draws, or 404: by statements that are kept where every client is in sight."""
    if not sight.is_whole():
        return found(with_all(cases_for(user)), reference)
    return found_by(lambda: next(iter(_WHOLE(beside, reference=reference)), None), reference)


def whole_case_ahead(reference: str) -> Statement | None:
    """Its statement, to be asked ahead."""
    return _WHOLE.ahead(reference=reference) if REFERENCE.fullmatch(reference) else None


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
    promise: str = (
        ""  # late: the forecast passes the day promised; untold: nor was the client told; given: any day
    )
    due: str = ""  # overdue, today, week, none: words that stay the same while the days go by

    def narrow(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """Those of `cases` that fit."""
        cases = cases.filter(**self.lookups())
        if not self.q.strip():
            return cases
        units = units_asked(self.q)
        return cases.filter(holding(units)) if units else cases.none()

    def lookups(self) -> dict[str, Any]:
        """What a row must hold, as the ORM asks for it."""
        asked: dict[str, Any] = {
            name: value
            for name in ("stage", "waiting_on", "provider", "province")
            if (value := getattr(self, name))
        }
        if self.on_hold is not None:
            asked["on_hold"] = self.on_hold
        if self.client:
            asked |= _one_of("client_id", self._client_ids)
        if self.account_manager:
            asked |= _one_of("account_manager_id", self._manager_ids)
        ends = [end for end in (self._due_before, self._due_end) if end]
        if ends:
            asked["due_at__lt"] = min(ends)
        if self.due == "none":
            asked["due_at__isnull"] = True
        if self.promise in ("late", "untold"):
            asked["promise_is_late"] = True
        if self.promise == "untold":
            asked["lateness_is_told"] = False
        if self.promise == "given":
            asked["promised_on__isnull"] = False
        return asked

    # Asked beforehand: joined in, they would lead past the index that has their cases in order.

    @cached_property
    def of_client(self) -> Client | None:
        """The client it is narrowed to, to be called by name; none where the reader sees none by this reference."""
        return Client.objects.filter(reference=self.client).only("reference", "name", "name_zh").first()

    @property
    def _client_ids(self) -> list[int]:
        return [self.of_client.pk] if self.of_client else []

    @cached_property
    def _manager_ids(self) -> list[int]:
        people = User.objects.alias(address=Lower("email")).filter(address=self.account_manager.lower())
        return list(people.values_list("pk", flat=True))

    @property
    def _due_before(self) -> datetime | None:
        return midnight(self.due_before) if self.due_before else None

    @property
    def _due_end(self) -> datetime | None:
        """The moment before which it is overdue, due today or this week."""
        if self.due not in ("overdue", "today", "week"):
            return None
        now = timezone.now()
        if self.due == "overdue":
            return now
        today = beijing_day(now)
        days = 1 if self.due == "today" else 8 - today.isoweekday()
        return midnight(today + timedelta(days=days))


def _one_of(name: str, ids: list[int]) -> dict[str, Any]:
    return {name: ids[0]} if len(ids) == 1 else {f"{name}__in": ids}


_told_in = attrgetter(*(one.name for one in fields(Filters)))

DUE = ("overdue", "today", "week", "none")
PROMISE = ("late", "untold", "given")


class Page(NamedTuple):
    """One page of a list, and the cursor to the next or None; of pages, also the cursor back."""

    items: list[Any]
    next: str | None
    previous: str | None = None


class ClientNamed(NamedTuple):
    """Whose case it is."""

    reference: str
    name: str
    name_zh: str


class ManagerNamed(NamedTuple):
    """Who answers for it."""

    pk: int
    name: str
    email: str

    def __str__(self) -> str:
        return self.name or self.email


class Row(NamedTuple):
    """What a row of the list shows; the rest of a case stays where it is. It answers like the case itself."""

    pk: int
    reference: str
    client_reference: str
    client_name: str
    client_name_zh: str
    account_manager_id: int | None
    manager_name: str | None
    manager_email: str | None
    domain_name: str
    stage: str
    round: int
    waiting_on: str
    waiting_since: datetime
    due_at: datetime | None
    on_hold: bool
    hold_until: date | None
    snoozed_at: datetime | None
    snoozed_until: date | None
    provider: str
    province: str
    icp_number: str
    psb_number: str
    licence_number: str
    promised_on: date | None
    promise_is_late: bool
    lateness_is_told: bool

    @property
    def client(self) -> ClientNamed:
        return ClientNamed(self.client_reference, self.client_name, self.client_name_zh)

    @property
    def account_manager(self) -> ManagerNamed | None:
        if self.account_manager_id is None:
            return None
        return ManagerNamed(self.account_manager_id, self.manager_name or "", self.manager_email or "")


_FOUND_AT = {
    "client_reference": "client__reference",
    "client_name": "client__name",
    "client_name_zh": "client__name_zh",
    "manager_name": "account_manager__name",
    "manager_email": "account_manager__email",
}
ROW = tuple(_FOUND_AT.get(name, name) for name in Row._fields)  # as the ORM calls its columns


def page_of_cases(
    user: User, filters: Filters, cursor: str = "", size: int = PAGE, *, back: bool = False
) -> Page:
    """Cases along their due moment, those without one last; raises `Invalid` for a cursor that is not theirs.

    With `back` the page that ends before the cursor; a search goes forward only.
    """
    salt = _salt_of(user, filters)
    place = read_cursor(cursor, salt)
    is_search = bool(filters.q.strip())
    if back and place and not is_search:
        return _page_before(filters.narrow(cases_for(user)), place, size, salt)
    page = _page_behind(filters, user, place, size, salt, is_search=is_search)
    goes_back = place is not None and page.items and not is_search
    return page._replace(previous=_cursor_behind(page.items[0], salt)) if goes_back else page


STOPS = [stage.value for stage in ROAD]
CARDS = 10  # of a column of the board
COUNTED = 100  # cards of a column are counted no further


class Column(NamedTuple):
    """One stop of the board: its first cards, where they go on, how many there are, and how many are overdue."""

    stage: str
    cards: list[Row]
    next: str | None
    total: int | None  # None where counting would have to scan
    overdue: int = 0


def board_of(user: User, filters: Filters, cursor: str = "") -> list[Column]:
    """The list by its stops. Narrowed to one stop it is that column alone, from `cursor` on.

    A search shows what its first page finds: to look for more in each column would be seven searches.
    """
    if filters.stage:
        page = page_of_cases(user, filters, cursor, CARDS)
        return [Column(filters.stage, page.items, page.next, None)]
    if filters.q.strip():
        found = page_of_cases(user, filters, "", LARGEST_PAGE).items
        return [Column(stage, [row for row in found if row.stage == stage], None, None) for stage in STOPS]
    cases = filters.narrow(cases_for(user))
    cards: dict[str, list[Row]] = {stage: [] for stage in STOPS}
    is_narrow = bool(filters.lookups())

    def first(stage: str) -> QuerySet:
        rows = _in_order(cases.filter(stage=stage))
        return (_chosen(rows, CARDS + 1) if is_narrow else rows).values_list(*ROW)[: CARDS + 1]

    for row in _of_each(first(stage) for stage in STOPS):
        cards[row[ROW.index("stage")]].append(Row._make(row))
    counts, late = _counts(cases) if _is_counted(filters) else (None, None)
    return [
        Column(
            stage,
            rows[:CARDS],
            _cursor_behind(rows[CARDS - 1], _salt_of(user, replace(filters, stage=stage)))
            if len(rows) > CARDS
            else None,
            counts[stage] if counts else None,
            late[stage] if late else 0,
        )
        for stage, rows in cards.items()
    ]


def _of_each(parts: Iterable[QuerySet]) -> list[tuple]:
    """One query a stop, in one round trip."""
    first, *others = parts
    return list(first.union(*others, all=True))


def _counts(cases: QuerySet[Case]) -> tuple[Counter[str], Counter[str]]:
    """How many there are of each stop, and how many of them are overdue; counted no further than `COUNTED`."""
    narrowed = {False: cases, True: cases.filter(due_at__lt=timezone.now())}
    found = _of_each(
        rows.filter(stage=stage).order_by().values_list("stage", Value(late))[: COUNTED + 1]
        for late, rows in narrowed.items()
        for stage in STOPS
    )
    counts, overdue = (Counter(stage for stage, late in found if late is which) for which in (False, True))
    return counts, overdue


def row_of(user: User, case: Case) -> Row:
    """One case as lists show it."""
    return _rows(cases_for(user).filter(pk=case.pk))[0]


def every_case(user: User, filters: Filters, size: int = 500) -> Iterator[Row]:
    """The whole list behind these filters, a page in memory at a time."""
    cursor: str | None = ""
    while cursor is not None:
        page = page_of_cases(user, filters, cursor, size)
        yield from page.items
        cursor = page.next


def _page_before(cases: QuerySet[Case], place: list, size: int, salt: str) -> Page:
    found = _before(cases, place, size + 1)
    more = len(found) > size
    found = found[:size][::-1]
    if not found:
        return Page([], None)
    return Page(found, _cursor_behind(found[-1], salt), _cursor_behind(found[0], salt) if more else None)


def _page_behind(
    filters: Filters, user: User, place: list | None, size: int, salt: str, *, is_search: bool
) -> Page:
    if is_search:
        found = _found(filters, user, place, size + 1)
    elif place is None:
        found = _first(filters, user, size + 1)
    else:
        found = _behind(filters.narrow(cases_for(user)), place, size + 1)
    more = len(found) > size
    return Page(found[:size], _cursor_behind(found[size - 1], salt) if more else None)


def _found(filters: Filters, user: User, place: list | None, count: int) -> list[Row]:
    """The next rows of a search. Whoever has only some clients in sight goes through their cases."""
    units = units_asked(filters.q)
    if not units or not sight.is_whole():
        return _behind(filters.narrow(cases_for(user)), place, count)
    cases = cases_for(user).filter(**filters.lookups())
    found: list[int] = []
    is_rare = False
    for part in _parts(cases, place):
        hits, is_rare = ([], True) if is_rare else _walked(part, units, count - len(found))
        found += (_indexed(part, units) if is_rare else hits)[: count - len(found)]
        if len(found) == count:
            break
    rows = {row.pk: row for row in _rows(cases.filter(pk__in=found))} if found else {}
    return [rows[pk] for pk in found if pk in rows]


def _walked(part: QuerySet[Case], units: list[Unit], count: int) -> tuple[list[int], bool]:
    """The first of this part that hold the words, by a walk of bounded length; whether they are too rare for that.

    What is common is met soon, and what few hold is found by the index; only the walk tells, for nobody knows
    beforehand how often words come together.
    """
    most = NEAR
    for is_last in (False, True):
        first = part.annotate(has_all=ExpressionWrapper(holding(units), BooleanField()))[:most]
        told = first.aggregate(hits=ArrayAgg("pk", filter=Q(has_all=True), default=[]), seen=Count("pk"))
        hits = told["hits"]
        if len(hits) >= count or told["seen"] < most:
            return hits, False
        if is_last or len(hits) < COMMON:
            break
        # Half as far again as the page will probably need.
        most = min(FAR, NEAR * count * 3 // (2 * max(1, len(hits))))
    return hits, True


def _indexed(part: QuerySet[Case], units: list[Unit]) -> list[int]:
    """All of this part that hold the words, by their rarest windows: the fence keeps the order out of the way there."""
    windows = search.rarest(units, _shares(int(monotonic() // REMEMBERED)))
    held = part.order_by().filter(Holds(search.Windows("filed_under"), Value(windows)), holding(units))
    return held[:FENCE].aggregate(hits=ArrayAgg("pk", order_by=("due_at", "pk"), default=[]))["hits"]


class Holds(Func):
    """Whether a text has these windows."""

    output_field = BooleanField()
    conditional = True
    template = "(%(expressions)s::tsquery)"
    arg_joiner = " @@ "


FENCE = 10**9  # rows that nobody has: a subquery with a limit is planned by itself
REMEMBERED = 600  # seconds


@lru_cache(maxsize=1)
def _shares(_now: int) -> dict[str, float]:
    """The share of cases that has each of the common windows; a guess will do, for all that is found is looked at."""
    return dict(asked("SELECT common, share FROM cases_common_windows()"))  # type: ignore[arg-type]


def _rows(cases: QuerySet[Case]) -> list[Row]:
    return [Row._make(row) for row in cases.values_list(*ROW)]


def _in_order(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.order_by(F("due_at").asc(nulls_last=True), "id")


def _before(cases: QuerySet[Case], place: list, count: int) -> list[Row]:
    """The rows that end before `place`, the nearest first: the same two ranges from their other end."""
    due, last = place
    dated = cases.filter(due_at__isnull=False).order_by("-due_at", "-id")
    if due is not None:
        before = RowBefore(F("due_at"), F("id"), datetime.fromisoformat(due), last)
        return _rows(_chosen(dated.filter(before), count))
    found = _rows(_chosen(cases.filter(due_at__isnull=True, id__lt=last).order_by("-due_at", "-id"), count))
    return found + _rows(_chosen(dated, count - len(found))) if len(found) < count else found


def _behind(cases: QuerySet[Case], place: list | None, count: int) -> list[Row]:
    """The next rows of the order (due_at, nulls last; id): an index from its beginning, later two ranges; no OFFSET."""
    if place is None:
        return _rows(_in_order(cases)[:count])
    found: list[Row] = []
    for part in _parts(cases, place):
        if len(found) < count:
            found += _rows(_chosen(part, count - len(found)))
    return found


def _chosen(part: QuerySet[Case], count: int) -> QuerySet[Case]:
    """The first of them, found in the index alone, which holds what several filters ask for: no row is read for it."""
    first = Case.objects.filter(pk__in=part.values("pk")[:count])
    return first.order_by(*part.query.order_by)


def _parts(cases: QuerySet[Case], place: list | None) -> list[QuerySet[Case]]:
    """What comes behind `place`: those with a date, then those without."""
    dated = cases.filter(due_at__isnull=False).order_by("due_at", "id")
    # By the whole order, for no index begins with the id: by it alone the primary key may be walked to its end.
    undated = cases.filter(due_at__isnull=True).order_by("due_at", "id")
    if place is None:
        return [dated, undated]
    due, last = place
    if due is None:
        return [undated.filter(id__gt=last)]
    return [dated.filter(RowAfter(F("due_at"), F("id"), datetime.fromisoformat(due), last)), undated]


# The first page, which everybody opens all day: its statement is kept, one for each choice of filters.


def _first(filters: Filters, user: User, count: int) -> list[Row]:
    given, shape = _shape(filters)
    if not user.standing.is_agency or shape is None:
        return _behind(filters.narrow(cases_for(user)), None, count)
    return [Row._make(row) for row in _kept_page(shape, count)(**given)]


def first_page_ahead(user: User, filters: Filters, size: int = PAGE) -> list[Statement | None]:
    """The statements of the first page and its count, to be asked ahead; none where they are no kept ones."""
    given, shape = _shape(filters)
    if filters.q.strip() or not user.standing.is_agency or shape is None:
        return []
    page = _kept_page(shape, size + 1).ahead(**given)
    return [page, _kept_count(shape, COUNTED_TO).count_ahead(**given) if _is_counted(filters) else None]


def _shape(filters: Filters) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...] | None]:
    """The values of the filters, and what is the same whatever they are; yes and no stand in the statement itself."""
    asked = filters.lookups()
    if any(isinstance(value, list) for value in asked.values()):
        return {}, None
    fixed = {name: value if isinstance(value, bool) else None for name, value in asked.items()}
    return {name: value for name, value in asked.items() if fixed[name] is None}, tuple(sorted(fixed.items()))


@lru_cache(maxsize=128)
def _kept_page(shape: tuple[tuple[str, Any], ...], count: int) -> Kept[tuple]:
    def read(cases: QuerySet[Case]) -> QuerySet:
        rows = _in_order(cases)
        return (_chosen(rows, count) if len(shape) > 1 else rows).values_list(*ROW)[:count]

    return _kept(shape, read)


@lru_cache(maxsize=128)
def _kept_count(shape: tuple[tuple[str, Any], ...], most: int) -> Kept[tuple]:
    return _kept(shape, lambda cases: cases.order_by().values_list("pk")[: most + 1])


def _field(lookup: str) -> Any:
    return Case._meta.get_field(lookup.partition("__")[0])


def _kept(shape: tuple[tuple[str, Any], ...], read: Callable[[QuerySet[Case]], QuerySet]) -> Kept[tuple]:
    fixed = {name: value for name, value in shape if value is not None}
    return Kept(
        lambda **given: read(Case.objects.filter(**fixed, **given)),
        is_planned_once=len(shape) < 2,  # of two filters the rarer one leads
        **{name: _field(name) for name, value in shape if value is None},
    )


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


COUNTED_TO = 1000


def count_up_to(user: User, filters: Filters, most: int = COUNTED_TO) -> int | None:
    """How many there are, counted no further than `most` and one more; None where counting would have to scan."""
    if not _is_counted(filters):
        return None
    given, shape = _shape(filters)
    if not user.standing.is_agency or shape is None:
        return filters.narrow(cases_for(user)).order_by()[: most + 1].count()
    return _kept_count(shape, most).count(**given)


MOST_VIEWS = 40
_VIEWS: Kept[SavedView] = Kept(
    lambda person: (
        SavedView.objects.filter(Q(user_id=person) | Q(is_shared=True))
        .select_related("user")
        .order_by("name", "pk")[:MOST_VIEWS]
    ),
    person=BigAutoField(),
)


def views_ahead(user: User) -> Statement | None:
    return _VIEWS.ahead(person=user.pk)


def views_of(user: User) -> list[SavedView]:
    """This person's views of the list and those of colleagues; of these none that names whom they may not see."""
    found = _VIEWS(person=user.pk)
    if user.standing.sees_every_client:
        return found
    return [view for view in found if view.user_id == user.pk or not view.query.keys() & {*NAMING}]


def _is_counted(filters: Filters) -> bool:
    """Whether an index counts them; else counting would have to scan."""
    return not (filters.q.strip() or filters.provider or filters.province or filters.on_hold is not None)


# ── Today ───────────────────────────────────────────────────────────────────────────────────────────────────────────


SHOWN = (*(name for name in ROW if name not in ("pk", "account_manager_id")), "moved_at")


def rows_of(user: User, *, mine: bool) -> QuerySet[Case]:
    """Cases in sight as a row shows them; `mine` are those this person answers for."""
    rows = cases_for(user).select_related("client", "account_manager").only(*SHOWN)
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


_STAFF: Kept[tuple] = Kept(
    lambda: (
        User.objects.filter(
            is_active=True, memberships__client__isnull=True, memberships__ended_at__isnull=True
        )
        .order_by("name", "email")
        .values_list("pk", "name", "email")
        .distinct()
    ),
    is_scoped=False,
)


def staff_ahead() -> Statement | None:
    return _STAFF.ahead()


def agency_staff() -> list[ManagerNamed]:
    """Who may answer for a case: the agency's people of today, by name."""
    return [ManagerNamed._make(row) for row in _STAFF()]


# ── By client ───────────────────────────────────────────────────────────────────────────────────────────────────────

UNDER_WAY = 100  # counted no further
_OF_CLIENTS = """
    SELECT c.id,
        (SELECT count(*) FROM (SELECT 1 FROM cases_case k
            WHERE k.client_id = c.id AND k.taken_back_at IS NULL AND k.waiting_on <> 'nobody' LIMIT %(most)s) w),
        (SELECT count(*) FROM (SELECT 1 FROM cases_case k
            WHERE k.client_id = c.id AND k.taken_back_at IS NULL AND k.due_at < %(now)s AND NOT k.on_hold
            LIMIT %(most)s) l),
        (SELECT k.due_at FROM cases_case k
            WHERE k.client_id = c.id AND k.taken_back_at IS NULL AND k.due_at >= %(now)s AND NOT k.on_hold
            ORDER BY k.due_at LIMIT 1)
    FROM unnest(%(ids)s::bigint[]) AS c (id)
"""


class OfClient(NamedTuple):
    """How many filings of a client somebody has to move, how many are late, and when the next one falls due."""

    under_way: int
    overdue: int
    next_due: datetime | None


def of_clients(ids: Sequence[int]) -> dict[int, OfClient]:
    """Of each of these clients; none of them reads more of an index than it shows and counts."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_CLIENTS, {"ids": list(ids), "now": timezone.now(), "most": UNDER_WAY})
        return {pk: OfClient(*told) for pk, *told in cursor.fetchall()}


# ── Cursors: signed, without a name, worth nothing to another ───────────────────────────────────────────────────────


def _salt(of: str, user: User, *narrowed: Any) -> str:
    """A cursor is good for this person and these filters only."""
    told = hashlib.sha256(repr(narrowed).encode("utf-8", "replace")).hexdigest()
    return f"cursor:{of}:{user.pk}:{told}"


def _salt_of(user: User, filters: Filters) -> str:
    return _salt("cases", user, *_told_in(filters))


def _place_of(case: Case | Row) -> list:
    return [case.due_at.isoformat() if case.due_at else None, case.pk]


def _cursor_behind(case: Case | Row, salt: str) -> str:
    return _signed(*_place_of(case), salt)


@lru_cache(maxsize=1024)
def _signed(due_at: str | None, pk: int, salt: str) -> str:
    """A page that is read again goes on at the same place."""
    return signing.dumps([due_at, pk], salt=salt)


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
