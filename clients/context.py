"""What every page knows: the house, and the person's standing in it."""

from django.http import HttpRequest

from clients.queries import the_agency


def house(request: HttpRequest) -> dict:
    """`agency` for the masthead and foot, `standing` of whoever is signed in."""
    user = getattr(request, "user", None)
    known = bool(user and user.is_authenticated)
    return {"agency": the_agency(), "standing": user.standing if known else None}
