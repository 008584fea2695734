"""Who rings while a filing is looked at, so that nobody takes the call for an advert."""

from __future__ import annotations

from dataclasses import dataclass

from .book import checked
from .loading import DataError, Dated, by_code, one_of_table
from .words import Words

FILE = "calls.toml"
ANYBODY = "other"


@dataclass(frozen=True, kw_only=True)
class Caller(Dated):
    """A provider's reviewers: the numbers that their calls show, their hours, and what they ask."""

    code: str = one_of_table("kinds.provider")
    hours: Words
    asks: Words
    numbers: tuple[str, ...] = ()
    unconfirmed: bool = False


CALLERS = by_code(FILE, "caller", Caller, grows=True)


@checked
def somebody_rings_for_every_provider() -> None:
    if ANYBODY not in CALLERS:
        raise DataError(f"{FILE}: the row {ANYBODY} speaks for providers without one of their own")


def caller_of(provider: str) -> Caller:
    """Who rings of this provider; the row for anybody where it has none of its own."""
    return CALLERS.get(provider) or CALLERS[ANYBODY]
