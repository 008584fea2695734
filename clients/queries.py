"""Reading about people and the house."""

from datetime import date

from django.db.models import DateField, Exists, OuterRef, QuerySet

from clients import sight
from clients.asking import Statement
from clients.keeping import forget, keep, recall
from clients.kept import Kept
from clients.models import WHOLE_AGENCY_ROLES, Agency, Cover, Invitation, Membership, User
from clients.tokens import hash_of

_AGENCY = "agency"


def the_agency() -> Agency:
    """The agency's row, from the cache for a minute: letters and errors ask where nobody may read it."""
    found = recall(_AGENCY)
    if found is None:
        found = Agency.objects.filter(pk=1).first() or Agency(pk=1)
        keep(_AGENCY, found, 60)
    return found


_ROW: Kept[Agency] = Kept(lambda: Agency.objects.filter(pk=1), is_scoped=False)


def agency_here() -> Agency:
    """The same from where something may be read: one statement is quicker there than the cache."""
    if sight.is_closed():
        return the_agency()
    return next(iter(_ROW()), None) or Agency(pk=1)


def agency_ahead() -> list[Statement]:
    """The row, to be asked together with what the sight of a request is told."""
    found = _ROW.ahead()
    return [found] if found else []


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


def able_to_stand_in() -> QuerySet[User]:
    """The agency's people of today who see every client."""
    places = Membership.objects.current().agency().filter(user=OuterRef("pk"), role__in=WHOLE_AGENCY_ROLES)
    return User.objects.filter(Exists(places), is_active=True).order_by("name", "email")


def stand_ins(day: date) -> dict[int, list[User]]:
    """Whoever is away on this day of Beijing's, with who is told in their stead as well.

    Where a stand-in is away too, whoever stands in for them follows; where one has left, the line ends there.
    """
    pairs = _HOLDING(day=day)
    if not pairs:
        return {}
    people = User.objects.in_bulk({stand_in for _person, stand_in in pairs})
    by = {person: people[stand_in] for person, stand_in in pairs}
    return {pk: _line(pk, by) for pk in by}


def stand_ins_ahead(day: date) -> Statement | None:
    return _HOLDING.ahead(day=day)


# Asked by each page of a case and each list of them; on most days there is none.
_HOLDING: Kept[tuple[int, int]] = Kept(
    lambda day: (
        Cover.objects.holding(day)
        .filter(stand_in__in=able_to_stand_in().order_by())
        .order_by("person_id")
        .values_list("person_id", "stand_in_id")
    ),
    is_scoped=False,
    day=DateField(),
)


def _line(pk: int, by: dict[int, User]) -> list[User]:
    found: dict[int, User] = {}
    while (one := by.get(pk)) is not None and one.pk not in found:
        found[one.pk] = one
        pk = one.pk
    return list(found.values())


def covered_by(user: User, day: date) -> list[User]:
    """Whom this person stands in for on this day, directly or at the end of a line."""
    away = [pk for pk, people in stand_ins(day).items() if pk != user.pk and user in people]
    return list(User.objects.filter(pk__in=away).order_by("name", "email")) if away else []


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
