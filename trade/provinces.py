from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.translation import gettext_lazy as _

from .book import Codes, Derived, checked
from .kinds import Kind, PhotoWay
from .loading import DataError, Dated, by_code, own_column
from .refusal import Refused
from .words import Words


@dataclass(frozen=True, kw_only=True)
class Province(Dated):
    """What one province's bureau asks of those who file with it.

    Its review takes `review_low` to `review_high` working days as a rule, counted from the last SMS code.
    """

    code: str
    name: Words
    division: str
    icp: str
    psb: tuple[str, ...]
    head: Literal["must", "letter", "same", "free"]
    foreign_head: Literal["ok", "authorise"]
    from_elsewhere: Literal["open", "permit", "proof", "local"]
    minimum_age: int
    local_mobile: Literal["no", "yes", "individual"]
    shell: bool
    photo_ways: tuple[PhotoWay, ...]
    sms_since: date
    review_low: int
    review_high: int
    particular: Words | None = None
    foreign_individuals: bool = True
    owner_is_subject: bool = False
    permit_months_left: int = 0
    name_match_statement: bool = False
    plan_from: int | None = None
    plan_from_individual: int | None = None
    commitment_letter: Literal["legal_representative", "manager"] | None = None
    responsibility_notice: bool = False
    income_proof: bool = False
    footer_by_subject: bool = False
    latin_site_names: bool = True
    refused_endings: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = own_column(default=())

    def plan_threshold(self, *, individual: bool) -> int | None:
        return self.plan_from_individual if individual else self.plan_from

    def wants_local_mobile(self, *, individual: bool) -> bool:
        return self.local_mobile == "yes" or (self.local_mobile == "individual" and individual)


@dataclass(frozen=True, kw_only=True)
class Region(Kind):
    """Hong Kong, Macau or Taiwan: IDs have their division codes, and nothing is filed there."""

    division: str


PROVINCES = by_code("provinces.toml", "province", Province)
BY_DIVISION = Derived(lambda: {province.division: province for province in PROVINCES.values()})
BY_ICP = Derived(lambda: {province.icp: province for province in PROVINCES.values()})
BY_PSB = Derived(lambda: {letter: province for province in PROVINCES.values() for letter in province.psb})
NOT_FILING = by_code("provinces.toml", "region", Region)
DIVISIONS_NOT_FILING = Codes(lambda: frozenset(region.division for region in NOT_FILING.values()))


@checked
def each_province_is_told_by_its_numbers() -> None:
    if not len(PROVINCES) == len(BY_DIVISION) == len(BY_ICP) == 31:
        words = _("There are 31 provinces, each with a division and an ICP character of its own.")
        raise DataError(f"provinces.toml: {words}", column="icp", sentence=words)


def province(code: str, field: str = "province") -> Province:
    """The province of this ISO 3166-2 code, or a refusal that names the field."""
    try:
        return PROVINCES[code]
    except (KeyError, TypeError):
        raise Refused(
            field,
            _("This is no province that takes filings. Use its ISO 3166-2 code, such as SH."),
            "unknown_code",
        ) from None
