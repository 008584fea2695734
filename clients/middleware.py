"""A request's transaction, its sight, its language, and what its person must do first."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from clients import aside, sessions, sight, source
from clients.context import agency_of
from clients.queries import agency_ahead, has_passkey, has_second_factor
from clients.tokens import person_behind
from clients.views import errors

log = structlog.get_logger()

GetResponse = Callable[[HttpRequest], HttpResponse]

# These answer without a database, or ask it themselves.
OUTSIDE = ("/livez", "/healthz", "/metrics")


class TransactionMiddleware:
    """The outermost: opens the request's transaction at the door.

    Everything middleware reads or writes (session, user, memberships) lies inside it; the views' own savepoint
    (ATOMIC_REQUESTS) lies deeper, so that an error there rolls back the view's work and not the session.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in OUTSIDE:
            return self.get_response(request)
        try:
            key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
            with sight.at_the_door(is_capped=True, ahead=sessions.ahead(key)):
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
        except (OperationalError, InterfaceError) as error:
            log.warning("request.database_away", error=type(error).__name__)
            connection.close()
            response = errors.unavailable(request)
        if getattr(request, "user_was_known", False):
            response.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response


class SightMiddleware:
    """Works out who is asking, at the door, and then takes the sight that belongs to them.

    Pages know their person by the session, the API by its bearer token and by nothing else.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in OUTSIDE:
            return self.get_response(request)
        request.api_token = None
        if request.path.startswith("/api/"):
            request.user, request.api_token = person_behind(request)
        user = request.user
        request.user_was_known = user.is_authenticated
        if not user.is_authenticated:
            return self.get_response(request)
        if not user.standing.is_member and request.api_token is None:
            # Leaving ends everything at the next request.
            request.session.flush()
            return redirect(settings.LOGIN_URL)
        # Asked for dozens of times from here on: the person, and not the promise of one.
        request.user = user = getattr(user, "_wrapped", user)
        with (
            sight.of_request(user, agency_ahead()),
            source.coming_from("api" if request.api_token else "page"),
        ):
            return self.get_response(request)


class LanguageMiddleware:
    """The person's own language; before sign-in the cookie's or the browser's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(self._language(request))
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response

    def _language(self, request: HttpRequest) -> str:
        if request.path not in OUTSIDE and request.user.is_authenticated:
            asked = request.headers.get("Accept-Language") if request.path.startswith("/api/") else None
            if not asked:
                return request.user.language
        return translation.get_language_from_request(request)


class DoorMiddleware:
    """Staff who have no key of their own yet, or lack the second factor that the agency demands, reach the page that
    mends it and nothing else; staff who were idle for too long sign in again."""

    ALWAYS = (
        "/static/",
        "/logo/",
        "/offline/",
        "/sw.js",
        "/language/",
        "/accounts/logout/",
        "/accounts/again/",
        "/accounts/reauthenticate/",
    )
    BY_ITSELF = "/here/"  # pages that ask again by themselves: nobody's deed
    FACTOR = ("/accounts/2fa/", "/accounts/password/")
    KEY = ("/accounts/2fa/webauthn/", "/accounts/password/set/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.path in OUTSIDE
            or not request.user.is_authenticated
            or not request.user.standing.is_agency
        ):
            return self.get_response(request)
        user, by_page = request.user, request.api_token is None
        if by_page:
            now = int(timezone.now().timestamp())
            seen = request.session.get("seen_at", now)
            asks_by_itself = request.path.endswith(self.BY_ITSELF)
            if now - seen > settings.STAFF_IDLE_SECONDS and asks_by_itself:
                return HttpResponse(
                    status=204
                )  # the door is for what somebody does; what is typed stays where it is
            if now - seen > settings.STAFF_IDLE_SECONDS:
                request.was_idle = True  # `process_view` shows the door, once the form has shown its own sign
                response = self.get_response(request)
                if request.was_idle:  # it came to no view: a wrong address, a form without its sign
                    request.session.flush()
                    return redirect(settings.LOGIN_URL)
                return response
            if (now - seen > 60 or "seen_at" not in request.session) and not asks_by_itself:
                request.session["seen_at"] = now
        if request.path.startswith(self.ALWAYS):
            return self.get_response(request)
        if by_page and not user.has_usable_password() and not has_passkey(user):
            # They came in by the code of an invitation, which lets nobody of the agency in twice.
            if not request.path.startswith(self.KEY):
                return redirect("account_set_password")
        elif agency_of(request).demands_second_factor and not has_second_factor(user):
            if not by_page:
                return errors.problem(request, 403, "second_factor_missing")
            if not request.path.startswith(self.FACTOR):
                return redirect("mfa_index")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs) -> HttpResponse | None:
        if not getattr(request, "was_idle", False):
            return None
        request.was_idle = False
        person = request.user.pk
        request.session.flush()
        return aside.to_sign_in(request, by=person)
