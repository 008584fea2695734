"""The way in: an invitation binds one address, works once and ages out.

Whoever is limited to some clients may invite, yet has no right to write people: after the check of who may, each
service here takes the sight of the whole agency for its own length.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import sight
from clients.lines import NOT_EMAIL, NOT_PLAIN, is_plain, tidy, tidy_address
from clients.models import AGENCY_ROLES, CLIENT_ROLES, Client, Invitation, Membership, Role, User
from clients.permissions import may_make_clients, roles_given_by
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from clients.tokens import hash_of

LASTS = timedelta(days=7)
WORKS_HERE = gettext_lazy("This address belongs to somebody at the agency. Take another one for the client.")


def make_client(
    *, name: str, name_zh: str = "", contact: dict[str, str] | None, by: User, is_invited: bool = True
) -> Client:
    """A new client, and the way in for the person who speaks for it.

    One that came in with a spreadsheet may have none yet, or one who is only noted and not written to.
    """
    if not may_make_clients(by):
        raise PermissionDenied
    name, name_zh = tidy(name), tidy(name_zh)
    errors = [
        *_wrong_line("name", name, longest=200, needed=True),
        *_wrong_line("name_zh", name_zh, longest=200),
    ]
    person: dict[str, str] = {}
    if contact is not None:
        person, wrong = _read_person(contact, "contact.")
        errors += wrong
    if errors:
        raise Invalid(errors)
    with sight.every_client(user_id=by.pk):
        if person and _works_here(_person_at(person["email"])):
            raise Invalid([error("contact.email", WORKS_HERE)])
        client = Client.objects.create(name=name, name_zh=name_zh)
        record("client.made", by=by, client=client)
        if person and is_invited:
            _invite(**person, role=Role.CONTACT, client=client, by=by)
        elif person:
            _prepare(person["email"], person["name"], client=client, by=by)
    return client


def note_contact(client: Client, *, email: str, name: str, by: User) -> None:
    """One more person who is to speak for the client, invited some other day; one who is known there stays as is."""
    check_may_give(by, Role.CONTACT, client)
    person, errors = _read_person({"name": name, "email": email}, "")
    if errors:
        raise Invalid(errors)
    with sight.every_client(user_id=by.pk):
        if _works_here(_person_at(person["email"])):
            raise Invalid([error("email", WORKS_HERE)])
        there = Membership.objects.current().filter(client=client, user__email__iexact=person["email"])
        noted = Invitation.objects.filter(
            client=client, email__iexact=person["email"], revoked_at__isnull=True
        )
        if not there.exists() and not noted.exists():
            _prepare(person["email"], person["name"], client=client, by=by)


def _prepare(email: str, name: str, *, client: Client, by: User) -> None:
    """The row alone: no account, no place, no mail, until somebody sends it."""
    invitation = Invitation.objects.create(
        email=email,
        name=name,
        client=client,
        role=Role.CONTACT,
        invited_by=by,
        expires_at=timezone.now() + LASTS,
        is_prepared=True,
    )
    record("invitation.prepared", by=by, client=client, invitation=invitation, role=Role.CONTACT)


def invite_person(
    email: str, *, name: str = "", language: str = "", role: str, client: Client | None = None, by: User
) -> Invitation:
    """Invite to a client (contact, responsible person) or to the agency; an older invitation there ends."""
    check_may_give(by, role, client)
    person, errors = _read_person({"name": name, "email": email, "language": language}, "", name_needed=False)
    if errors:
        raise Invalid(errors)
    with sight.every_client(user_id=by.pk):
        return _invite(**person, role=role, client=client, by=by)


def check_may_give(by: User, role: str, client: Client | None) -> None:
    """Nobody gives a role above their own, nor at a client they do not see."""
    fits = role in CLIENT_ROLES if client else role in AGENCY_ROLES
    if not fits or role not in roles_given_by(by):
        raise PermissionDenied
    if client and not by.standing.sees_every_client and client.pk not in by.standing.client_ids:
        raise PermissionDenied


def _invite(email: str, name: str, language: str, role: str, client: Client | None, by: User) -> Invitation:
    user = _person_at(email)
    if client and _works_here(user):
        raise Invalid([error("email", WORKS_HERE)])
    if user and Membership.objects.current().filter(user=user, client=client).exists():
        raise Conflict(
            _("%(person)s has this place already. To change what they may do, change their role.")
            % {"person": user},
            "already_member",
        )
    older = Invitation.objects.filter(
        email__iexact=email, client=client, accepted_at__isnull=True, revoked_at__isnull=True
    )
    older.update(revoked_at=timezone.now())
    return offer(
        user or _make_person(email, name, language, role, client), role=role, client=client, name=name, by=by
    )


def _make_person(email: str, name: str, language: str, role: str, client: Client | None) -> User:
    user = User.objects.create_user(email, name=name, language=language)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    Membership.objects.create(user=user, client=client, role=role)
    return user


def offer(
    user: User, *, role: str, client: Client | None, name: str = "", by: User | None, **data
) -> Invitation:
    """The invitation's row and its event; the mail's sender makes the token."""
    invitation = Invitation.objects.create(
        email=user.email,
        name=name or user.name,
        client=client,
        role=role,
        invited_by=by,
        expires_at=timezone.now() + LASTS,
    )
    record("invitation.made", by=by, client=client, about=user, invitation=invitation, role=role, **data)
    return invitation


def renew_invitation(invitation: Invitation, *, by: User) -> Invitation:
    """Send it again: the old link dies, the seven days begin anew."""
    check_may_give(by, invitation.role, invitation.client)
    with sight.every_client(user_id=by.pk):
        invitation = _unanswered(invitation)
        was_prepared, user = invitation.is_prepared, _person_at(invitation.email)
        if was_prepared:
            if _works_here(user):
                raise Conflict(WORKS_HERE, "works_at_agency")
            language = settings.LANGUAGE_CODE
            user = user or _make_person(
                invitation.email, invitation.name, language, invitation.role, invitation.client
            )
        invitation.token_hash, invitation.expires_at = "", timezone.now() + LASTS
        invitation.is_prepared = False
        invitation.save(update_fields=["token_hash", "expires_at", "is_prepared"])
        record(
            "invitation.made",
            by=by,
            client=invitation.client,
            about=user,
            invitation=invitation,
            role=invitation.role,
            **({} if was_prepared else {"again": True}),
        )
    return invitation


def revoke_invitation(invitation: Invitation, *, by: User) -> Invitation:
    """Take it back; whoever never came in through it loses the place it was for."""
    check_may_give(by, invitation.role, invitation.client)
    with sight.every_client(user_id=by.pk):
        invitation = _unanswered(invitation)
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        user = _person_at(invitation.email)
        if user and user.last_login is None:
            from clients.services.members import close_place

            for place in Membership.objects.current().filter(user=user, client=invitation.client):
                close_place(place)
        record("invitation.revoked", by=by, client=invitation.client, about=user, invitation=invitation)
    return invitation


def mint_invitation_token(invitation_id: int) -> str:
    """For the sender of the mail, at its claim: a fresh token, of which the row keeps the hash.

    Empty where there is nothing left to send. A second try makes a second token and ends the first.
    """
    with sight.every_client():
        invitation = Invitation.objects.select_for_update().filter(pk=invitation_id).first()
        if invitation is None or not invitation.is_open:
            return ""
        token = secrets.token_urlsafe(32)
        invitation.token_hash, invitation.expires_at = hash_of(token), timezone.now() + LASTS
        invitation.save(update_fields=["token_hash", "expires_at"])
    return token


def greet_in(language: str, person: User) -> None:
    """Whoever never was here before is spoken to as on the page by which they come in."""
    if language in dict(settings.LANGUAGES):
        User.objects.filter(pk=person.pk, last_login__isnull=True).update(language=language)


def accept_invitation(user: User, invitation: Invitation) -> Membership:
    """The invited person is in: works once, and only for the address it was sent to."""
    if user.email.casefold() != invitation.email.casefold():
        raise PermissionDenied
    with sight.every_client(user_id=user.pk):
        invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
        if not invitation.is_open:
            raise Conflict(_("This invitation is no longer open. Ask for a new one."), "invitation_closed")
        if invitation.client_id and _works_here(user):
            raise Conflict(WORKS_HERE, "works_at_agency")
        place = Membership.objects.current().filter(user=user, client=invitation.client).first()
        if place is None:
            place = Membership.objects.create(user=user, client=invitation.client, role=invitation.role)
        elif place.role != invitation.role and invitation.role in (*AGENCY_ROLES, Role.CONTACT):
            place.role = invitation.role
            place.save(update_fields=["role"])
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        if invitation.name and not user.name:
            User.objects.filter(pk=user.pk, name="").update(name=invitation.name)
        record(
            "invitation.accepted",
            by=user,
            client=invitation.client,
            about=user,
            invitation=invitation,
            role=invitation.role,
        )
    user.__dict__.pop("standing", None)
    return place


def _unanswered(invitation: Invitation) -> Invitation:
    """The row, locked; refused where it was accepted or taken back meanwhile."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",)).select_related("client").get(pk=invitation.pk)
    )
    if invitation.accepted_at:
        raise Conflict(_("This invitation was accepted meanwhile."), "invitation_accepted")
    if invitation.revoked_at:
        raise Conflict(_("This invitation was taken back. Invite the person anew."), "invitation_revoked")
    return invitation


def _person_at(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def _works_here(user: User | None) -> bool:
    return bool(user) and Membership.objects.current().filter(user=user, client__isnull=True).exists()


def _wrong_line(field: str, value: str, *, longest: int, needed: bool = False) -> list[dict[str, str]]:
    if needed and not value:
        return [error(field, _("This is needed."), "missing")]
    if len(value) > longest:
        return [error(field, _("This is too long; %(n)d signs at the most.") % {"n": longest}, "too_long")]
    if not is_plain(value):
        return [error(field, NOT_PLAIN, "not_plain")]
    return []


def _read_person(
    given: dict[str, str], prefix: str, *, name_needed: bool = False
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Name, address and language as we keep them, and what is wrong with them."""
    name = tidy(given.get("name"))
    errors = _wrong_line(f"{prefix}name", name, longest=120, needed=name_needed)
    try:
        email = tidy_address(given.get("email"))
    except ValidationError:
        email = ""
        errors.append(error(f"{prefix}email", NOT_EMAIL))
    language = given.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    return {"name": name, "email": email, "language": language}, errors
