"""The API's calls about cases. Each finds its case first, then asks who, and only then reads what was sent."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from cases import answers, facts, findings, schemas
from cases.models import Case, Part
from cases.queries import PAGE, Filters, cases_for, collisions_of, page_of_cases, page_of_events
from cases.services import phones, preflight, progress
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.services.opening import open_case
from clients.bodies import found, read_object, takes
from clients.idempotency import idempotent
from clients.models import Client
from clients.refusals import Invalid, error

router = Router(tags=["cases"])

TAG = re.compile(r'(?:W/)?"(?P<tag>[^"]*)"|(?P<bare>\d+)')
OF_NOBODY = -1  # a well-formed tag that no version ever had
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[^"]*"|[0-9]+)$'},
    "description": "The `ETag` of the version you saw; without it the change is taken as it comes",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "Your own name for this call: a repeat gets the same answer, for a day",
}


@router.get("/cases", response=schemas.CaseRows, summary="Cases, the next due first")
def list_cases(request: HttpRequest, asked: Query[schemas.CasesAsked]) -> dict[str, Any]:
    filters = Filters(
        stage=asked.stage,
        waiting_on=asked.waiting_on,
        q=asked.q,
        due_before=asked.due_before,
        account_manager=asked.account_manager.strip(),
        provider=asked.provider,
        province=asked.province,
        client=asked.client.strip(),
        on_hold=asked.on_hold == "true" if asked.on_hold else None,
    )
    page = page_of_cases(request.user, filters, asked.cursor, asked.limit or PAGE)
    return {"items": [answers.row(case) for case in page.items], "next": page.next}


@router.post(
    "/cases",
    response={201: schemas.CaseOut},
    exclude_unset=True,
    summary="Open a case (agency): client and domain are enough",
    openapi_extra={
        **takes(schemas.facts_taken(required=("client", "domain"))),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
def create_case(request: HttpRequest, response: HttpResponse) -> Status:
    if not request.user.standing.is_agency:
        raise PermissionDenied(_("Your agency opens cases. Write to them."))
    given = read_object(request)
    with idempotent(request, call="cases", body=given) as once:
        if not once.reference:
            once.keep(_opened(request, given).reference)
    case = _case(request, once.reference)
    response["Location"] = f"/api/v1/cases/{case.reference}"
    return Status(201, _shown(request, response, case))


def _opened(request: HttpRequest, given: dict[str, Any]) -> Case:
    """The new case; all that cannot be taken is named at once, the client among it."""
    given = dict(given)
    name = given.pop("client", None)
    client = Client.objects.filter(reference=name).first() if isinstance(name, str) else None
    wrong = [] if client else [error("client", _("There is no such client. Give its reference."))]
    schemas.of_right_types(given)
    if client is None:
        raise Invalid(wrong)
    return open_case(client, by=request.user, given=given)


@router.get(
    "/cases/{reference}",
    response=schemas.CaseOut,
    exclude_unset=True,
    summary="One case as its person sees it",
)
def show_case(request: HttpRequest, response: HttpResponse, reference: str) -> dict[str, Any]:
    return _shown(request, response, _case(request, reference))


@router.patch(
    "/cases/{reference}",
    response=schemas.CaseOut,
    exclude_unset=True,
    summary="Change facts; an absent field stays as it was",
    openapi_extra={**takes(schemas.facts_taken()), "parameters": [IF_MATCH]},
)
def change_case(request: HttpRequest, response: HttpResponse, reference: str) -> dict[str, Any]:
    case = _case(request, reference)
    given = read_object(request)
    version = _version_seen(request)
    if "client" in given and request.user.standing.is_agency:
        _same_client(case, given.pop("client"))
    schemas.of_right_types(given)
    change_facts(case, given, by=request.user, version=version)
    return _shown(request, response, _case(request, reference))


def _same_client(case: Case, name: Any) -> None:
    if name != case.client.reference:
        words = _("A case stays with its client. Withdraw it and open another for the other client.")
        raise Invalid([error("client", words)])


def _version_seen(request: HttpRequest) -> int | None:
    """What `If-Match` names; None where any version will do."""
    told = request.headers.get("If-Match", "").strip()
    if told in ("", "*"):
        return None
    tag = TAG.fullmatch(told)
    if tag is None:
        raise Invalid([error("If-Match", _('Send the ETag that you were given, such as "3".'))])
    number = tag["bare"] or tag["tag"]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else OF_NOBODY


@router.post(
    "/cases/{reference}/moves",
    response=schemas.CaseOut,
    exclude_unset=True,
    summary="Move a case along its road",
    openapi_extra=takes(schemas.MOVE_TAKEN),
)
def make_move(request: HttpRequest, response: HttpResponse, reference: str) -> dict[str, Any]:
    case = _case(request, reference)
    given = read_object(request)
    _only(given, "move", "data", "reasons", "note")
    move = given.get("move")
    if not isinstance(move, str):
        raise Invalid([error("move", _("This is needed."), "missing")])
    move_case(
        case,
        move,
        by=request.user,
        data=given.get("data"),
        reasons=given.get("reasons"),
        note=given.get("note"),
    )
    return _shown(request, response, _case(request, reference))


@router.post(
    "/cases/{reference}/phone-verifications",
    response={202: schemas.PhoneOut},
    summary="Send a code by SMS to head or manager",
    openapi_extra=takes(schemas.PHONE_TAKEN),
)
def ask_phone(request: HttpRequest, reference: str) -> Status:
    case = _case(request, reference)
    phones.may_verify(case, by=request.user)
    given = read_object(request)
    _only(given, "person")
    part = _part(given)
    phones.ask_code(case, part, by=request.user)
    return Status(202, answers.phone(part, "asked", phones.person_of(case, part).mobile))


@router.post(
    "/cases/{reference}/phone-verifications/confirmation",
    response=schemas.PhoneOut,
    summary="Say which code came",
    openapi_extra=takes(schemas.CODE_TAKEN),
)
def confirm_phone(request: HttpRequest, reference: str) -> dict[str, str]:
    case = _case(request, reference)
    phones.may_verify(case, by=request.user)
    given = read_object(request)
    _only(given, "person", "code")
    part, code = _part(given), given.get("code")
    if not isinstance(code, str) or not code.strip() or len(code) > 20:
        raise Invalid([error("code", _("Give the six digits of the SMS."))])
    phones.confirm_code(case, part, code, by=request.user)
    return answers.phone(part, "verified", phones.person_of(case, part).mobile)


def _part(given: dict[str, Any]) -> str:
    part = given.get("person")
    if not isinstance(part, str) or part not in Part.values:
        raise Invalid(
            [error("person", _("Choose one of these: %(choices)s.") % {"choices": "head, manager"})]
        )
    return part


@router.get("/cases/{reference}/events", response=schemas.EventsOut, summary="The history, oldest first")
def list_events(request: HttpRequest, reference: str, asked: Query[schemas.Cursor]) -> dict[str, Any]:
    case = _case(request, reference)
    page = page_of_events(request.user, case, asked.cursor, asked.limit or PAGE)
    return {"items": [answers.event(one, request.user) for one in page.items], "next": page.next}


@router.get(
    "/cases/{reference}/findings",
    response=schemas.FindingsOut,
    exclude_unset=True,
    summary="What the pre-flight found: for the agency all of it, for a client what is theirs to mend",
)
def list_findings(request: HttpRequest, reference: str) -> dict[str, Any]:
    return _findings(request, _case(request, reference))


@router.post(
    "/cases/{reference}/findings/{code}/waiver",
    response=schemas.FindingsOut,
    exclude_unset=True,
    summary="Waive a warning, with a note (agency)",
    openapi_extra=takes(schemas.WAIVER_TAKEN),
)
def waive_finding(request: HttpRequest, reference: str, code: str) -> dict[str, Any]:
    case = _case(request, reference)
    if not request.user.standing.is_agency:
        raise PermissionDenied
    if code not in {one.code for one in findings.of_case(case)}:
        raise Http404
    given = read_object(request)
    _only(given, "note", "place")
    place = given.get("place")
    if not isinstance(place, str | None):
        raise Invalid([error("place", _("This must be text."))])
    preflight.waive(case, code, by=request.user, note=given.get("note"), place=place or "")
    return _findings(request, case)


def _findings(request: HttpRequest, case: Case) -> dict[str, Any]:
    found = findings.of_case(case)
    if not request.user.standing.is_agency:
        found = findings.for_client(found, case, request.user)
    told = [findings.tell(case, one) for one in found]
    if request.user.standing.sees_every_client:
        told += [findings.collided(case, one) for one in collisions_of(case)]
    return {"items": [findings.as_json(one, request.user) for one in told], "next": None}


@router.post(
    "/cases/{reference}/reveals",
    response=schemas.FactsOut,
    summary="The facts with numbers in clear; leaves an event first",
    openapi_extra=takes(schemas.REVEAL_TAKEN),
)
def reveal(request: HttpRequest, reference: str) -> dict[str, Any]:
    case = _case(request, reference)
    progress.may_reveal(case, by=request.user)
    if not request.api_token.can_reveal:
        raise PermissionDenied(_("This token may not show numbers in clear."))
    given = read_object(request)
    _only(given, "why")
    try:
        why = facts.tidy(given.get("why"), 2000, many_lines=True)
    except ValueError as refused:
        raise Invalid([error("why", refused)]) from None
    if not why:
        raise Invalid([error("why", _("Write in a sentence why."), "missing")])
    progress.reveal_numbers(case, by=request.user, why=why)
    return answers.facts_of(case, request.user, clear=True)


# ── What all of them share ──────────────────────────────────────────────────────────────────────────────────────────


def _case(request: HttpRequest, reference: str) -> Case:
    """The case if it is in sight; else 404, whatever the body."""
    return found(answers.with_all(cases_for(request.user)), reference)


def _shown(request: HttpRequest, response: HttpResponse, case: Case) -> dict[str, Any]:
    response["ETag"] = f'"{case.version}"'
    return answers.whole(case, request.user)


def _only(given: dict[str, Any], *names: str) -> None:
    words = _("This field is not known here, or not yours to set.")
    if wrong := [error(name, words, "extra_forbidden") for name in given if name not in names]:
        raise Invalid(wrong)
