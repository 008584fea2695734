"""What the pages' upload box speaks to, and the way to a paper itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases.models import Case
from clients.bodies import found, read_object
from clients.refusals import Conflict, Invalid, Malformed, TooMany, error
from clients.views.errors import problem
from documents import answers, services, storage, tasks
from documents.queries import documents_for, requirements_for, uploads_for
from documents.reasons import sentence_of

View = Callable[..., HttpResponse]


def said_to_the_script(view: View) -> View:
    """Refusals as problem documents, which the page's script shows in the row of their file."""

    @wraps(view)
    def seen(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TooMany as refusal:
            return problem(
                request, 429, refusal.code, str(refusal), headers={"Retry-After": str(refusal.wait)}
            )
        except Malformed as refusal:
            return problem(request, refusal.status, refusal.code, str(refusal))
        except (Conflict, services.ConsentMissing) as refusal:
            return problem(request, 409, refusal.code, str(refusal))
        except Invalid as refusal:
            return problem(request, 422, refusal.code, refusal.errors[0]["detail"], errors=refusal.errors)
        except PermissionDenied as refusal:
            return problem(request, 403, "forbidden", str(refusal))
        except storage.StorageAway:
            return problem(
                request, 503, "storage_away", str(answers.STORAGE_AWAY), headers={"Retry-After": "30"}
            )

    return seen


@require_POST
@said_to_the_script
def start(request: HttpRequest, reference: str) -> HttpResponse:
    """A form for one file, or links for its parts, once the client has agreed to hand in identity papers."""
    paper = found(requirements_for(request.user), reference)
    services.ask_to_send(paper, by=request.user)
    given = read_object(request)
    name, size, kind = given.get("filename"), given.get("size"), given.get("content_type")
    if not (isinstance(name, str) and type(size) is int and isinstance(kind, str)):
        raise Invalid([error("filename", _("Choose the file again."))])
    is_client = not request.user.standing.is_agency
    if given.get("parts") is True:
        mark = given.get("sha256", "")
        standing = services.start_parts(
            paper,
            by=request.user,
            filename=name,
            size=size,
            content_type=kind,
            sha256=mark if isinstance(mark, str) else "?",
            asks_consent=is_client,
        )
        return JsonResponse(_told(standing), status=201)
    upload, form = services.start_upload(
        paper, by=request.user, filename=name, size=size, content_type=kind, asks_consent=is_client
    )
    finish_at = reverse("documents:upload-finish", args=[upload.reference])
    return JsonResponse({"upload": upload.reference, "finish": finish_at, **form}, status=201)


@require_GET
@said_to_the_script
def standing(request: HttpRequest, reference: str) -> HttpResponse:
    """How far a file has come, and fresh links for the rest of it."""
    upload = found(uploads_for(request.user), reference)
    services.ask_to_send(upload.requirement, by=request.user)
    answer = JsonResponse(_told(services.standing_of(upload)))
    answer["Cache-Control"] = "no-store"
    return answer


def _told(standing: services.Standing) -> dict[str, Any]:
    """What the page's script goes by."""
    reference, document = standing.upload.reference, standing.document
    return {
        "upload": reference,
        "size": standing.upload.size,
        "standing": standing.state,
        "parts": answers.parts_told(standing),
        "at": reverse("documents:upload", args=[reference]),
        "cancel": reverse("documents:upload-cancel", args=[reference]),
        "finish": reverse("documents:upload-finish", args=[reference]),
        "document": document.reference if document else None,
        "state": reverse("documents:state", args=[document.reference]) if document else None,
    }


@require_POST
@said_to_the_script
def cancellation(request: HttpRequest, reference: str) -> HttpResponse:
    """Not this file after all; what has come of it is dropped."""
    upload = found(uploads_for(request.user), reference)
    try:
        services.cancel_upload(upload, by=request.user)
    except Conflict as refusal:
        if request.content_type == "application/json":
            raise
        messages.warning(request, str(refusal))
    else:
        tasks.ring_for_cancelled(upload.pk)
    if request.content_type == "application/json":
        return JsonResponse({})
    return redirect("documents:task", upload.requirement.reference)


@require_POST
@said_to_the_script
def finish(request: HttpRequest, reference: str) -> HttpResponse:
    """The file is there. The script gets its document; a page without one goes back to its case."""
    upload = found(uploads_for(request.user), reference)
    document = tasks.finish_upload(upload, by=request.user)
    if request.content_type == "application/json":
        state_at = reverse("documents:state", args=[document.reference])
        return JsonResponse({"document": document.reference, "state": state_at}, status=202)
    messages.success(request, _("Your file has arrived and is being checked."))
    return redirect(_after(request, document.case))


@require_GET
def state(request: HttpRequest, reference: str) -> HttpResponse:
    """One row of a list of files, as it is now."""
    document = found(documents_for(request.user).select_related("upload"), reference)
    return render(request, "components/file.html", answers.row(document, request.user))


@require_GET
def content(request: HttpRequest, reference: str) -> HttpResponse:
    """Leads to the paper itself; `?download` saves it instead of showing it."""
    document = found(documents_for(request.user), reference)
    try:
        why = "seen_as" if request.user.seen_as else "view"
        opened = services.open_document(
            document, by=request.user, why=why, is_download="download" in request.GET
        )
    except Conflict as refusal:
        messages.warning(request, str(refusal))
        return redirect(document.case)
    except storage.StorageAway:
        messages.warning(request, str(answers.STORAGE_AWAY))
        return redirect(document.case)
    if opened.is_lost:
        messages.warning(request, sentence_of("lost"))
        return redirect(document.case)
    return answers.leading_to(opened.link)


@require_GET
def thumbnail(request: HttpRequest, reference: str) -> HttpResponse:
    """A paper as small as a stamp, for whoever sent it."""
    link = services.small_picture(found(documents_for(request.user), reference), by=request.user)
    if not link:
        raise Http404
    return answers.leading_to(link)


@require_POST
def withdrawal(request: HttpRequest, reference: str) -> HttpResponse:
    """The wrong file: its own side takes it back before anybody looked."""
    document = found(documents_for(request.user), reference)
    try:
        services.withdraw_document(document, by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        tasks.ring_for_destroying(document.pk)
        messages.success(request, _("Taken back. Nobody has seen it, and nothing of it is kept."))
    return redirect("documents:task", document.requirement.reference)


@require_POST
def consent(request: HttpRequest, reference: str) -> HttpResponse:
    """The box is ticked: from now on this client's identity papers come with consent."""
    paper = found(requirements_for(request.user), reference)
    if request.POST.get("agreed"):
        services.give_consent(paper.client, by=request.user)
    else:
        messages.warning(request, str(services.ConsentMissing()))
    return redirect(_after(request, paper.case))


# Without a script


@require_POST
def plain(request: HttpRequest, reference: str) -> HttpResponse:
    """A page whose form goes straight to storage; asked for by a click, so that no form is given out unasked."""
    paper = found(requirements_for(request.user), reference)

    def leads_to(upload: str) -> str:
        return request.build_absolute_uri(reverse("documents:upload-sent", args=[upload]))

    try:
        _upload, form = services.start_plain_upload(
            paper, by=request.user, leads_to=leads_to, asks_consent=not request.user.standing.is_agency
        )
    except (Conflict, TooMany, services.ConsentMissing) as refusal:
        messages.warning(request, str(refusal))
        return redirect(_after(request, paper.case))
    return render(request, "documents/plain.html", {"paper": paper, "form": form})


@require_GET
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """Where storage leads afterwards. Nothing it says is believed: the person says that the file is sent."""
    upload = found(uploads_for(request.user), reference)
    return render(request, "documents/sent.html", {"upload": upload, "paper": upload.requirement})


def _after(request: HttpRequest, case: Case) -> str:
    """Back to where the form stood, if that is a page of ours; else to the case."""
    after = request.POST.get("next", "")
    if after.startswith("/") and url_has_allowed_host_and_scheme(after, allowed_hosts=None):
        return after
    return case.get_absolute_url()
