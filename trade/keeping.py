"""What stays of a person who asks to be erased, until when and by which law; and by when they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext_lazy as _

from . import days
from .book import checked
from .eligibility import months_later
from .kinds import Kind
from .loading import DataError, by_code
from .words import Words

FILE = "keeping.toml"
ANSWER, FILING, PAPERS, HELD, DEEDS, AGREED, COMPANY = (
    "answer",
    "filing",
    "papers",
    "held",
    "deeds",
    "agreed",
    "company",
)
LONGEST = {"working": days.MOST, "days": days.MOST, "months": 1200, "years": 100}


@dataclass(frozen=True, kw_only=True)
class Term(Kind):
    """Something that is kept so long after a moment; without a number it has no end, or one that others name."""

    plain: Words
    counted_from: Literal["asking", "filing_end", "licence", "hold", "never"]
    n: int | None = None
    unit: Literal["working", "days", "months", "years"] = "days"

    def after(self, since: date) -> date | None:
        """The day on which it is over, counted from that day."""
        if self.n is None:
            return None
        if self.unit == "working":
            return days.nth_working_day(since, self.n)
        if self.unit == "days":
            return since + timedelta(days=self.n)
        return months_later(since, self.n * (12 if self.unit == "years" else 1))


TERMS = by_code(FILE, "term", Term)


@checked
def every_term_can_be_reckoned_with() -> None:
    for code, row in TERMS.items():
        if row.n is not None and row.n > LONGEST[row.unit]:
            words = _("This is too far away: %(most)s at most.") % {"most": LONGEST[row.unit]}
            raise DataError(f"{FILE}, term {code}, n: {words}", column="n", sentence=words)
    if TERMS[ANSWER].n is None or TERMS[FILING].n is None:
        needed = _("This is needed.")
        raise DataError(f"{FILE}, n: {needed}", column="n", sentence=needed)
