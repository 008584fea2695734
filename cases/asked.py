"""What the address of a list asks for: the words it knows, the filters they make, and the address again."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse

from cases.models.case import WaitingOn
from cases.queries import DUE, PROMISE, Filters
from cases.workflow import Stage
from trade import kinds
from trade.provinces import PROVINCES

ON_HOLD = {"yes": True, "no": False}
LONGEST = 254


# Words that each may be; the agency's own book may name more providers and provinces than ours.
KNOWN: dict[str, Container[str]] = {
    "stage": Stage.values,
    "waiting_on": WaitingOn.values,
    "provider": kinds.PROVIDERS,
    "province": PROVINCES,
    "due": DUE,
    "on_hold": ON_HOLD,
    "promise": PROMISE,
}


def read(given: Mapping[str, str]) -> dict[str, str]:
    """What is asked, by name; words that are not known are not asked."""
    asked = dict.fromkeys(KNOWN, "")
    for name, known in KNOWN.items():
        if (value := given.get(name, "")) and value in known:
            asked[name] = value
    for name in ("q", "account_manager", "client"):
        asked[name] = given.get(name, "").replace("\0", "").strip()[:LONGEST]
    return asked


def filters_of(asked: Mapping[str, str]) -> Filters:
    return Filters(**{**read(asked), "on_hold": ON_HOLD.get(asked.get("on_hold", ""))})  # type: ignore[arg-type]


def said(asked: Mapping[str, str]) -> dict[str, str]:
    """Only what narrows something, as it is kept and compared."""
    return {name: value for name, value in asked.items() if value}


def query_of(asked: Mapping[str, str], **more: str) -> str:
    return _written(tuple(said({**asked, **more}).items()))


@lru_cache(maxsize=1024)
def _written(pairs: tuple[tuple[str, str], ...]) -> str:
    """Each page of a list writes the same few."""
    return urlencode(pairs)


def link_of(asked: Mapping[str, str], **more: str) -> str:
    """From one list to that one. What narrows nothing still says that it was chosen, lest one's own view be opened."""
    return f"?{query_of(asked, **more) or 'stage='}"


def list_of(asked: Mapping[str, str], **more: str) -> str:
    """The same from anywhere."""
    return reverse("cases:case-list") + link_of(asked, **more)
