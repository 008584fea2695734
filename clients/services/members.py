"""Places end, change and pass on; leaving ends everything at the next request.

Like inviting, each service takes the sight of the whole agency for its own length, after the check of who may.
"""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import sight
from clients.models import ApiToken, CalendarFeed, Client, Invitation, Membership, Role, User
from clients.permissions import roles_given_by
from clients.refusals import Conflict
from clients.services.covering import drop_covers_of
from clients.services.invitations import check_may_give, invite_person, offer
from clients.services.traces import record


def end_membership(place: Membership, *, by: User) -> None:
    """The person has no place here any more: no session, token or open invitation outlives it."""
    check_may_give(by, place.role, place.client)
    with sight.every_client(user_id=by.pk):
        place = _current(place)
        if place.role == Role.ADMINISTRATOR:
            _another_administrator(place)
        close_place(place)
        if place.client_id is None:
            drop_covers_of(place.user, by=by)
        record("membership.ended", by=by, client=place.client, about=place.user, role=place.role)


def close_place(place: Membership) -> None:
    """End the row and what hung on it; no check of who may."""
    now = timezone.now()
    ended = Q(pk=place.pk)
    if place.client_id is None:
        ended |= Q(user_id=place.user_id, role=Role.ASSIGNED)
    Membership.objects.current().filter(ended).update(ended_at=now)
    _open_invitations(place).update(revoked_at=now)
    elsewhere = Membership.objects.current().filter(user_id=place.user_id).exists()
    if place.client_id is None or not elsewhere:
        end_sessions(place.user)
        ApiToken.objects.filter(user_id=place.user_id, revoked_at__isnull=True).update(revoked_at=now)
        CalendarFeed.objects.filter(user_id=place.user_id).delete()


def _open_invitations(place: Membership) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        email__iexact=place.user.email,
        client_id=place.client_id,
        accepted_at__isnull=True,
        revoked_at__isnull=True,
    )


def end_sessions(user: User) -> int:
    """Sign the person out everywhere."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


def change_role(place: Membership, role: str, *, by: User) -> Membership:
    """Another role in the same place; both the old and the new must be theirs to give."""
    check_may_give(by, place.role, place.client)
    check_may_give(by, role, place.client)
    with sight.every_client(user_id=by.pk):
        place = _current(place)
        before = place.role
        if before == role:
            return place
        if before == Role.ADMINISTRATOR:
            _another_administrator(place)
        if before == Role.LIMITED_SPECIALIST:
            Membership.objects.current().filter(user_id=place.user_id, role=Role.ASSIGNED).update(
                ended_at=timezone.now()
            )
        place.role = role
        place.save(update_fields=["role"])
        if role == Role.LIMITED_SPECIALIST:
            drop_covers_of(place.user, by=by)
        # Whoever still holds an invitation to this place must not get the older role back by it.
        _open_invitations(place).update(role=role)
        record("role.changed", by=by, client=place.client, about=place.user, old=before, new=role)
    return place


def assign_clients(user: User, clients: Iterable[Client], *, by: User) -> None:
    """These clients and no others are what a limited specialist sees."""
    if Role.ASSIGNED not in roles_given_by(by):
        raise PermissionDenied
    wanted = {client.pk: client for client in clients}
    with sight.every_client(user_id=by.pk):
        limited = Membership.objects.current().filter(user=user, role=Role.LIMITED_SPECIALIST)
        if not limited.select_for_update().exists():
            raise Conflict(
                _("%(person)s sees every client; only a limited specialist is assigned some.")
                % {"person": user},
                "not_limited",
            )
        now_seen = Membership.objects.current().filter(user=user, role=Role.ASSIGNED)
        have = set(now_seen.values_list("client_id", flat=True))
        now_seen.exclude(client_id__in=wanted).update(ended_at=timezone.now())
        for pk in set(wanted) - have:
            Membership.objects.create(user=user, client=wanted[pk], role=Role.ASSIGNED)
        if have != set(wanted):
            record(
                "role.changed",
                by=by,
                about=user,
                assigned=sorted(client.reference for client in wanted.values()),
            )


def replace_contact(client: Client, place: Membership, *, email: str, name: str = "", by: User) -> Invitation:
    """Somebody else speaks for the client from now on; open tasks hang on the client and so pass to them."""
    if place.client_id != client.pk or place.role != Role.CONTACT:
        raise PermissionDenied
    with sight.every_client(user_id=by.pk):
        place = _current(place)
        invitation = invite_person(email, name=name, role=Role.CONTACT, client=client, by=by)
        close_place(place)
        newcomer = User.objects.get(email__iexact=invitation.email)
        record(
            "contact.replaced",
            by=by,
            client=client,
            about=newcomer,
            invitation=invitation,
            old=place.user.reference,
            new=newcomer.reference,
        )
    return invitation


def let_back_in(user: User, *, by: User) -> None:
    """For somebody who lost phone, key or password: old factors, sessions and tokens go, wherever they are now.

    Staff also get a new invitation and choose a new password, for a code by mail alone never lets them in.
    """
    if not by.standing.is_administrator:
        raise PermissionDenied
    with sight.every_client(user_id=by.pk):
        user = User.objects.select_for_update().get(pk=user.pk)
        place = Membership.objects.current().filter(user=user, client__isnull=True).first()
        removed = Authenticator.objects.filter(user=user).delete()[0]
        ended = end_sessions(user)
        CalendarFeed.objects.filter(user=user).delete()
        revoked = ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(
            revoked_at=timezone.now()
        )
        record("person.let_back_in", by=by, about=user, factors=removed, sessions=ended, tokens=revoked)
        if place is not None:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            Invitation.objects.filter(
                email__iexact=user.email,
                client__isnull=True,
                accepted_at__isnull=True,
                revoked_at__isnull=True,
            ).update(revoked_at=timezone.now())
            offer(user, role=place.role, client=None, by=by, back=True)


def _current(place: Membership) -> Membership:
    """The row, locked; refused where it has ended meanwhile."""
    place = (
        Membership.objects.select_for_update(of=("self",)).select_related("user", "client").get(pk=place.pk)
    )
    if place.ended_at:
        raise Conflict(_("This person's place has ended already."), "membership_ended")
    return place


def _another_administrator(place: Membership) -> None:
    """The last administrator stays: nobody could let anybody in any more. All their rows are locked first."""
    rows = Membership.objects.current().filter(client__isnull=True, role=Role.ADMINISTRATOR)
    if set(rows.select_for_update().values_list("pk", flat=True)) <= {place.pk}:
        raise Conflict(
            _("This is the last administrator. Make somebody else administrator first."), "last_administrator"
        )
