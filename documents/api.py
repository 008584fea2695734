"""The API's calls about papers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from ninja.errors import ValidationError
from pydantic import ConfigDict, Field
from pydantic import ValidationError as Unreadable

from cases.models import Requirement
from clients.views.errors import problem
from documents import answers, services, storage, tasks
from documents.answers import shown
from documents.models import Document, Upload
from documents.reasons import sentence_of

router = Router(tags=["papers"])


class UploadIn(Schema):
    """What the browser is about to send."""

    model_config = ConfigDict(extra="forbid", strict=True)

    filename: str = Field(max_length=4096)
    size: int = Field(ge=-(2**53), le=2**53)
    content_type: str = Field(max_length=200)


class UploadOut(Schema):
    """A form to post the file with, its fields before the file, within ten minutes."""

    upload: str
    url: str
    fields: dict[str, str]


class CompletionOut(Schema):
    document: str


class ReasonIn(Schema):
    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = Field(max_length=48)
    note: str = Field("", max_length=4000)


class ReturnIn(Schema):
    model_config = ConfigDict(extra="forbid", strict=True)

    reasons: list[ReasonIn | str] = Field(min_length=1, max_length=20)
    note: str = Field("", max_length=4000)


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


Problem = {"type": "object", "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}


def _told(*statuses: int) -> dict[str, Any]:
    words = {
        401: "No valid token",
        403: "Seen, but not yours to do",
        404: "Nothing here, or not yours to see",
        409: "The thing has moved on, or stands in the way",
        422: "Something given cannot be taken",
        429: "Too many; Retry-After says how long to wait",
        503: "A part is away; try again",
    }
    content = {"application/problem+json": {"schema": Problem}}
    return {
        status: {"description": words[status], "content": content} for status in (401, 404, 429, *statuses)
    }


def _takes(schema: type[Schema], *statuses: int) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema.json_schema()}}}
    return {"requestBody": body, "responses": _told(*statuses)}


@router.post(
    "/requirements/{requirement}/uploads",
    response={201: UploadOut},
    openapi_extra=_takes(UploadIn, 403, 409, 422),
    summary="Ask for a form to send one file",
)
def start_upload(request: HttpRequest, requirement: str) -> Status:
    asked = _found(Requirement.objects.select_related("case", "client"), requirement)
    given = _read(request, UploadIn)
    upload, form = services.start_upload(
        asked, by=request.user, filename=given.filename, size=given.size, content_type=given.content_type
    )
    return Status(201, {"upload": upload.reference, "url": form["url"], "fields": form["fields"]})


@router.post(
    "/uploads/{upload}/completion",
    response={202: CompletionOut},
    openapi_extra={"responses": _told(403, 409)},
    summary="Say that the file has been sent",
)
def finish_upload(request: HttpRequest, upload: str) -> Status:
    found = _found(Upload.objects.select_related("client", "requirement__case"), upload)
    document = services.finish_upload(found, by=request.user)
    tasks.ring(document.pk)
    return Status(202, {"document": document.reference})


@router.get(
    "/documents/{document}",
    response=DocumentOut,
    openapi_extra={"responses": _told()},
    summary="One document and its state",
)
def show_document(request: HttpRequest, document: str) -> dict[str, Any]:
    return shown(_found(_documents(), document))


@router.post(
    "/documents/{document}/acceptance",
    response=DocumentOut,
    openapi_extra={"responses": _told(403, 409)},
    summary="Find a paper right (agency)",
)
def accept_document(request: HttpRequest, document: str) -> dict[str, Any]:
    return shown(services.accept_document(_found(_documents(), document), by=request.user))


@router.post(
    "/documents/{document}/return",
    response=DocumentOut,
    openapi_extra=_takes(ReturnIn, 403, 409, 422),
    summary="Ask for another paper, with reasons (agency)",
)
def return_document(request: HttpRequest, document: str) -> dict[str, Any]:
    found = _found(_documents(), document)
    services.ask_to_judge(found, by=request.user)
    given = _read(request, ReturnIn)
    reasons = [one if isinstance(one, str) else one.dict() for one in given.reasons]
    return shown(services.return_document(found, by=request.user, reasons=reasons, note=given.note))


@router.get(
    "/documents/{document}/content",
    openapi_extra={
        "responses": {
            302: {"description": "A link that lives a minute; the view is recorded first"},
            **_told(409, 503),
        }
    },
    summary="Look at a paper",
)
def show_content(request: HttpRequest, document: str) -> HttpResponse:
    found = _found(_documents(), document)
    try:
        opened = services.open_document(found, by=request.user)
    except storage.StorageAway:
        return problem(request, 503, "storage_away", str(answers.STORAGE_AWAY), headers={"Retry-After": "30"})
    if opened.is_lost:
        # Not raised: that the paper is lost is news to be kept, not a failure to be rolled back.
        return problem(request, 409, "lost", sentence_of("lost"))
    return answers.leading_to(opened.link)


def _documents() -> QuerySet[Document]:
    return Document.objects.select_related("client", "case", "requirement__case")


_REFERENCE = re.compile(r"[A-Z]{1,3}-[0-9A-Z]{6,20}")
Row = TypeVar("Row", Requirement, Upload, Document)


def _found(rows: QuerySet[Row], reference: str) -> Row:
    """The row in sight, or the answer that nothing is there; given before a body is looked at."""
    row = rows.filter(reference=reference).first() if _REFERENCE.fullmatch(reference) else None
    if row is None:
        raise Http404
    return row


Body = TypeVar("Body", bound=Schema)


def _read(request: HttpRequest, schema: type[Body]) -> Body:
    """The body, read only after its row was found and is this person's."""
    try:
        return schema.model_validate_json(request.body or b"null")
    except Unreadable as errors:
        _refuse(errors)


def _refuse(errors: Unreadable) -> NoReturn:
    found = errors.errors(include_url=False, include_context=False, include_input=False)
    raise ValidationError([{**one, "loc": ["body", *one["loc"]]} for one in found]) from None
