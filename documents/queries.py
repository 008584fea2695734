"""Reading papers: which ones a person has in sight."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from cases.models import Part, Person, Requirement
from clients.models import Role, User
from documents.models import Document, Export, Handout, Upload

Row = TypeVar("Row", bound=Model)


def documents_for(user: User) -> QuerySet[Document]:
    """Papers this person may look at, with what they hang on."""
    return _seen(
        Document.objects.select_related("client", "case", "requirement__case"), user, "requirement__"
    )


def requirements_for(user: User) -> QuerySet[Requirement]:
    """Papers this person may be asked for, with what they hang on."""
    return _seen(Requirement.objects.select_related("client", "case"), user, "")


def uploads_for(user: User) -> QuerySet[Upload]:
    """Forms for papers this person may be asked for."""
    return _seen(Upload.objects.select_related("client", "requirement__case"), user, "requirement__")


def handouts_for(user: User) -> QuerySet[Handout]:
    """What this person may fetch: the agency everything in sight, a client's contact its forms."""
    rows = Handout.objects.select_related("client", "case", "requirement")
    standing = user.standing
    if standing.is_agency:
        return rows
    contact_of = [client for client, role in standing.by_client.items() if role == Role.CONTACT]
    return rows.filter(client_id__in=contact_of, requirement__isnull=False)


def exports_for(user: User) -> QuerySet[Export]:
    """Tables that this person asked for; nobody fetches another's."""
    return Export.objects.filter(asked_by=user)


def versions_of(requirement: Requirement) -> QuerySet[Document]:
    """Every version of one paper, the newest first."""
    return requirement.documents.select_related("sent_by", "decided_by", "duplicate_of").order_by("-version")


def to_review(user: User) -> QuerySet[Document]:
    """What has arrived and nobody of the agency has judged, the oldest first."""
    return documents_for(user).to_review().select_related("case__account_manager", "sent_by")  # type: ignore[attr-defined]


def _seen(rows: QuerySet[Row], user: User, path: str) -> QuerySet[Row]:
    """The agency and a contact see all of a client in sight; a responsible person their own part and no more.

    Nobody sees what hangs on a case that is in no list any more, for its import was taken back.
    """
    rows = rows.filter(**{f"{path}case__taken_back_at__isnull": True})
    standing = user.standing
    if standing.is_agency:
        return rows
    by_role: dict[str, list[int]] = {}
    for client_id, role in standing.by_client.items():
        by_role.setdefault(role, []).append(client_id)
    seen = Q(client_id__in=by_role.get(Role.CONTACT, []))
    if answering := by_role.get(Role.RESPONSIBLE):
        people = Person.objects.filter(case_id=OuterRef(f"{path}case_id"))
        mine = people.filter(client_id__in=answering, email__iexact=user.reader.email)
        # An absent manager is the head.
        alone = Q(**{f"{path}of": Part.MANAGER}) & ~Exists(people.filter(part=Part.MANAGER))
        seen |= Exists(mine.filter(part=OuterRef(f"{path}of"))) | (
            alone & Exists(mine.filter(part=Part.HEAD))
        )
    return rows.filter(seen)
