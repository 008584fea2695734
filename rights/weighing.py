"""What of a person would go, and what must stay, by which rule and until when. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from cases.deadlines import beijing_day
from cases.models import Case, Part, Person
from clients.models import Client, Membership, Role, User
from clients.queries import the_agency
from documents import keeping
from documents.models import Document
from rights.models import Remainder
from trade.keeping import FILING, HELD, PAPERS, TERMS
from trade.papers import IDENTITY_PAPERS

FACTS, PAPERS_OF = Remainder.Kind.FACTS, Remainder.Kind.PAPERS


@dataclass(frozen=True)
class Stay:
    """Facts or papers of one filing that stay; `until` is None as long as nobody can know the day."""

    case: Case
    of: str
    kind: str
    rule: str
    until: date | None
    papers: tuple[Document, ...] = ()


@dataclass
class Weighed:
    """The outcome: facts and papers that go at once, and each that stays."""

    client_ids: list[int]
    facts: list[Person] = field(default_factory=list)
    papers: list[Document] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)


def clients_of(user: User) -> list[int]:
    """Clients at which the person has or had a place."""
    places = Membership.objects.filter(user=user, client__isnull=False)
    return sorted(set(places.values_list("client_id", flat=True)))  # type: ignore[arg-type]


def people_of(user: User, client_ids: list[int]) -> QuerySet[Person]:
    """Rows of filings that name this person by their address."""
    rows = Person.objects.filter(client_id__in=client_ids, email__iexact=user.email)
    return rows.select_related("case__client").order_by("case_id", "part")


def weigh(user: User, today: date) -> Weighed:
    """All of it, by the rules that are open here."""
    found = Weighed(clients_of(user))
    people = list(people_of(user, found.client_ids))
    for person in people:
        rule, until = facts_stay(person.case, today)
        if rule:
            found.stays.append(Stay(person.case, person.part, FACTS, rule, until))
        else:
            found.facts.append(person)
    parts = parts_of(people)
    kept: dict[tuple[int, str, str, date | None], list[Document]] = {}
    for paper in papers_of(parts):
        rule, until = paper_stays(paper, today)
        if rule:
            kept.setdefault((paper.case_id, paper.requirement.of, rule, until), []).append(paper)
        else:
            found.papers.append(paper)
    for (_case, of, rule, until), papers in kept.items():
        found.stays.append(Stay(papers[0].case, of, PAPERS_OF, rule, until, tuple(papers)))
    return found


def parts_of(people: list[Person]) -> dict[int, set[str]]:
    """By filing, whose papers are theirs; an absent manager is the head."""
    parts: dict[int, set[str]] = {}
    for person in people:
        parts.setdefault(person.case_id, set()).add(person.part)
    managed = Person.objects.filter(case_id__in=list(parts), part=Part.MANAGER)
    for case_id in set(parts) - set(managed.values_list("case_id", flat=True)):
        parts[case_id].add(Part.MANAGER)
    return parts


def papers_of(parts: dict[int, set[str]]) -> Iterator[Document]:
    """What lies in the store of these parts, with what stops its going."""
    rows = keeping.with_stops(
        keeping.stored().filter(case_id__in=list(parts), destroying_at__isnull=True)
    ).select_related("client", "case__client", "requirement")
    for paper in rows.order_by("case_id", "id"):
        if paper.requirement.of in parts[paper.case_id]:
            yield paper


def facts_stay(case: Case, today: date) -> tuple[str, date | None]:
    """Which rule keeps the facts of this filing, and until when; no rule where they go."""
    if is_held(case):
        return HELD, None
    over = ended_on(case)
    if over is None:
        return FILING, None
    until = TERMS[FILING].after(over)
    return (FILING, until) if until and until > today else ("", None)


def paper_stays(paper: Document, today: date) -> tuple[str, date | None]:
    """The same of a paper; of a filing that stands an identity paper has its promised day."""
    if paper.is_held:  # type: ignore[attr-defined]
        return HELD, None
    is_identity = paper.requirement.kind in IDENTITY_PAPERS
    promised = paper.deleted_on(the_agency().identity_papers_kept_days) if is_identity else None
    rule = PAPERS if is_identity else FILING
    if paper.is_used:  # type: ignore[attr-defined]
        return rule, None
    if ended_on(paper.case) is None:
        return rule, promised
    stays, until = facts_stay(paper.case, today)
    return (rule, min(filter(None, (until, promised)), default=None)) if stays else ("", None)


def ended_on(case: Case) -> date | None:
    """The day in Beijing on which the filing ended; None while it stands."""
    if case.taken_back_at:
        return beijing_day(case.taken_back_at)
    return beijing_day(case.moved_at) if case.is_ended else None


def is_held(case: Case) -> bool:
    return keeping.holds_on(case.client_id, case.pk).exists()


def left_alone(user: User) -> list[Client]:
    """Clients with a filing that stands, which would have nobody left to speak for them."""
    mine = Membership.objects.current().filter(user=user, role=Role.CONTACT).values("client_id")
    others = Membership.objects.current().filter(role=Role.CONTACT).exclude(user=user)
    rows = Client.objects.filter(pk__in=mine).exclude(pk__in=others.values("client_id"))
    return list(rows.filter(pk__in=Case.objects.open().values("client_id")).order_by("name"))
