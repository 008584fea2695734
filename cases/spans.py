"""Days, hours and months as sentences say them: a sentence that promises a span reads it from the rules."""

from __future__ import annotations

from django.utils.translation import ngettext

from trade.amounts import amount, sms_delay
from trade.clocks import CLOCKS, USUAL


def span(n: int, unit: str) -> str:
    """24 hours · 30 days · 3 working days."""
    told = {
        "hours": ngettext("%(n)d hour", "%(n)d hours", n),
        "calendar": ngettext("%(n)d day", "%(n)d days", n),
        "working": ngettext("%(n)d working day", "%(n)d working days", n),
    }
    return told[unit] % {"n": n}


def of_clock(code: str) -> str:
    """How long this clock of the trade gives."""
    return span(CLOCKS[code].n, CLOCKS[code].unit)


def usual(stage: str) -> str:
    """How long a filing usually stays there, by the rule; as long as its clock allows where none says it."""
    row = USUAL[stage]
    return of_clock(stage) if row.n is None else span(row.n, row.unit)


def months(code: str) -> str:
    """So many months of an amount of the trade."""
    n = amount(code)
    return ngettext("%(n)d month", "%(n)d months", n) % {"n": n}


def years(code: str) -> str:
    n = amount(code)
    return ngettext("%(n)d year", "%(n)d years", n) % {"n": n}


def until_the_sms(provider: str) -> str:
    """From the hand-over to the ministry's SMS."""
    n = int(sms_delay(provider).total_seconds()) // 60
    return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}
