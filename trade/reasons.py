from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _

from .book import checked
from .loading import DataError, Dated, as_shipped, by_code, one_of_table
from .refusal import Refused
from .words import Words

AS_WRITTEN = "other"  # says nothing by itself: what is wrong stands in the note

STAGES = {
    "P": _("provider's pre-audit"),
    "F": _("face check"),
    "S": _("SMS code"),
    "M": _("bureau's review"),
    "G": _("police"),
    "A": _("later audit"),
}


@dataclass(frozen=True, kw_only=True)
class Reason(Dated):
    """Why a filing comes back (退回原因), what mends it, and what alone is opened again."""

    code: str
    stages: tuple[Literal["P", "F", "S", "M", "G", "A"], ...]
    opens: Literal["listed", "paper", "any", "task", "nothing"]
    cause: Words
    fix: Words
    # Paths of facts; an agency's own reason may name those that some shipped reason names.
    fields: tuple[str, ...] = as_shipped(default=())
    papers: tuple[str, ...] = one_of_table("papers.paper", default=())

    @property
    def staff_choose(self) -> bool:
        """Whether staff say which papers are meant."""
        return self.opens in ("paper", "any")

    @property
    def is_as_written(self) -> bool:
        """Whether only the reviewer's note says what is wrong."""
        return self.code == AS_WRITTEN

    @property
    def opens_nothing(self) -> bool:
        """Whether it is handed in again as it is."""
        return self.opens == "nothing"

    def may_open(self, paper: str) -> bool:
        """Whether this reason can send that kind of paper back."""
        return self.opens == "any" or paper in self.papers


REASONS = by_code("reasons.toml", "reason", Reason, grows=True)


@checked
def what_is_opened_is_named() -> None:
    for row in REASONS.values():
        named = bool(row.fields or row.papers)
        if named != (row.opens in ("listed", "paper")):
            words = _("What is opened, and the fields and papers named, do not agree.")
            raise DataError(f"reasons.toml, reason {row.code}: {words}", column="opens", sentence=words)


def reason(code: str, field: str = "reasons") -> Reason:
    """The reason of this code, or a refusal."""
    try:
        return REASONS[code]
    except (KeyError, TypeError):
        raise Refused(field, _("This reason is not in the catalogue."), "unknown_code") from None
