from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext_lazy as _

from . import days
from .book import checked
from .kinds import Kind
from .loading import DataError, Dated, by_code, one_of_table
from .words import Words

Unit = Literal["hours", "calendar", "working"]


@dataclass(frozen=True, kw_only=True)
class Clock(Dated):
    """A clock of the trade: how long, counted how, and whose move it is meanwhile."""

    code: str
    name: Words
    starts: Words
    stops: Words
    n: int
    unit: Unit
    waiting_on: Literal["client", "agency", "provider", "miit", "psb", "commercial_authority", "nobody"]
    unconfirmed: bool = False

    def due(self, start: datetime, n: int | None = None) -> days.Due:
        """When this clock runs out, started then; `n` where a notice says another span."""
        return days.due(start, self.n if n is None else n, self.unit)


@dataclass(frozen=True, kw_only=True)
class SmsRule(Dated):
    """Who of a filing enters the ministry's SMS code (工信部短信核验, 17 August 2020)."""

    code: str = one_of_table("kinds.filing_kind")
    persons: tuple[Literal["head", "manager"], ...]


@dataclass(frozen=True, kw_only=True)
class Usual(Kind):
    """How long a filing usually stays at a stop, and after how many working days without a move it has gone quiet."""

    n: int | None = None
    unit: Unit = "working"
    clocks: tuple[str, ...] = one_of_table("clocks.clock", default=())
    quiet_after: int | None = None


CLOCKS = by_code("clocks.toml", "clock", Clock)
SMS = by_code("clocks.toml", "sms", SmsRule)
USUAL = by_code("clocks.toml", "usual", Usual)


@checked
def no_clock_runs_beyond_the_calendar() -> None:
    for table, rows in (("clock", CLOCKS), ("usual", USUAL)):
        for code, row in rows.items():
            if (row.n or 0) > days.MOST:
                words = _("This must be a whole number from 0 to 10,000.")
                raise DataError(f"clocks.toml, {table} {code}, n: {words}", column="n", sentence=words)


def sms_persons(filing_kind: str) -> tuple[str, ...]:
    """Who must enter a code of the ministry's SMS for this kind of filing; nobody where none is sent."""
    rule = SMS.get(filing_kind)
    return rule.persons if rule else ()
