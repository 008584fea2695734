"""The first administrator of a new house: there is nobody yet who could invite them."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from clients import sight
from clients.models import Invitation, Membership, Role, User
from clients.refusals import Conflict
from clients.services.invitations import offer


def found_house(email: str, *, name: str = "") -> Invitation:
    """Invite the first administrator by mail; refused where the house has one already."""
    with sight.every_client():
        places = Membership.objects.current().agency()
        if places.filter(role=Role.ADMINISTRATOR, user__is_active=True).exists():
            raise Conflict(
                _("There is an administrator already; everybody else comes by invitation."), "founded"
            )
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = User.objects.create_user(email, name=name)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
        Membership.objects.get_or_create(
            user=user, client=None, ended_at=None, defaults={"role": Role.ADMINISTRATOR}
        )
        return offer(user, role=Role.ADMINISTRATOR, client=None, name=name, by=None)
