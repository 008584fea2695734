"""The list as a table for one's own program: at once where it is short, else when the worker has made it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases import asked
from clients.bodies import found
from clients.refusals import Conflict
from clients.views.doors import agency_only
from documents import answers, services, storage, tasks
from documents.handouts import piece
from documents.models import Export
from documents.queries import exports_for
from documents.services.exports import Table
from documents.tables import TYPES


@agency_only
@require_POST
def export_make(request: HttpRequest) -> HttpResponse:
    """Exactly what the list behind this address shows, all its pages."""
    form = request.POST.get("format", "")
    made = services.export_cases(asked.read(request.GET), form if form in TYPES else "csv", by=request.user)
    if isinstance(made, Table):
        answer = HttpResponse(made.content, content_type=made.content_type)
        answer["Content-Disposition"] = storage.disposition(made.filename, inline=False)
        return answer
    tasks.ring_for_export(made.pk)
    return redirect("documents:export", made.reference)


@agency_only
@require_GET
def export(request: HttpRequest, reference: str) -> HttpResponse:
    """Says when the table is there."""
    row = found(exports_for(request.user), reference)
    told = {"back": asked.list_of(row.query), "export": row, "piece": _drawn(row)}
    return render(request, "documents/export.html", told)


@agency_only
@require_GET
def export_state(request: HttpRequest, reference: str) -> HttpResponse:
    """The piece of that page, as it is now."""
    return render(request, "documents/_handout.html", _drawn(found(exports_for(request.user), reference)))


@agency_only
@require_GET
def export_content(request: HttpRequest, reference: str) -> HttpResponse:
    """Leads to the table: the trace first, then a link that dies within the minute."""
    row = found(exports_for(request.user), reference)
    try:
        return answers.leading_to(services.open_export(row, by=request.user))
    except storage.StorageAway:
        messages.warning(request, str(answers.STORAGE_AWAY))
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    return redirect("documents:export", row.reference)


def _drawn(row: Export) -> dict[str, Any]:
    """What `documents/_handout.html` takes."""
    return piece(row, "documents:export", label=_("Download the table"), kind=row.format.upper())
