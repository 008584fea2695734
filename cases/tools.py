"""The toolbox: the knowledge of the trade for the forms of the pages and of strangers; it stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.throttling import BaseThrottle

from clients.bodies import read_object, takes
from clients.keeping import is_within
from clients.queries import the_agency
from clients.refusals import Invalid, error
from trade import Refused, days, eligibility, facts, footer, messages, numbers, papers

router = Router(tags=["tools"])

LONGEST_NUMBER = numbers.LONGEST
A_MINUTE_FROM_ONE_ADDRESS = 120


class NumberOut(Schema):
    valid: bool
    normalised: str | None
    reason: str | None


class DueOut(Schema):
    due: str
    provisional: bool


class MessageOut(Schema):
    kind: Literal["code", "approved", "rejected", "submitted", "other"]
    icp_number: str | None
    code: str | None
    domain: str | None
    reasons: list[str]


class ProblemOut(Schema):
    code: str
    sentence: str


class FooterOut(Schema):
    verdict: Literal["ok", "wrong_number", "missing", "not_linked", "wrong_link", "hidden"]
    problems: list[ProblemOut]


class EligibilityOut(Schema):
    eligible: bool
    reasons: list[str]
    alternative: str | None


class PaperOut(Schema):
    kind: str
    of: str
    why: str


class DocumentsOut(Schema):
    filing_kind: str
    documents: list[PaperOut]


def body(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = required | (optional or {})
    return takes({"type": "object", "properties": properties, "required": list(required)})


def refusing(view: Callable[..., Any]) -> Callable[..., Any]:
    """What the trade refuses is a 422 that names the field."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            raise Invalid([error(refused.field, refused.sentence, refused.code)]) from None

    return answer


class PerAddress(BaseThrottle):
    """So many questions in a minute from one token, or from one address without; where the cache is away, any."""

    def allow_request(self, request: Any) -> bool:
        token = request.api_token
        asker = f"token:{token.pk}" if token else f"address:{self.get_ident(request)}"
        most = settings.API_RATE_PER_SECOND * 60 if token else A_MINUTE_FROM_ONE_ADDRESS
        return is_within("tools", asker, most)

    def wait(self) -> float:
        return 60


class OpenDoor:
    """A token, or nobody at all where the agency lets everybody ask."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}

    def __call__(self, request: Any) -> Any:
        if request.api_token is not None:
            return request.api_token
        asked_with = request.headers.get("Authorization")
        return "anybody" if not asked_with and the_agency().eligibility_is_open else None


def text_of(given: dict[str, Any], field: str, *, longest: int | None = None) -> str:
    """A field that must be a text."""
    value = given.get(field)
    if value is None:
        raise Refused(field, _("This is needed."), "missing")
    if not isinstance(value, str):
        raise Refused(field, _("This must be a text."), "invalid")
    if longest is not None and len(value) > longest:
        raise Refused(field, _("This text is too long."), "out_of_range")
    return value


@router.post(
    "/number",
    response=NumberOut,
    summary="Whether a number can be one of its kind",
    openapi_extra=body(
        {
            "kind": {"type": "string", "enum": list(numbers.PUBLIC_KINDS)},
            "value": {"type": "string"},
        }
    ),
)
@refusing
def check_number(request: HttpRequest) -> dict[str, Any]:
    given = read_object(request)
    kind, value = text_of(given, "kind"), text_of(given, "value")
    if kind not in numbers.PUBLIC_KINDS:
        raise Refused("kind", _("This kind of number is not known."), "unknown_code")
    found = numbers.check(kind, value)
    reason = None if found.reason is None else str(found.reason)
    return {"valid": found.valid, "normalised": found.normalised, "reason": reason}


@router.post(
    "/due",
    response=DueOut,
    summary="When something falls due, by Beijing's calendar",
    openapi_extra=body(
        {
            "start": {"type": "string", "format": "date-time"},
            "days": {"type": "integer", "minimum": 0, "maximum": days.MOST},
            "unit": {"type": "string", "enum": list(days.UNITS)},
        }
    ),
)
@refusing
def find_due(request: HttpRequest) -> dict[str, Any]:
    given = read_object(request)
    start, unit = text_of(given, "start"), text_of(given, "unit")
    if given.get("days") is None:
        raise Refused("days", _("This is needed."), "missing")
    found = days.due(days.read_moment(start), given["days"], unit)
    return {"due": found.at.isoformat(), "provisional": found.provisional}


@router.post(
    "/message",
    response=MessageOut,
    summary="What a message of the ministry or a provider says",
    openapi_extra=body(
        {"channel": {"type": "string", "enum": list(messages.CHANNELS)}, "text": {"type": "string"}}
    ),
)
@refusing
def read_message(request: HttpRequest) -> dict[str, Any]:
    given = read_object(request)
    channel, text = text_of(given, "channel"), text_of(given, "text")
    if channel not in messages.CHANNELS:
        raise Refused("channel", _("The channel is sms or email."), "unknown_code")
    found = messages.read_message(text)
    return {**found._asdict(), "reasons": list(found.reasons)}


@router.post(
    "/footer",
    response=FooterOut,
    summary="Whether a page shows its filing numbers",
    openapi_extra=body(
        {"html": {"type": "string", "maxLength": footer.LARGEST}, "icp_number": {"type": "string"}},
        {"psb_number": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    ),
)
@refusing
def inspect_footer(request: HttpRequest) -> dict[str, Any]:
    given = read_object(request)
    html = text_of(given, "html", longest=footer.LARGEST)
    icp_number = text_of(given, "icp_number")
    psb_number = None if given.get("psb_number") is None else text_of(given, "psb_number")
    found = footer.inspect(html, icp_number, psb_number)
    problems = [{"code": one.code, "sentence": str(one.sentence)} for one in found.problems]
    return {"verdict": found.verdict, "problems": problems}


@router.post(
    "/eligibility",
    response=EligibilityOut,
    summary="Whether a filing with these facts can begin",
    auth=OpenDoor(),
    throttle=[PerAddress()],
    openapi_extra=takes(facts.SCHEMA),
)
@refusing
def judge_eligibility(request: HttpRequest) -> dict[str, Any]:
    return eligibility.judge(read_object(request))._asdict()


@router.post(
    "/documents",
    response=DocumentsOut,
    summary="The kind of filing and the papers it asks for",
    openapi_extra=takes(facts.SCHEMA),
)
@refusing
def list_documents(request: HttpRequest) -> dict[str, Any]:
    found = papers.documents(read_object(request))
    items = [{"kind": paper.kind, "of": paper.of, "why": str(paper.why)} for paper in found.papers]
    return {"filing_kind": found.filing_kind, "documents": items}
