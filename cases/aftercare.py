"""Which duties a licensed filing has, worked out of its facts: no database, no guess.

What nobody has said makes no duty. A day that is reckoned and not said is marked as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from trade.aftercare import DUTIES, Duty
from trade.amounts import amount
from trade.days import LAST_YEAR
from trade.eligibility import months_later
from trade.kinds import FILING_KINDS

if TYPE_CHECKING:
    from cases.models import Case

# Where the day of a duty stands among the facts; the rest is worked out.
FACT_OF = {
    "head_id": "head.id_valid_until",
    "manager_id": "manager.id_valid_until",
    "licence": "subject.licence_valid_until",
    "domain": "domain.expires_on",
}
SERVER = "server"  # its day is kept beside the facts
YEARLY = {"yearly_review": "licensed_on", "commercial_report": "granted_on"}
BY_NOTICE = "provider_check"  # opened by hand, for a provider's notice names the day
PERSONS = {"head_id": "head", "manager_id": "manager"}
AHEAD = 90  # days that the list looks ahead


class Wanted(NamedTuple):
    """A duty as it should stand."""

    due_on: date
    tell_on: date
    is_assumed: bool = False


class Known(NamedTuple):
    """What the case itself does not hold: its certificate, what is open, and what was last done or waived."""

    certificate: date | None
    open_on: Mapping[str, date]
    closed_on: Mapping[str, date]
    only: frozenset[str] | None = None  # of a filing whose site a newer one answers for


def wanted(case: Case, known: Known, *, today: date) -> dict[str, Wanted]:
    """The duties of an issued case by their kind, by the rules of the page that is open."""
    found: dict[str, Wanted] = {}
    for kind, rule in DUTIES.items():
        if known.only is not None and kind not in known.only:
            continue
        day, is_assumed = _day_of(kind, rule, case, known, today)
        if day is None or not rule.concerns(case.province):
            continue
        due_on = day - timedelta(days=rule.days_ahead)
        if known.closed_on.get(kind) == due_on:
            continue  # done or waived, and no other day is known since
        found[kind] = Wanted(due_on, rule.told_from(due_on), is_assumed)
    return found


def asks_for_day(kind: str) -> bool:
    """Whether its being done means that it ends on another day now."""
    return kind in FACT_OF or kind == SERVER


def is_cancellation(case: Case) -> bool:
    """A filing that took something back has no site to care for."""
    kind = FILING_KINDS.get(case.filing_kind)
    return kind is not None and (kind.is_cancellation or not kind.filed)


def _day_of(kind: str, rule: Duty, case: Case, known: Known, today: date) -> tuple[date | None, bool]:
    """The day it is about, and whether that was reckoned."""
    if path := FACT_OF.get(kind):
        thing, _dot, name = path.partition(".")
        holder = getattr(case, thing)
        return (getattr(holder, name) if holder is not None else None), False
    if kind == "certificate":
        return known.certificate, False
    if kind == SERVER:
        return _lease_end(case)
    if kind in YEARLY:
        since = getattr(case, YEARLY[kind])
        if since is None:
            return None, False
        return _next_year(rule, since, known.open_on.get(kind), known.closed_on.get(kind), today), False
    if kind == "commercial_renewal" and case.granted_on is not None:
        return months_later(case.granted_on, 12 * amount("commercial_years")), False
    return None, False


def _lease_end(case: Case) -> tuple[date | None, bool]:
    """As somebody has said; else so many months as were paid, reckoned from the licence."""
    if case.server.paid_until is not None:
        return case.server.paid_until, False
    months = case.server.prepaid_months
    if not months or case.licensed_on is None:
        return None, False
    return months_later(case.licensed_on, months), True


def _next_year(
    rule: Duty, since: date, open_on: date | None, closed_on: date | None, today: date
) -> date | None:
    """What is open stays until it is done, late or not; else the next after the one that was done, or after today."""
    if open_on is not None and open_on > (closed_on or since):
        stays = open_on + timedelta(days=rule.days_ahead)
        if rule.each_year(since, stays.year) == stays:
            return stays
    done = closed_on + timedelta(days=rule.days_ahead) if closed_on is not None else None
    after = done or max(since, today - timedelta(days=1))
    first = max(after.year, since.year)
    years = (rule.each_year(since, year) for year in range(first, min(first + 3, LAST_YEAR)))
    return next((day for day in years if day > after and day.year > since.year), None)
