"""The one door for mail providers: by their secret, for the one that the settings name, with bounded bodies."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import structlog
from anymail import urls as anymail_urls
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

log = structlog.get_logger()

PATH = "/mail/"
LARGEST = {"tracking": 256 * 1024, "inbound": 30 * 1024 * 1024}  # bytes of a call


class NotLetIn(Exception):
    """What the call is answered with instead."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.answer = HttpResponse(status=status)
        if status == 401:
            self.answer["WWW-Authenticate"] = 'Basic realm="mail"'


def is_let_in(request: HttpRequest) -> bool:
    """It brings one of the secrets, as `user:password` of basic authentication."""
    secrets: Any = settings.ANYMAIL.get("WEBHOOK_SECRET") or []
    kind, _space, told = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(told, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        given = ""
    return bool(given) and any(constant_time_compare(given, one) for one in secrets)


def events_of(request: HttpRequest, provider: str, kind: str) -> list[Any]:
    """What the provider tells, as django-anymail reads it; raises `Http404` or `NotLetIn`.

    Its views are asked to read only: who hears of it is called by name, and not by a signal.
    """
    make = _view_of(provider, kind)
    if make is None or provider != settings.MAIL_PROVIDER or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    if not is_let_in(request):
        raise NotLetIn(401)
    if request.content_type == "application/json":
        request._body = request.read(LARGEST[kind] + 1)  # type: ignore[attr-defined]
        if len(request._body) > LARGEST[kind]:  # type: ignore[attr-defined]
            raise NotLetIn(413)
    try:
        view = make()
        view.run_validators(request)
        return view.parse_events(request)
    except Exception as error:  # noqa: BLE001  whatever a call that is none makes of the parser
        log.warning("mail.unread", provider=provider, kind=kind, error=type(error).__name__)
        raise NotLetIn(400) from None


def _view_of(provider: str, kind: str) -> Callable[[], Any] | None:
    name = f"{provider}_{kind}_webhook"
    for one in anymail_urls.urlpatterns:
        if one.name == name:
            return one.callback.view_class
    return None
