"""The house's doors: pages are private, what touches an account asks again who you are, and sign-in holds when its
counters are away."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from clients import aside
from clients.views import errors

log = structlog.get_logger()

# Answered without a person, or by a token that the API asks for itself.
PUBLIC = ("/livez", "/healthz", "/metrics", "/sw.js", "/offline/")
COUNTED = ("/accounts/", "/invitations/")
# allauth asks whoever has a password or a factor; who has neither would never be asked.
TOUCHES_ACCOUNT = ("/accounts/password/set/", "/accounts/email/", "/accounts/2fa/")
NOT_THOSE = ("/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/", "/accounts/2fa/webauthn/reauth")


class PrivateMiddleware(LoginRequiredMiddleware):
    """Every page asks to sign in unless it is marked otherwise; the API never redirects."""

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs):
        if request.path in PUBLIC or request.path.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func):
        if request.headers.get("HX-Request"):
            # A redirect would be swapped into a corner of the page.
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("account_login")})
        return aside.to_sign_in(request)


class EntranceMiddleware:
    """What allauth leaves to the house."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and request.path == reverse("account_logout"):
            # Cookies stay: the session's is worth nothing any more, and the language is nobody's secret.
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs) -> HttpResponse | None:
        if _has_nul(request):
            return errors.bad_request(request)
        if (
            request.method != "POST"
            or not request.path.startswith(TOUCHES_ACCOUNT)
            or request.path.startswith(NOT_THOSE)
            or not request.user.is_authenticated
            or get_adapter().get_reauthentication_methods(request.user)
        ):
            return None
        return None if is_fresh(request) else ask_again(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The counters that stop guessing are away: sign-in waits, the rest of the portal goes on."""
        if request.path.startswith(COUNTED) and type(error).__module__.startswith("redis"):
            log.warning("sign_in.counters_away", error=type(error).__name__)
            return errors.unavailable(request)
        return None


def _has_nul(request: HttpRequest) -> bool:
    """No text of the database can hold it, and nobody types it."""
    is_bodied = request.method not in ("GET", "HEAD") and not request.path.startswith("/api/")
    given = [request.GET, request.POST] if is_bodied else [request.GET]
    return any("\0" in value for form in given for _, values in form.lists() for value in values)


def is_fresh(request: HttpRequest) -> bool:
    """The person signed in, or showed again that it is them, within the last 15 minutes."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def ask_again(request: HttpRequest) -> HttpResponse:
    """Put the request aside, ask by the person's own way, and take it up again after."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    return suspend_request(request, ways[0]["url"] if ways else reverse("clients:again"))


def fresh_sign_in(view: Callable) -> Callable:
    """For views whose POST touches members, tokens or settings."""

    @wraps(view)
    def asked(request: HttpRequest, *args, **kwargs):
        if request.method == "POST" and not is_fresh(request):
            return ask_again(request)
        return view(request, *args, **kwargs)

    return asked
