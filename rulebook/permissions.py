"""Who may edit the rules."""

from __future__ import annotations

from clients.models import User


def may_change_rules(user: User) -> bool:
    """Managers, and administrators above them."""
    return user.standing.is_manager
