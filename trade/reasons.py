from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _

from .loading import DataError, Dated, by_code
from .refusal import Refused
from .words import Words

STAGES = {
    "P": _("provider's pre-audit"),
    "F": _("face check"),
    "S": _("SMS code"),
    "M": _("bureau's review"),
    "A": _("later audit"),
}


@dataclass(frozen=True, kw_only=True)
class Reason(Dated):
    """Why a filing comes back (退回原因), what mends it, and what alone is opened again."""

    code: str
    stages: tuple[Literal["P", "F", "S", "M", "A"], ...]
    opens: Literal["listed", "paper", "any", "task", "nothing"]
    cause: Words
    fix: Words
    fields: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    @property
    def staff_choose(self) -> bool:
        """Whether staff say which papers are meant."""
        return self.opens in ("paper", "any")

    @property
    def opens_nothing(self) -> bool:
        """Whether it is handed in again as it is."""
        return self.opens == "nothing"

    def may_open(self, paper: str) -> bool:
        """Whether this reason can send that kind of paper back."""
        return self.opens == "any" or paper in self.papers


REASONS: dict[str, Reason] = by_code("reasons.toml", "reason", Reason)

for row in REASONS.values():
    named = bool(row.fields or row.papers)
    if named != (row.opens in ("listed", "paper")):
        raise DataError(
            f"reasons.toml, reason {row.code}: opens and the fields and papers named do not agree"
        )


def reason(code: str, field: str = "reasons") -> Reason:
    """The reason of this code, or a refusal."""
    try:
        return REASONS[code]
    except (KeyError, TypeError):
        raise Refused(field, _("This reason is not in the catalogue."), "unknown_code") from None
