"""How many letters wait to be sorted, asked only where a page shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from letterbox.queries import waiting_letters


def unsorted(request: HttpRequest) -> dict[str, Callable[[], int]]:
    user: Any = getattr(request, "user", None)
    if not settings.MAIL_REPLY_DOMAIN or user is None or not user.is_authenticated:
        return {}
    return {"letters_waiting": lambda: waiting_letters().count() if user.standing.is_agency else 0}
