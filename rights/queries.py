"""What is a person's own: rows that are theirs, read in their own sight."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT

from cases.models import CaseEvent, Part, Person
from cases.models.event import Audience
from clients.models import User
from documents.models import Document
from documents.queries import documents_for
from rights.models import STANDING, Erasure, ErasureState, OwnCopy

PEOPLE = (Part.HEAD, Part.MANAGER)


def copies_for(user: User) -> QuerySet[OwnCopy]:
    """Copies that this person asked for; nobody fetches another's."""
    return OwnCopy.objects.filter(asked_by=user)


def standing_of(user: User) -> Erasure | None:
    """The asking that waits or is being carried out, else the last one that was refused."""
    rows = Erasure.objects.filter(user=user)
    return rows.filter(state__in=STANDING).first() or rows.filter(state=ErasureState.REFUSED).first()


def own_facts(user: User) -> QuerySet[Person]:
    """What filings say of this person, whom they name by e-mail."""
    people = Person.objects.filter(client_id__in=user.standing.client_ids, email__iexact=user.email)
    return people.select_related("case").order_by("case_id", "part")


def own_papers(user: User) -> QuerySet[Document]:
    """What this person sent, and what is about them whoever sent it; the newest first."""
    return documents_for(user).filter(Q(sent_by=user) | _about(user)).order_by("-id")


def own_files(user: User) -> QuerySet[Document]:
    """Of these whose file is theirs: their own papers and those about nobody. Another's ID is not, whoever sent it."""
    rows = (
        own_papers(user)
        .filter(destroying_at__isnull=True)
        .exclude(copy_sha256="")
        .filter(~Q(requirement__of__in=PEOPLE) | _about(user))
    )
    return rows.prefetch_related("case__people")


def own_notes(user: User) -> QuerySet[CaseEvent]:
    """What this person wrote into the history that both sides read; the newest first."""
    written = CaseEvent.objects.filter(
        by=user, client_id__in=user.standing.client_ids, audience=Audience.CLIENT
    )
    return written.exclude(note="").select_related("case").order_by("-id")


def looks_at(papers: QuerySet[Document]) -> QuerySet[CaseEvent]:
    """Each look and each download of these papers, by whom; the newest first."""
    named = papers.order_by().values("reference")
    looks = CaseEvent.objects.filter(kind="paper.viewed", case_id__in=papers.order_by().values("case_id"))
    looks = looks.annotate(document=KT("data__document")).filter(document__in=named)
    return looks.select_related("by").order_by("-id")


def _about(user: User) -> Q:
    """Papers of the person whom the filing names by this address; an absent manager is the head."""
    people = Person.objects.filter(case_id=OuterRef("case_id"))
    mine = people.filter(email__iexact=user.email)
    alone = Q(requirement__of=Part.MANAGER) & ~Exists(people.filter(part=Part.MANAGER))
    return Q(Exists(mine.filter(part=OuterRef("requirement__of")))) | (
        alone & Q(Exists(mine.filter(part=Part.HEAD)))
    )
