"""Sentences in a language, looked up once: Django walks its catalogues anew for each of the hundreds on a page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import trans_real

_plain = trans_real.gettext
_said = lru_cache(maxsize=16384)(lambda catalogue, message: catalogue.gettext(message))


def gettext(message: Any) -> Any:
    """As Django's; what is more than a plain line goes its way."""
    catalogue = getattr(trans_real._active, "value", None)  # type: ignore[attr-defined]
    if catalogue is None or type(message) is not str or not message or "\r" in message:
        return _plain(message)
    return _said(catalogue, message)


def keep() -> None:
    """Once, before anybody has asked."""
    trans_real.gettext = gettext
    translation._trans.gettext = gettext  # type: ignore[attr-defined]
