"""Staff see a client's own pages as one of its logins does, under `/as/PLACE/`, and change nothing there.

Whoever signed in stays `request.user`, with name and key of their own: traces are theirs, and what belongs to a person
(passkeys, sessions, tokens, messages) stays shut by PostgreSQL, which is told their id. Only the standing is narrowed
to that of the login at this one client, and with it the sight; the transaction is read-only. Pages that are not
about filings are not shown at all.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, get_script_prefix, resolve, set_script_prefix
from django.utils import translation
from django.utils.translation import gettext as _

from clients import sight
from clients.models import CLIENT_ROLES, Client, Membership, Standing, User

LASTS = 30 * 60
MOST = 5  # looks at once, each in a tab
KEPT_IN = "seeing"
ADDRESS = re.compile(r"/as/(?P<place>M-[0-9A-Z]{12})(?P<rest>/.*)", re.DOTALL)
WAY_OUT = "/ending/"
# To open a paper leaves a trace, by name of whoever opens it; nothing else writes.
TRACED = frozenset({"documents:content"})
SHOWN = TRACED | {
    "home",
    "cases:case-detail",
    "cases:call-back",
    "cases:change-report",
    "cases:facts",
    "cases:letters",
    "cases:licence-application",
    "cases:message-report",
    "cases:phone",
    "cases:psb-filing",
    "cases:sms-codes",
    "cases:task-report",
    "cases:withdrawal",
    "documents:seen",
    "documents:state",
    "documents:task",
}


class Seeing(NamedTuple):
    """Whose pages are seen, and until when."""

    place: Membership
    until: datetime

    @property
    def person(self) -> User:
        return self.place.user

    @property
    def client(self) -> Client | None:
        return self.place.client

    @property
    def way_out(self) -> str:
        return f"/as/{self.place.reference}{WAY_OUT}"


# ── Beginning and ending ────────────────────────────────────────────────────────────────────────────────────────────


def begin(request: HttpRequest, place: Membership) -> None:
    """For half an hour from now, in this session alone."""
    kept = _alive(request) | {place.reference: int(time.time()) + LASTS}
    request.session[KEPT_IN] = dict(sorted(kept.items(), key=lambda one: one[1])[-MOST:])


def end(request: HttpRequest, reference: str) -> None:
    request.session[KEPT_IN] = {name: until for name, until in _alive(request).items() if name != reference}


def _alive(request: HttpRequest) -> dict[str, int]:
    now = time.time()
    return {name: until for name, until in request.session.get(KEPT_IN, {}).items() if until > now}


def place_in_sight(user: User, reference: str) -> Membership | None:
    """A login of a client that this person of the agency sees, as both stand now."""
    standing = user.standing
    if not standing.is_agency:
        return None
    places = Membership.objects.current().filter(reference=reference, role__in=CLIENT_ROLES)
    place = places.filter(user__is_active=True).select_related("user", "client").first()
    if place is None or not (standing.sees_every_client or place.client_id in standing.client_ids):
        return None
    return place


# ── Seeing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class SeeingMiddleware:
    """The innermost: all that a person must have done first, they have done as themselves.

    Where nobody looks, or no more, the view behind the address says so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = ADDRESS.fullmatch(request.path_info)
        if told is None or told["rest"] == WAY_OUT or not request.user.is_authenticated:
            return self.get_response(request)
        until = _alive(request).get(told["place"])
        place = place_in_sight(request.user, told["place"]) if until else None
        if place is None or until is None:
            return self.get_response(request)
        with _as(request, Seeing(place, datetime.fromtimestamp(until, UTC)), told["rest"]):
            response = self._answer(request, place)
        response["Content-Language"] = place.user.language
        return response

    def _answer(self, request: HttpRequest, place: Membership) -> HttpResponse:
        client_id, staff_id = place.client_id or 0, request.user.pk
        if request.method not in ("GET", "HEAD"):
            with sight.as_client([client_id], user_id=staff_id):
                return _refused(request)
        try:
            name = resolve(request.path_info).view_name
        except Resolver404:
            name = ""
        with sight.as_client([client_id], user_id=staff_id, is_read_only=name not in TRACED):
            if name and name not in SHOWN:
                return _page(request, _("This page is the person's own and is not shown to anybody else."))
            return self.get_response(request)


@contextmanager
def _as(request: HttpRequest, seeing: Seeing, rest: str) -> Iterator[None]:
    """The request as the client's login would make it; all links of its page lead on under the same address."""
    staff, path, prefix = request.user, request.path_info, get_script_prefix()
    viewer = copy.copy(staff)
    viewer.__dict__["standing"] = Standing("", {seeing.place.client_id or 0: seeing.place.role})
    viewer.seen_as = seeing.person
    request.user, request.path_info = viewer, rest
    request.seeing = seeing  # type: ignore[attr-defined]
    set_script_prefix(seeing.way_out.removesuffix(WAY_OUT.removeprefix("/")))
    try:
        with translation.override(seeing.person.language):
            yield
    finally:
        set_script_prefix(prefix)
        request.user, request.path_info = staff, path


def _refused(request: HttpRequest) -> HttpResponse:
    words = _("You only see these pages as the client does. Nothing was sent, nothing has changed.")
    by_script = "X-Autosave" in request.headers or "json" in request.headers.get("Content-Type", "")
    if by_script:
        return JsonResponse({"detail": words}, status=409)
    return _page(request, words)


def _page(request: HttpRequest, words: str) -> HttpResponse:
    return render(request, "clients/not_shown.html", {"words": words}, status=403)
