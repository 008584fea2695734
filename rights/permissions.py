"""Who answers a person who asks to be erased."""

from clients.models import User


def may_decide(user: User) -> bool:
    """Administrators: the agency's liability is theirs."""
    return user.standing.is_administrator
