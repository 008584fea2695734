"""Who may do what with people and settings; asked in services and pages alike."""

from __future__ import annotations

from clients.models import Role, User

# Nobody gives a role above their own.
_MAY_GIVE = {
    Role.ADMINISTRATOR: {
        Role.ADMINISTRATOR,
        Role.MANAGER,
        Role.SPECIALIST,
        Role.LIMITED_SPECIALIST,
        Role.CONTACT,
        Role.RESPONSIBLE,
        Role.ASSIGNED,
    },
    Role.MANAGER: {Role.SPECIALIST, Role.LIMITED_SPECIALIST, Role.CONTACT, Role.RESPONSIBLE, Role.ASSIGNED},
    Role.SPECIALIST: {Role.CONTACT, Role.RESPONSIBLE},
    Role.LIMITED_SPECIALIST: {Role.CONTACT, Role.RESPONSIBLE},
}


def roles_given_by(user: User) -> set[str]:
    """The roles this person may give or take away."""
    role = user.standing.agency_role
    return set(_MAY_GIVE[Role(role)]) if role else set()


def may_make_clients(user: User) -> bool:
    """Agency staff who see every client; a limited specialist would lose sight of what they made."""
    return user.standing.sees_every_client


def may_change_settings(user: User) -> bool:
    return user.standing.is_administrator


def may_name_stand_in(user: User, person: User) -> bool:
    """Everybody of the agency for themselves, administrators for anybody."""
    return user.standing.is_administrator or (user.standing.is_agency and user.pk == person.pk)
