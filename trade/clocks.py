from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext_lazy as _

from . import days
from .book import checked
from .loading import DataError, Dated, by_code
from .words import Words


@dataclass(frozen=True, kw_only=True)
class Clock(Dated):
    """A clock of the trade: how long, counted how, and whose move it is meanwhile."""

    code: str
    name: Words
    starts: Words
    stops: Words
    n: int
    unit: Literal["hours", "calendar", "working"]
    waiting_on: Literal["client", "agency", "provider", "miit", "psb", "commercial_authority", "nobody"]
    unconfirmed: bool = False

    def due(self, start: datetime, n: int | None = None) -> days.Due:
        """When this clock runs out, started then; `n` where a notice says another span."""
        return days.due(start, self.n if n is None else n, self.unit)


@dataclass(frozen=True, kw_only=True)
class SmsRule(Dated):
    """Who of a filing enters the ministry's SMS code (工信部短信核验, 17 August 2020)."""

    code: str
    persons: tuple[Literal["head", "manager"], ...]


CLOCKS = by_code("clocks.toml", "clock", Clock)


@checked
def no_clock_runs_beyond_the_calendar() -> None:
    for clock in CLOCKS.values():
        if clock.n > days.MOST:
            words = _("This must be a whole number from 0 to 10,000.")
            raise DataError(f"clocks.toml, clock {clock.code}, n: {words}", column="n", sentence=words)


SMS = by_code("clocks.toml", "sms", SmsRule)


def sms_persons(filing_kind: str) -> tuple[str, ...]:
    """Who must enter a code of the ministry's SMS for this kind of filing; nobody where none is sent."""
    rule = SMS.get(filing_kind)
    return rule.persons if rule else ()
