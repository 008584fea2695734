"""What every page knows: the house, and the person's standing in it."""

from django.http import HttpRequest

from clients.models import Agency
from clients.queries import agency_here


def house(request: HttpRequest) -> dict:
    """`agency` for the masthead and foot, `standing` of whoever is signed in, `seeing` where staff see as a client."""
    user = getattr(request, "user", None)
    known = bool(user and user.is_authenticated)
    return {
        "agency": agency_of(request),
        "standing": user.standing if known else None,
        "seeing": getattr(request, "seeing", None),
    }


def agency_of(request: HttpRequest) -> Agency:
    """The house's row, asked once a request."""
    if not hasattr(request, "agency"):
        request.agency = agency_here()
    return request.agency
