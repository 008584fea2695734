from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.utils.translation import gettext_lazy as _

from . import days
from .book import checked
from .kinds import PROVIDERS, Kind
from .loading import DataError, by_code


@dataclass(frozen=True, kw_only=True)
class Amount(Kind):
    """A number of the trade: how many of what."""

    n: int
    unit: Literal["hours", "days", "working", "months", "years", "domains", "characters"]


AMOUNTS = by_code("amounts.toml", "amount", Amount)


@checked
def no_amount_runs_beyond_the_calendar() -> None:
    for code, row in AMOUNTS.items():
        if row.unit in ("hours", "days", "working") and row.n > days.MOST:
            words = _("This must be a whole number from 0 to 10,000.")
            raise DataError(f"amounts.toml, amount {code}, n: {words}", column="n", sentence=words)


def amount(code: str) -> int:
    """How many it is by the rules that are open here."""
    return AMOUNTS[code].n


def sms_delay(provider: str) -> timedelta:
    """From this provider's hand-over to the ministry's SMS; of one that is not known as with any other."""
    row = PROVIDERS.get(provider) or PROVIDERS["other"]
    return timedelta(minutes=row.sms_minutes)
