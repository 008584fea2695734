# ruff: noqa: RUF009 - fact() is a dataclass field and makes no shared value
"""The facts of a filing as strangers send them, read into typed objects; what is missing stays None."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from . import days, kinds
from .provinces import NOT_FILING, PROVINCES
from .refusal import Refused

LONGEST_TEXT = 512
LONGEST_LIST = 100
MOST = 1_000_000
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
COUNTRY = re.compile(r"[A-Z]{2}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

INTENTS = ("publish", "change", "cancel", "move_to_subject")
SUBJECT_FILED = ("no", "here", "elsewhere", "shell")
DOMAIN_FILED = ("no", "here", "elsewhere", "other_subject")
PARTS = ("subject", "service", "access")
PERSON_ID_KINDS = (*kinds.ID_KINDS, "temporary_id")
REGIONS = (*PROVINCES, *NOT_FILING)


@dataclass(frozen=True)
class Reader:
    """How one fact is read, and how the API's description shows it."""

    read: Callable[[Any, str], Any]
    schema: dict[str, Any]


def fact(reader: Reader, default: Any = None) -> Any:
    return dataclasses.field(default=default, metadata={"reader": reader})


def one_of(codes: tuple[str, ...]) -> Reader:
    def read(value: Any, field: str) -> str:
        if not isinstance(value, str) or value not in codes:
            raise Refused(field, _("This code is not known."), "unknown_code")
        return value

    return Reader(read, {"type": "string", "enum": list(codes)})


def several(reader: Reader) -> Reader:
    def read(value: Any, field: str) -> tuple[Any, ...]:
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, (list, tuple)):
            raise Refused(field, _("This must be a list."), "invalid")
        if len(value) > LONGEST_LIST:
            raise Refused(field, _("This list is too long."), "out_of_range")
        return tuple(dict.fromkeys(reader.read(item, f"{field}.{n}") for n, item in enumerate(value)))

    return Reader(read, {"type": "array", "items": reader.schema, "maxItems": LONGEST_LIST})


def read_flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise Refused(field, _("This must be true or false."), "invalid")
    return value


def read_day(value: Any, field: str) -> date:
    if type(value) is date:
        day = value
    elif isinstance(value, str) and DAY.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise Refused(field, _("This day does not exist."), "invalid") from None
    else:
        raise Refused(field, _("Write the day such as 2026-02-10."), "invalid")
    if day.year < 1900:
        raise Refused(field, _("The day must lie in the year 1900 or later."), "out_of_range")
    return day


def read_near_day(value: Any, field: str) -> date:
    day = read_day(value, field)
    if not days.FIRST_YEAR <= day.year <= days.LAST_YEAR:
        raise days.out_of_years(field)
    return day


def read_count(value: Any, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
        raise Refused(field, _("This must be a whole number from 0 to 1,000,000."), "out_of_range")
    return value


def read_text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise Refused(field, _("This must be a text."), "invalid")
    if len(value) > LONGEST_TEXT:
        raise Refused(field, _("This text is too long."), "out_of_range")
    return value


def matching(pattern: re.Pattern[str]) -> Reader:
    def read(value: Any, field: str) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Refused(field, _("This code is not well-formed."), "unknown_code")
        return value

    return Reader(read, {"type": "string", "pattern": f"^{pattern.pattern}$"})


def nested(shape: type) -> Reader:
    def read(value: Any, field: str) -> Any:
        return read_object(shape, value, f"{field}.")

    return Reader(read, object_schema(shape))


FLAG = Reader(read_flag, {"type": "boolean"})
DATE = Reader(read_day, {"type": "string", "format": "date"})
NEAR_DATE = Reader(read_near_day, {"type": "string", "format": "date"})
COUNT = Reader(read_count, {"type": "integer", "minimum": 0, "maximum": MOST})
TEXT = Reader(read_text, {"type": "string", "maxLength": LONGEST_TEXT})


def read_object(shape: type, value: Any, prefix: str) -> Any:
    """The known facts of an object; those it does not know are let be."""
    if not isinstance(value, Mapping):
        raise Refused(
            prefix.rstrip(".") or "facts",
            _("This must be an object with fields."),
            "invalid",
        )
    found = {}
    for field in dataclasses.fields(shape):
        given = value.get(field.name)
        if given is None or given == "":
            continue
        found[field.name] = field.metadata["reader"].read(given, f"{prefix}{field.name}")
    return shape(**found)


def object_schema(shape: type) -> dict[str, Any]:
    properties = {}
    for field in dataclasses.fields(shape):
        schema = field.metadata["reader"].schema
        properties[field.name] = {"anyOf": [schema, {"type": "null"}]}
    return {"type": "object", "properties": properties}


@dataclass(frozen=True)
class Permit:
    province: str | None = fact(one_of(REGIONS))
    valid_until: date | None = fact(DATE)


@dataclass(frozen=True)
class Person:
    is_legal_representative: bool | None = fact(FLAG)
    nationality: str | None = fact(matching(COUNTRY))
    id_kind: str | None = fact(one_of(PERSON_ID_KINDS))
    id_number: str | None = fact(TEXT)
    id_province: str | None = fact(one_of(REGIONS))
    id_valid_until: date | None = fact(DATE)
    birth_date: date | None = fact(DATE)
    mobile: str | None = fact(TEXT)
    mobile_province: str | None = fact(one_of(REGIONS))
    name_differs: bool | None = fact(FLAG)
    residence_permit: Permit | None = fact(nested(Permit))
    study_or_work_proof: bool | None = fact(FLAG)
    income_proof: bool | None = fact(FLAG)

    def is_foreign(self) -> bool:
        """A foreigner, by paper or passport; people of Hong Kong, Macau and Taiwan are none."""
        if self.nationality:
            return self.nationality not in ("CN", "HK", "MO", "TW")
        return self.id_kind in ("passport", "foreign_pr_card")

    def age_on(self, day: date) -> int | None:
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True)
class Domain:
    name: str | None = fact(TEXT)
    registrar: str | None = fact(one_of(kinds.REGISTRARS))
    owner: str | None = fact(one_of(kinds.DOMAIN_OWNERS))
    verified: bool | None = fact(FLAG)
    verified_on: date | None = fact(NEAR_DATE)
    registrar_approved: bool | None = fact(FLAG)
    tld_approved: bool | None = fact(FLAG)
    expires_on: date | None = fact(DATE)
    resolves: bool | None = fact(FLAG)

    def is_named(self) -> bool:
        return self != Domain()


