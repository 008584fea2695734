"""The sign that each form carries: of the same chance as Django's, asked once and not letter by letter."""

from __future__ import annotations

import os

from django.conf import settings
from django.http import HttpRequest
from django.middleware import csrf

_LETTERS = csrf.CSRF_ALLOWED_CHARS.encode()
# Each letter stands for as many bytes as any other; the rest of the bytes stand for none.
_EVEN = 256 - 256 % len(_LETTERS)
_LETTER_OF = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
_NONE = bytes(range(_EVEN, 256))


def sign() -> str:
    """Letters by chance, as many as a sign has."""
    found = b""
    while len(found) < csrf.CSRF_SECRET_LENGTH:
        found += os.urandom(2 * csrf.CSRF_SECRET_LENGTH).translate(_LETTER_OF, _NONE)
    return found[: csrf.CSRF_SECRET_LENGTH].decode()


def token_of(request: HttpRequest) -> str:
    """For the forms of a page; a browser that has its cookie is not sent it anew, for each sign-in does that."""
    token = csrf.get_token(request)
    if request.COOKIES.get(settings.CSRF_COOKIE_NAME) == request.META["CSRF_COOKIE"]:
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
    return token


def keep() -> None:
    """Once, before any form is drawn."""
    csrf._get_new_csrf_string = sign  # type: ignore[attr-defined]
