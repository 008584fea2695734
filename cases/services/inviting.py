"""The way in for people whom a filing names: head and manager see their own part and nothing else."""

from __future__ import annotations

from cases.models import Case, Person
from clients.models import Invitation, Membership, Role, User
from clients.services.invitations import invite_person


def place_of(person: Person) -> Membership | None:
    """Their place at the client today, by the address that the filing gives; the contact sees more than a part."""
    places = Membership.objects.current().filter(client_id=person.client_id, user__email__iexact=person.email)
    return places.select_related("user").order_by("role").first() if person.email else None


def invite_to_part(case: Case, person: Person, *, by: User) -> Invitation:
    """A link to exactly their part, mailed in the language they most likely read.

    Raises what `invite_person` raises: `PermissionDenied`, `Conflict` where they have a place, `Invalid`.
    """
    return invite_person(
        person.email,
        name=person.name,
        language="zh-hans" if person.nationality == "CN" else "en",
        role=Role.RESPONSIBLE,
        client=case.client,
        by=by,
    )