@dataclass(frozen=True)
class Server:
    location: str | None = fact(one_of(kinds.SERVER_LOCATIONS))
    prepaid_months: int | None = fact(COUNT)
    public_ip: bool | None = fact(FLAG)
    quota_left: int | None = fact(COUNT)


@dataclass(frozen=True)
class Site:
    name: str | None = fact(TEXT)
    content: tuple[str, ...] = fact(several(matching(CODE)), ())
    revenue: bool | None = fact(FLAG)
    approvals: tuple[str, ...] = fact(several(matching(CODE)), ())
    scope_hits: tuple[str, ...] = fact(several(matching(CODE)), ())


@dataclass(frozen=True)
class Subject:
    """The subject as a case nests it; the flat facts go before."""

    kind: str | None = fact(one_of(tuple(kinds.SUBJECT_KINDS)))
    registered_in_mainland: bool | None = fact(FLAG)
    licence_status: str | None = fact(one_of(kinds.LICENCE_STATUSES))
    licence_valid_until: date | None = fact(DATE)


@dataclass(frozen=True)
class Facts:
    on: date | None = fact(NEAR_DATE)
    service: str | None = fact(one_of(tuple(kinds.SERVICES)))
    subject_kind: str | None = fact(one_of(tuple(kinds.SUBJECT_KINDS)))
    subject: Subject = fact(nested(Subject), Subject())
    province: str | None = fact(one_of(tuple(PROVINCES)))
    registered_in_mainland: bool | None = fact(FLAG)
    licence_status: str | None = fact(one_of(kinds.LICENCE_STATUSES))
    licence_valid_until: date | None = fact(DATE)
    licence_province: str | None = fact(one_of(REGIONS))
    legal_representative_id_kind: str | None = fact(one_of(PERSON_ID_KINDS))
    order_in_progress: bool | None = fact(FLAG)
    new_name: bool | None = fact(FLAG)
    sites_filed: int | None = fact(COUNT)
    domains_in_order: int | None = fact(COUNT)
    head: Person = fact(nested(Person), Person())
    manager: Person | None = fact(nested(Person))
    domain: Domain = fact(nested(Domain), Domain())
    server: Server = fact(nested(Server), Server())
    site: Site = fact(nested(Site), Site())
    intent: str | None = fact(one_of(INTENTS))
    change_of: tuple[str, ...] = fact(several(one_of(PARTS)), ())
    cancel_of: tuple[str, ...] = fact(several(one_of(PARTS)), ())
    subject_filed: str | None = fact(one_of(SUBJECT_FILED))
    domain_filed: str | None = fact(one_of(DOMAIN_FILED))
    filing_kind: str | None = fact(one_of(tuple(kinds.FILING_KINDS)))

    @property
    def is_individual(self) -> bool:
        return self.subject_kind == "individual"

    @property
    def is_organisation(self) -> bool:
        return self.subject_kind is not None and not self.is_individual

    @property
    def other_manager(self) -> Person | None:
        """The manager where he is another person than the head."""
        manager = self.manager
        if manager is None:
            return None
        same_paper = manager.id_number and manager.id_number == self.head.id_number
        return None if same_paper else manager

    @property
    def persons(self) -> tuple[Person, ...]:
        return (self.head, self.other_manager) if self.other_manager else (self.head,)

    @property
    def head_is_legal(self) -> bool:
        return self.head.is_legal_representative is not False

    @property
    def manager_is_legal(self) -> bool:
        """A manager apart from the head is not the legal representative until somebody says so."""
        manager = self.other_manager
        return manager.is_legal_representative is True if manager else self.head_is_legal


def read(facts: Mapping[str, Any] | Facts) -> Facts:
    """The facts as typed objects; a wrong one is refused by its name."""
    if isinstance(facts, Facts):
        return facts
    found = read_object(Facts, facts, "")
    filled: dict[str, Any] = {"on": found.on or days.today()}
    if not any(value not in (None, "") for value in (facts.get("manager") or {}).values()):
        filled["manager"] = None  # an empty form names nobody
    for flat, inner in (
        ("subject_kind", "kind"),
        ("registered_in_mainland", "registered_in_mainland"),
        ("licence_status", "licence_status"),
        ("licence_valid_until", "licence_valid_until"),
    ):
        if getattr(found, flat) is None:
            filled[flat] = getattr(found.subject, inner)
    return dataclasses.replace(found, **filled)


SCHEMA = object_schema(Facts)
