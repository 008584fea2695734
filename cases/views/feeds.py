"""A person's calendar for their own program, which knows no session: the secret in the path is all there is."""

from __future__ import annotations

import hashlib

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from cases.calendar import calendar_of
from clients import feeds, sight
from clients.keeping import is_within

A_MINUTE_FROM_ONE_ADDRESS = 60


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar as its person sees their cases; whoever else may be signed in here does not matter."""
    if _is_too_often(request):
        return _plain(429, "Too often. Read once an hour.")
    with sight.at_the_door():
        person = feeds.person_behind(secret)
    if person is None:
        return _plain(404, "There is no such calendar.")
    with sight.sight_of(person), translation.override(person.language):
        body = calendar_of(person)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["ETag"] = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    answer["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


def _is_too_often(request: HttpRequest) -> bool:
    """So many from one address in a minute."""
    return not is_within("feeds", get_adapter().get_client_ip(request), A_MINUTE_FROM_ONE_ADDRESS)


def _plain(status: int, words: str) -> HttpResponse:
    """An answer for a program: the same for a secret that is gone and for one that never was."""
    answer = HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    if status == 429:
        answer["Retry-After"] = "60"
    return answer
