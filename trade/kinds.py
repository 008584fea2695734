from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .book import Derived
from .loading import Dated, by_code, one_of_table, own_column
from .words import Words

FILE = "kinds.toml"
PhotoWay = Literal["app", "curtain", "photo_place"]


@dataclass(frozen=True, kw_only=True)
class Kind(Dated):
    """A word of the vocabulary: its code, and its name in both languages."""

    code: str
    name: Words


@dataclass(frozen=True, kw_only=True)
class SubjectKind(Kind):
    """A nature of subject (主办单位性质), with the paper that proves it and who heads it."""

    miit: int
    head: Words
    certificates: tuple[int, ...]
    paper: str | None = one_of_table("papers.paper", default=None)
    public_body: bool = False

    @property
    def is_individual(self) -> bool:
        return self.code == "individual"


@dataclass(frozen=True, kw_only=True)
class IdKind(Kind):
    """A person's identity paper, with MIIT's ids and the pictures it takes."""

    miit: tuple[int, ...]
    papers: tuple[str, ...] = one_of_table("papers.paper")


@dataclass(frozen=True, kw_only=True)
class OrganisationIdKind(Kind):
    """A paper that proves an organisation, by the code of that paper."""

    code: str = one_of_table("papers.paper")


@dataclass(frozen=True, kw_only=True)
class Provider(Kind):
    """A hosting provider (接入商) that hands filings in.

    `sms_minutes` lie between its hand-over and the ministry's SMS; its pre-audit takes `review_low` to
    `review_high` working days as a rule.
    """

    service_number: Words
    photo_ways: tuple[PhotoWay, ...]
    sms_minutes: int
    review_low: int
    review_high: int
    particular: Words | None = None
    unconfirmed: tuple[str, ...] = own_column(default=())


@dataclass(frozen=True, kw_only=True)
class FilingKind(Kind):
    """A kind of filing (备案类型); `filed` is false where nothing can be handed in."""

    filed: bool = True

    @property
    def is_cancellation(self) -> bool:
        return self.code.startswith("cancel_")


@dataclass(frozen=True, kw_only=True)
class Content(Kind):
    """What a site is about; `approval` names the licence that must come first."""

    approval: Words | None = None


SUBJECT_KINDS = by_code(FILE, "subject_kind", SubjectKind)
ID_KINDS = by_code(FILE, "id_kind", IdKind)
ORGANISATION_ID_KINDS = by_code(FILE, "organisation_id_kind", OrganisationIdKind)
PROVIDERS = by_code(FILE, "provider", Provider)
SERVICES = by_code(FILE, "service", Kind)
PHOTO_WAYS = by_code(FILE, "photo_way", Kind)
FILING_KINDS = by_code(FILE, "filing_kind", FilingKind)
CONTENTS = by_code(FILE, "content", Content, grows=True)
PRE_APPROVAL_CLASSES = Derived(
    lambda: {code: content for code, content in CONTENTS.items() if content.approval}
)

LICENCE_STATUSES = ("active", "abnormal", "revoked")
DOMAIN_OWNERS = ("subject", "legal_representative", "shareholder", "other")
REGISTRARS = ("provider", "other")
SERVER_LOCATIONS = ("mainland", "hong_kong", "overseas")
WAITING_ON = (
    "client",
    "agency",
    "provider",
    "miit",
    "psb",
    "commercial_authority",
    "nobody",
)


def choices(table: Mapping[str, Kind]) -> list[tuple[str, Words]]:
    """Codes and names, as a form's choices."""
    return [(code, row.name) for code, row in table.items()]
