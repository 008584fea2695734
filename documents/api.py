"""The API's calls about papers. Each finds its row first, then asks who, and only then reads what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from clients.bodies import found, read_object, takes
from clients.refusals import Invalid, error
from clients.views.errors import problem
from documents import answers, services, tasks
from documents.answers import shown
from documents.queries import documents_for, requirements_for, uploads_for
from documents.reasons import sentence_of

router = Router(tags=["papers"])

LONGEST = 4096

UPLOAD_TAKEN = {
    "type": "object",
    "required": ["filename", "size", "content_type"],
    "additionalProperties": False,
    "properties": {
        "filename": {"type": "string", "maxLength": 4096},
        "size": {"type": "integer", "minimum": 1, "maximum": 20971520},
        "content_type": {
            "type": "string",
            "enum": ["image/jpeg", "image/png", "image/heic", "image/heif", "image/webp", "application/pdf"],
        },
        "parts": {
            "type": "boolean",
            "default": False,
            "description": "Links for parts of at most 5 MiB instead of one form, to be put one by one and again",
        },
    },
}
RETURN_TAKEN = {
    "type": "object",
    "required": ["reasons"],
    "additionalProperties": False,
    "properties": {
        "reasons": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
                "anyOf": [
                    {"type": "string", "description": "A code of the catalogue"},
                    {
                        "type": "object",
                        "required": ["code"],
                        "additionalProperties": False,
                        "properties": {
                            "code": {"type": "string"},
                            "note": {"type": "string", "maxLength": 2000},
                            "requirements": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                ]
            },
        },
        "note": {"type": "string", "maxLength": 2000},
    },
}


class UploadOut(Schema):
    """A form to post the file with, its fields before the file, within ten minutes."""

    upload: str
    url: str
    fields: dict[str, str]


class LinkOut(Schema):
    """One part: `PUT` exactly `size` bytes to `url` within ten minutes."""

    number: int
    url: str
    size: int


class PartsOut(Schema):
    """What to cut the file into, the first part first; fresh links by `GET /uploads/{upload}`, for three days."""

    upload: str
    parts: list[LinkOut]


class PartOut(Schema):
    """A part that has come, or with a fresh link where it may be put; none for a token that only reads."""

    number: int
    size: int
    arrived: bool
    url: str | None


class StandingOut(Schema):
    """How far a file has come: `open`, `sent` with its document, or `ended`."""

    upload: str
    filename: str
    size: int
    state: str
    expires_at: datetime
    document: str | None
    parts: list[PartOut]


class CompletionOut(Schema):
    document: str


class ReasonOut(Schema):
    code: str
    text: str
    note: str


class NoteOut(Schema):
    code: str
    text: str


class DocumentOut(Schema):
    """One version of a paper."""

    reference: str
    requirement: str
    filename: str
    state: str
    reasons: list[ReasonOut]
    note: str
    version: int
    notes: list[NoteOut]
    waits_for: str | None
    sent_at: datetime
    on_behalf: bool
    consent_outstanding: bool


@router.post(
    "/requirements/{requirement}/uploads",
    response={201: UploadOut | PartsOut},
    openapi_extra=takes(UPLOAD_TAKEN),
    summary="Ask for a form to send one file, or for links to send it in parts",
)
def start_upload(request: HttpRequest, requirement: str) -> Status:
    paper = found(requirements_for(request.user), requirement)
    services.ask_to_send(paper, by=request.user)
    given = read_object(request)
    in_parts = given.pop("parts", False)
    if not isinstance(in_parts, bool):
        raise Invalid([error("parts", _("This value is not of the kind expected here."))])
    given = _only(given, filename=str, size=int, content_type=str)
    if in_parts:
        begun = services.start_parts(paper, by=request.user, **given)
        links = [{"number": one.number, "url": one.url, "size": one.size} for one in begun.parts]
        return Status(201, {"upload": begun.upload.reference, "parts": links})
    upload, form = services.start_upload(paper, by=request.user, **given)
    return Status(201, {"upload": upload.reference, "url": form["url"], "fields": form["fields"]})


@router.post(
    "/uploads/{upload}/completion",
    response={202: CompletionOut},
    summary="Say that the file has been sent",
)
def finish_upload(request: HttpRequest, upload: str) -> Status:
    sent = found(uploads_for(request.user), upload)
    document = tasks.finish_upload(sent, by=request.user)
    return Status(202, {"document": document.reference})


@router.get(
    "/uploads/{upload}",
    response=StandingOut,
    summary="How far a file has come, with fresh links for the parts that are missing",
)
def show_upload(request: HttpRequest, upload: str) -> dict[str, Any]:
    asked = found(uploads_for(request.user), upload)
    services.ask_to_send(asked.requirement, by=request.user)
    standing = services.standing_of(asked, with_links=request.api_token.can_write)  # type: ignore[attr-defined]
    return {
        "upload": asked.reference,
        "filename": asked.filename,
        "size": asked.size,
        "state": standing.state,
        "expires_at": asked.expires_at,
        "document": standing.document.reference if standing.document else None,
        "parts": answers.parts_told(standing),
    }


@router.delete("/uploads/{upload}", response={204: None}, summary="Cancel what is not sent yet")
def cancel_upload(request: HttpRequest, upload: str) -> Status:
    asked = found(uploads_for(request.user), upload)
    services.cancel_upload(asked, by=request.user)
    tasks.ring_for_cancelled(asked.pk)
    return Status(204, None)


@router.get("/documents/{document}", response=DocumentOut, summary="One document and its state")
def show_document(request: HttpRequest, document: str) -> dict[str, Any]:
    return shown(found(documents_for(request.user), document))


@router.post("/documents/{document}/acceptance", response=DocumentOut, summary="Find a paper right (agency)")
def accept_document(request: HttpRequest, document: str) -> dict[str, Any]:
    return shown(services.accept_document(found(documents_for(request.user), document), by=request.user))


@router.post(
    "/documents/{document}/return",
    response=DocumentOut,
    openapi_extra=takes(RETURN_TAKEN),
    summary="Ask for another paper, with reasons (agency)",
)
def return_document(request: HttpRequest, document: str) -> dict[str, Any]:
    paper = found(documents_for(request.user), document)
    services.ask_to_judge(by=request.user)
    given = read_object(request)
    _refuse_others(given, {"reasons", "note"})
    returned = services.return_document(
        paper, by=request.user, reasons=given.get("reasons"), note=given.get("note")
    )
    return shown(returned)


@router.post(
    "/documents/{document}/withdrawal",
    response=DocumentOut,
    summary="Take back what nobody has looked at yet (its own side)",
)
def withdraw_document(request: HttpRequest, document: str) -> dict[str, Any]:
    withdrawn = services.withdraw_document(found(documents_for(request.user), document), by=request.user)
    tasks.ring_for_destroying(withdrawn.pk)
    return shown(withdrawn)


@router.get(
    "/documents/{document}/content",
    response={302: None},
    summary="Look at a paper: a link that lives a minute; the view is recorded first",
)
def show_content(request: HttpRequest, document: str) -> HttpResponse:
    paper = found(documents_for(request.user), document)
    opened = services.open_document(paper, by=request.user)
    if opened.is_lost:
        # Not raised: that the paper is lost is news to be kept, not a failure to be rolled back.
        return problem(request, 409, "lost", sentence_of("lost"))
    return answers.leading_to(opened.link)


def _only(given: dict[str, Any], **wanted: type) -> dict[str, Any]:
    """Exactly these fields, each of its type; a yes is no number."""
    _refuse_others(given, set(wanted))
    errors = []
    for name, kind in wanted.items():
        if given.get(name) is None:
            errors.append(error(name, _("This is needed."), "missing"))
        elif not isinstance(given[name], kind) or isinstance(given[name], bool):
            errors.append(error(name, _("This value is not of the kind expected here.")))
        elif kind is str and len(given[name]) > LONGEST:
            errors.append(error(name, _("This is too long.")))
    if errors:
        raise Invalid(errors)
    return given


def _refuse_others(given: dict[str, Any], wanted: set[str]) -> None:
    words = _("This field is not known here, or not yours to set.")
    if others := [error(name[:100], words, "extra_forbidden") for name in given if name not in wanted]:
        raise Invalid(others)
