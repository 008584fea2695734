"""What the masthead shows: how many messages are unread, asked only where a page draws it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications.queries import unread_count


def unread(request: HttpRequest) -> dict:
    """`unread` for whoever is signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.seen_as:
        return {"unread": 0}
    return {"unread": SimpleLazyObject(lambda: unread_count(user))}
