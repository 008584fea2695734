"""The shapes in which the API takes and shows cases; the facts' ones are made from the one table of facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, create_model

from cases import facts
from cases.models.case import WaitingOn
from cases.models.deadline import DeadlineState
from cases.models.requirement import RequirementState
from cases.queries import LARGEST_PAGE
from cases.workflow import MOVES, Stage
from clients.refusals import Invalid, error
from trade import kinds, provinces
from trade.reasons import REASONS

StageName = Literal[tuple(Stage.values)]  # type: ignore[valid-type]
Turn = Literal[tuple(WaitingOn.values)]  # type: ignore[valid-type]
Move = Literal[tuple(MOVES)]  # type: ignore[valid-type]


# ── What a list is asked by ─────────────────────────────────────────────────────────────────────────────────────────


def _keepable(text: str) -> str:
    if any(sign < " " or sign == "\x7f" for sign in text):
        raise ValueError("control characters")
    return text


def _nothing_is_none(value: Any) -> Any:
    return None if value == "" else value


def _day(value: Any) -> date | None:
    return facts.day(value) if value else None


Text = Annotated[
    str,
    AfterValidator(_keepable),
    Field(max_length=254, json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"}),
]
Limit = Annotated[
    Annotated[int, Field(ge=1, le=LARGEST_PAGE)] | None,
    BeforeValidator(_nothing_is_none),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}, {"const": ""}]}),
]
Day = Annotated[
    date | None,
    BeforeValidator(_day),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"const": ""}]}),
]


def one_of(*codes: str) -> Any:
    """A code, or empty for all."""
    return Literal[("", *codes)]


class Cursor(Schema):
    cursor: Text = Field("", description="`next` of the page before")
    limit: Limit = Field(None, description="How many at most; 50 unless told")


class CasesAsked(Cursor):
    """Empty filters are none."""

    stage: one_of(*Stage.values) = ""  # type: ignore[valid-type]
    waiting_on: one_of(*WaitingOn.values) = ""  # type: ignore[valid-type]
    q: Text = Field("", description="Domain, client's name in either script, reference or licence number")
    due_before: Day = Field(None, description="Due before this day in Beijing begins")
    account_manager: Text = Field("", description="E-mail address")
    provider: one_of(*kinds.PROVIDERS) = ""  # type: ignore[valid-type]
    province: one_of(*provinces.PROVINCES) = ""  # type: ignore[valid-type]
    client: Text = Field("", description="Reference")
    on_hold: Literal["", "true", "false"] = ""


# ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class CaseRow(Schema):
    reference: str
    client: str
    domain_name: str
    stage: StageName
    waiting_on: Turn
    due_on: date | None
    account_manager: str | None
    on_hold: bool


class CaseRows(Schema):
    items: list[CaseRow]
    next: str | None


SHOWN = {"codes": list[str], "flag": bool | None, "count": int | None, "day": date | None}


def _shown(thing: str) -> dict[str, Any]:
    return {name: (SHOWN.get(fact.kind, str | None), ...) for name, fact in facts.FACTS[thing].items()}


SubjectOut = create_model("Subject", __base__=Schema, **_shown("subject"))
PersonOut = create_model("Person", __base__=Schema, **_shown("head"))
DomainOut = create_model("Domain", __base__=Schema, **_shown("domain"))
ServerOut = create_model("Server", __base__=Schema, **_shown("server"))
SiteOut = create_model("Site", __base__=Schema, **_shown("site"))
FlatOut = create_model("Flat", __base__=Schema, **_shown("case"))


class FactsOut(FlatOut):  # type: ignore[valid-type,misc]
    """The facts, as `PATCH` takes them; numbers of papers masked."""

    reference: str
    client: str
    client_name: str
    account_manager: str | None
    subject: SubjectOut  # type: ignore[valid-type]
    head: PersonOut | None = Field(description="Null only for whoever sees the manager's part alone")  # type: ignore[valid-type]
    manager: PersonOut | None = Field(description="Null: the head is it")  # type: ignore[valid-type]
    domain: DomainOut  # type: ignore[valid-type]
    server: ServerOut  # type: ignore[valid-type]
    site: SiteOut  # type: ignore[valid-type]


class RequirementOut(Schema):
    id: str
    kind: str
    of: str
    why: str
    state: Literal[tuple(RequirementState.values)]  # type: ignore[valid-type]
    document: str | None
    detail: str = Field(description="The class of content of an approval")
    reasons: list[str] = Field(description="Codes of the last return")
    note: str


class DeadlineOut(Schema):
    kind: str
    due_at: datetime
    state: Literal[tuple(DeadlineState.values)]  # type: ignore[valid-type]


class ReopenedOut(Schema):
    field: str
    reason: str
    note: str
    open: bool


class CaseOut(FactsOut):
    """The case as its person sees it. What was granted is there once it was."""

    stage: StageName
    waiting_on: Turn
    waiting_since: datetime
    due_on: date | None
    on_hold: bool
    hold_until: date | None
    round: int
    version: int
    filing_kind_is_set: bool = Field(description="By hand; else it is worked out from the facts")
    filing_kind_why: list[str] = Field(description="Why the rules find the kind that they find")
    missing: list[str] = Field(description="Facts that handing in asks for and nobody has given")
    verified: list[Literal["head", "manager"]] = Field(description="Whose mobile was verified")
    requirements: list[RequirementOut]
    deadlines: list[DeadlineOut]
    moves: list[Move] = Field(description="Open to the caller now")
    reopened: list[ReopenedOut]
    done_on: date = None  # type: ignore[assignment]
    icp_number: str = None  # type: ignore[assignment]
    licensed_on: date = None  # type: ignore[assignment]
    psb_number: str = None  # type: ignore[assignment]
    filed_on: date = None  # type: ignore[assignment]
    licence_number: str = None  # type: ignore[assignment]
    granted_on: date = None  # type: ignore[assignment]


class EventReason(Schema):
    code: str
    requirements: list[str]
    note: str


class EventOut(Schema):
    id: str
    kind: str
    move: str | None
    from_stage: str | None
    to_stage: str | None
    by: str | None
    at: datetime
    note: str
    reasons: list[EventReason]
    data: dict[str, Any]


class EventsOut(Schema):
    items: list[EventOut]
    next: str | None


class FindingOut(Schema):
    code: str
    severity: Literal["blocks", "warns"]
    place: str = Field(description="Path of the fact or object, or the `id` of the requirement")
    reason: str
    fix: str
    waived: bool
    note: str = Field(None, description="Why it was waived; for the agency")  # type: ignore[assignment]
    waived_by: str | None = None
    other: str | None = Field(None, description="Another client's case; for whoever sees every client")


class FindingsOut(Schema):
    items: list[FindingOut]
    next: str | None


class PhoneOut(Schema):
    person: Literal["head", "manager"]
    state: Literal["asked", "verified"]
    mobile: str = Field(description="Masked")


# ── Bodies: described here, read by the services after the row was found ────────────────────────────────────────────

_MAYBE: dict[str, list[dict[str, Any]]] = {
    "flag": [{"type": "boolean"}, {"type": "null"}],
    "count": [{"type": "integer", "minimum": 0, "maximum": 1200}, {"type": "null"}],
    "day": [{"type": "string", "format": "date"}, {"type": "string", "const": ""}, {"type": "null"}],
}
_TYPES: dict[str, tuple[type, ...]] = {"flag": (bool,), "count": (int,), "codes": (list,)}


def _taken(fact: facts.Fact) -> dict[str, Any]:
    if fact.kind in _MAYBE:
        return {"anyOf": _MAYBE[fact.kind]}
    if fact.kind == "codes":
        return {
            "anyOf": [{"type": "array", "maxItems": 40, "items": {"type": "string"}}, {"type": "null"}],
        }
    if fact.choices:
        return {"enum": [*fact.choices, "", None]}
    return {"type": ["string", "null"]}


def _object_taken(thing: str) -> dict[str, Any]:
    taken = {name: _taken(fact) for name, fact in facts.FACTS[thing].items()}
    return {
        "type": ["object", "null"] if thing == "manager" else "object",
        "additionalProperties": False,
        "properties": taken,
    }


def facts_taken(*, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """JSON Schema of the body of `POST` and `PATCH`."""
    flat = {name: _taken(fact) for name, fact in facts.FACTS["case"].items()}
    objects = {thing: _object_taken(thing) for thing in facts.OBJECTS}
    if "domain" in required:
        objects["domain"] = {**objects["domain"], "required": ["name"]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {
            "client": {"type": "string", "description": "Reference"},
            "account_manager": {"type": ["string", "null"], "description": "E-mail address"},
            **flat,
            **objects,
        },
    }


def of_right_types(given: dict[str, Any]) -> None:
    """JSON has its own words for yes, numbers and lists: texts that look alike are for forms, not for here."""
    wrong = []
    for thing, fields in facts.FACTS.items():
        holder = given if thing == "case" else given.get(thing)
        if not isinstance(holder, dict):
            continue
        for name, fact in fields.items():
            value = holder.get(name)
            types = _TYPES.get(fact.kind)
            if types and value is not None and type(value) not in types:
                path = name if thing == "case" else f"{thing}.{name}"
                wrong.append(error(path, _kind_words(fact.kind)))
    if wrong:
        raise Invalid(wrong)


def _kind_words(kind: str) -> str:
    words = {
        "flag": _("Answer true or false."),
        "count": _("Give a whole number."),
        "codes": _("This must be a list."),
    }
    return str(words[kind])


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_DAY = {"type": "string", "format": "date"}
MOVE_TAKEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["move"],
    "properties": {
        "move": {"enum": MOVES},
        "data": _nullable(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "photo_way": {"enum": list(kinds.PHOTO_WAYS)},
                    "done_on": _DAY,
                    "icp_number": {"type": "string"},
                    "licensed_on": _DAY,
                    "psb_number": {"type": "string"},
                    "filed_on": _DAY,
                    "licence_number": {"type": "string"},
                    "granted_on": _DAY,
                    "until": _DAY,
                },
            }
        ),
        "reasons": _nullable(
            {
                "type": "array",
                "maxItems": 40,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["code"],
                    "properties": {
                        "code": {"enum": list(REASONS)},
                        "requirements": _nullable({"type": "array", "items": {"type": "string"}}),
                        "note": {"type": ["string", "null"], "maxLength": 2000},
                    },
                },
            }
        ),
        "note": {"type": ["string", "null"], "maxLength": 2000},
    },
}
_PERSON = {"enum": ["head", "manager"]}
PHONE_TAKEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["person"],
    "properties": {"person": _PERSON},
}
CODE_TAKEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["person", "code"],
    "properties": {"person": _PERSON, "code": {"type": "string", "maxLength": 20}},
}
WAIVER_TAKEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["note"],
    "properties": {
        "note": {"type": "string", "minLength": 1, "maxLength": 2000},
        "place": {"type": ["string", "null"], "description": "One place; without it wherever it was found"},
    },
}
REVEAL_TAKEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["why"],
    "properties": {"why": {"type": "string", "minLength": 1, "maxLength": 2000}},
}
