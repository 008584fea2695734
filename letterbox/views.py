"""The provider's door for letters, and the box in which people sort what could not be filed by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from cases import words as case_words
from cases.models import Case
from cases.models.requirement import TASK
from clients.bodies import found
from clients.cursors import page_of
from clients.refusals import Conflict, Invalid, Refusal
from clients.views.doors import agency_only
from documents import storage
from documents.tasks import ring
from letterbox import services
from letterbox.door import NotLetIn, events_of
from letterbox.forms import FilingForm
from letterbox.models import Letter, LetterFile, State
from letterbox.queries import waiting_letters
from letterbox.words import sentence_of

PAGE = 50


@csrf_exempt  # a provider's program posts here; its secret is the right to do it
@login_not_required
@require_POST
def inbound(request: HttpRequest, provider: str) -> HttpResponse:
    """What somebody wrote to the agency, as the provider hands it on."""
    try:
        for event in events_of(request, provider, "inbound"):
            if event.message is not None:
                services.receive(event.message, provider)
    except NotLetIn as refused:
        return refused.answer
    except (services.BoxFull, storage.StorageAway):
        return HttpResponse(status=503, headers={"Retry-After": "600"})
    return HttpResponse(status=200)


@agency_only
@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, the newest first."""
    rows = waiting_letters().select_related("case", "person").prefetch_related("files")
    page, onward, _is_first = page_of(
        rows, request.GET.get("next", ""), of="letters", user=request.user, size=PAGE
    )
    told = {
        "rows": [{"letter": one, "subject": one.words[0], "why": sentence_of(one.why)} for one in page],
        "next": onward,
    }
    return render(request, "letterbox/list.html", told)


@agency_only
@require_safe
def letter_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """One letter as text, what is not proven of it, and what may be done with it and its files."""
    return _page(request, _found(reference), FilingForm(by=request.user))


@agency_only
@require_POST
def letter_file(request: HttpRequest, reference: str) -> HttpResponse:
    letter = _found(reference)
    form = FilingForm(request.POST, by=request.user)
    if not form.is_valid():
        return _page(request, letter, form, status=422)
    try:
        services.file_letter(letter, form.cleaned_data["case"], by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Filed, as a note that the agency alone reads."))
    return redirect(letter)


@agency_only
@require_POST
def letter_discard(request: HttpRequest, reference: str) -> HttpResponse:
    try:
        services.discard(_found(reference), by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Discarded, with its files."))
    return redirect("letterbox:letter-list")


@agency_only
@require_POST
def file_take(request: HttpRequest, reference: str) -> HttpResponse:
    """The file becomes the newest version of a paper, and is checked as every file is."""
    file = _found_file(reference)
    if file.letter.case is None:
        messages.warning(request, _("Say first which filing the letter is about."))
        return redirect(file.letter)
    asked = request.POST.get("requirement", "")
    requirement = file.letter.case.requirements.filter(reference=asked[:24]).first()
    if requirement is None:
        messages.warning(request, _("Choose which paper it is."))
        return redirect(file.letter)
    try:
        document = services.take_file(file, requirement, by=request.user)
    except (Refusal, Invalid, PermissionDenied) as refused:
        messages.warning(request, str(refused) or _("This paper cannot be sent now."))
    else:
        ring(document.pk)
        messages.success(request, _("The file is being checked, as every file is."))
    return redirect(file.letter)


@agency_only
@require_POST
def file_drop(request: HttpRequest, reference: str) -> HttpResponse:
    file = _found_file(reference)
    try:
        services.drop_file(file, by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Dropped. The file is destroyed within the hour."))
    return redirect(file.letter)


def _found(reference: str) -> Letter:
    return found(Letter.objects.select_related("case__client", "person", "settled_by"), reference)


def _found_file(reference: str) -> LetterFile:
    return found(LetterFile.objects.select_related("letter__case"), reference)


def _page(request: HttpRequest, letter: Letter, form: FilingForm, *, status: int = 200) -> HttpResponse:
    subject, text = letter.words
    told: dict[str, Any] = {
        "letter": letter,
        "subject": subject,
        "text": text,
        "why": sentence_of(letter.why),
        "is_unsorted": letter.state == State.UNSORTED,
        "form": form,
        "files": letter.files.select_related("document"),
        "papers": _papers_of(letter.case) if letter.case else [],
    }
    return render(request, "letterbox/detail.html", told, status=status)


def _papers_of(case: Case) -> list[tuple[str, str]]:
    """What a file may be: each line of the checklist by its name and whose it is."""
    asked = case.requirements.exclude(kind=TASK)
    return [
        (one.reference, f"{case_words.paper_name(one)} ({case_words.whose(one.of, case)})") for one in asked
    ]
