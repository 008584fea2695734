"""Reading about people and the house."""

from django.core.cache import cache

from clients.models import Agency, User

_AGENCY = "agency"


def the_agency() -> Agency:
    """The agency's row, from the cache for a minute; asked on every page."""
    try:
        found = cache.get(_AGENCY)
    except Exception:  # noqa: BLE001 (the broker may be down; the page goes on without it)
        found = None
    if found is None:
        found = Agency.objects.filter(pk=1).first() or Agency(pk=1)
        try:
            cache.set(_AGENCY, found, 60)
        except Exception:  # noqa: BLE001, S110
            pass
    return found


def forget_agency() -> None:
    """Call after changing the agency's row."""
    cache.delete(_AGENCY)


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
