"""Reading about people and the house."""

from clients.keeping import forget, keep, recall
from clients.models import Agency, Invitation, User
from clients.tokens import hash_of

_AGENCY = "agency"


def the_agency() -> Agency:
    """The agency's row, from the cache for a minute; asked on every page."""
    found = recall(_AGENCY)
    if found is None:
        found = Agency.objects.filter(pk=1).first() or Agency(pk=1)
        keep(_AGENCY, found, 60)
    return found


def forget_agency() -> None:
    """Call after changing the agency's row; where the cache is away, what it holds ends within the minute."""
    forget(_AGENCY)


def agency_member(address: str) -> User | None:
    """The person of the agency with this e-mail address, if there is one today."""
    return (
        User.objects.filter(
            email__iexact=address.strip(),
            is_active=True,
            memberships__client__isnull=True,
            memberships__ended_at__isnull=True,
        )
        .distinct()
        .first()
    )


def invitation_behind(token: str) -> Invitation | None:
    """The invitation that a link leads to, open or not; a renewed one has forgotten its older links."""
    return Invitation.objects.filter(token_hash=hash_of(token)).exclude(token_hash="").first()


def has_passkey(user: User) -> bool:
    """A key in the person's device opens the door by itself; one that is only a second factor does not."""
    from allauth.mfa.models import Authenticator

    alone = {"data__credential__clientExtensionResults__credProps__rk": True}
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN, **alone).exists()


def has_second_factor(user: User) -> bool:
    """An app's code or a key; recovery codes alone are none."""
    from allauth.mfa.models import Authenticator

    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=user, type__in=kinds).exists()
