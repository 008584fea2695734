"""Headers: what strangers write into them, made harmless before anybody leans on it; and what pages may load."""

from __future__ import annotations

import re
from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")


class HeadersMiddleware:
    """A session key that no server gave is none, for the database cannot even ask for some; and text is UTF-8, for
    some of the codecs that a header may name decode no text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key is not None and not SESSION_KEY.fullmatch(key):
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        if request.encoding is not None and request.encoding.lower() not in ("utf-8", "utf8"):
            request.encoding = "utf-8"
        return self.get_response(request)


class PolicyMiddleware:
    """What a page may load (threats, H1), on errors too. It is the same for all, so it is put together once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response, self.policy = get_response, build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self.policy)
        return response


class HtmxMiddleware:
    """What htmx says of its request; a page that it did not ask for is not read header by header to find that out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.htmx = HtmxDetails(request) if "HTTP_HX_REQUEST" in request.META else None  # type: ignore[attr-defined]
        return self.get_response(request)
