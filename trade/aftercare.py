"""After the licence: what is kept in mind, from when on it is told, and what a change of a fact asks for."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext_lazy as _

from . import provinces  # noqa: F401  its table is named below
from .book import checked
from .eligibility import months_later
from .kinds import Kind
from .loading import DataError, as_shipped, by_code, one_of_table
from .words import Words

FILE = "aftercare.toml"
LONGEST_LEAD = 400  # days


@dataclass(frozen=True, kw_only=True)
class Duty(Kind):
    """Something that falls due after the licence.

    `month` is that of a yearly duty, which is due on its last day; 0 on the day of the licence each year. Without
    `provinces` it is every province's.
    """

    todo: Words
    plain: Words
    lead_days: int
    days_ahead: int = 0
    month: int = 0
    provinces: tuple[str, ...] = one_of_table("provinces.province", default=())
    unconfirmed: bool = False

    def concerns(self, province: str) -> bool:
        return not self.provinces or province in self.provinces

    def told_from(self, due_on: date) -> date:
        """From this day on it stands in the digest."""
        return due_on - timedelta(days=self.lead_days)

    def each_year(self, since: date, year: int) -> date:
        """When it is due in that year, of what was granted on `since`."""
        if not self.month:
            return months_later(since, 12 * (year - since.year))
        return date(year, self.month, monthrange(year, self.month)[1])


@dataclass(frozen=True, kw_only=True)
class Change(Kind):
    """Something that may have changed since: which part of the filing it is, and which facts are asked anew."""

    parts: tuple[Literal["subject", "service", "access"], ...]
    fields: tuple[str, ...] = as_shipped()


DUTIES = by_code(FILE, "duty", Duty)
CHANGES = by_code(FILE, "change", Change)


@checked
def days_and_months_can_be_reckoned_with() -> None:
    for code, row in DUTIES.items():
        for column in ("lead_days", "days_ahead"):
            if getattr(row, column) > LONGEST_LEAD:
                words = _("This must be a whole number from 0 to 400.")
                raise DataError(f"{FILE}, duty {code}, {column}: {words}", column=column, sentence=words)
        if row.month > 12:
            words = _("This must be a month from 1 to 12, or 0 for the day of the licence.")
            raise DataError(f"{FILE}, duty {code}, month: {words}", column="month", sentence=words)
