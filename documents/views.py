"""Pages about papers: looking at one, from a page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from clients.bodies import found
from clients.refusals import Conflict
from documents import answers, services, storage
from documents.queries import documents_for
from documents.reasons import sentence_of


@require_GET
def content(request: HttpRequest, reference: str) -> HttpResponse:
    """Leads to the paper itself; `?download` saves it instead of showing it."""
    document = found(documents_for(request.user), reference)
    try:
        opened = services.open_document(document, by=request.user, is_download="download" in request.GET)
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
