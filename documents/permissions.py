"""Who may send and who may judge a paper; whoever has its client in sight may look at it."""

from clients.models import User


def may_send(user: User, client_id: int) -> bool:
    """The agency, and the client's own contact."""
    return user.standing.is_agency or user.standing.is_contact_of(client_id)


def may_judge(user: User) -> bool:
    """Only the agency accepts and returns."""
    return user.standing.is_agency
