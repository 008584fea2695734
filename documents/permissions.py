"""Who may send, judge, print and fetch; who may look is a matter of sight (`queries.py`)."""

from cases.models import Requirement
from clients.models import Role, User
from documents.models import Document, Handout


def may_send(user: User, requirement: Requirement) -> bool:
    """The agency, the client's contact, and a responsible person for their own part."""
    if user.standing.is_agency:
        return True
    role = user.standing.by_client.get(requirement.client_id)
    if role == Role.RESPONSIBLE:
        return requirement.of in requirement.case.parts_of(user)
    return role == Role.CONTACT


def may_withdraw(user: User, document: Document) -> bool:
    """What the agency sent, the agency; what the client's people sent, their contact and whoever sent it."""
    if user.standing.is_agency:
        return document.is_on_behalf
    return not document.is_on_behalf and (
        user.standing.is_contact_of(document.client_id) or document.sent_by_id == user.reader.pk
    )


def may_see_small(user: User, document: Document) -> bool:
    """Only whoever sent it: they know the picture, so their glance needs no trace. Anybody else's would."""
    return not user.standing.is_agency and document.sent_by_id == user.pk


def may_judge(user: User) -> bool:
    """Only the agency accepts and returns."""
    return user.standing.is_agency


def may_print(user: User, requirement: Requirement) -> bool:
    """The agency and the client's contact: a form names both people, so neither of them alone may have it."""
    return user.standing.is_agency or user.standing.is_contact_of(requirement.client_id)


def may_fetch(user: User, handout: Handout) -> bool:
    """A form whoever may have it printed; the pack only the agency."""
    if handout.requirement is None:
        return may_judge(user)
    return may_print(user, handout.requirement)


def may_release(user: User) -> bool:
    """Managers and administrators let papers go, and hold them back."""
    return user.standing.is_manager
