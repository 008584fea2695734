from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from .kinds import PROVIDERS, Kind
from .loading import by_code


@dataclass(frozen=True, kw_only=True)
class Amount(Kind):
    """A number of the trade: how many of what."""

    n: int
    unit: Literal["months", "years", "domains", "characters"]


AMOUNTS = by_code("amounts.toml", "amount", Amount)


def amount(code: str) -> int:
    """How many it is by the rules that are open here."""
    return AMOUNTS[code].n


def sms_delay(provider: str) -> timedelta:
    """From this provider's hand-over to the ministry's SMS; of one that is not known as with any other."""
    row = PROVIDERS.get(provider) or PROVIDERS["other"]
    return timedelta(minutes=row.sms_minutes)
