"""Who may send and who may judge a paper; who may look is a matter of sight (`queries.py`)."""

from cases.models import Requirement
from clients.models import Role, User


def may_send(user: User, requirement: Requirement) -> bool:
    """The agency, the client's contact, and a responsible person for their own part."""
    if user.standing.is_agency:
        return True
    role = user.standing.by_client.get(requirement.client_id)
    if role == Role.RESPONSIBLE:
        return requirement.of in requirement.case.parts_of(user)
    return role == Role.CONTACT


def may_judge(user: User) -> bool:
    """Only the agency accepts and returns."""
    return user.standing.is_agency
