"""The case a client's page is about, or the answer to what never was."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.views.decorators.http import require_http_methods

from cases.models import Case
from cases.queries import cases_for, parts_seen
from clients.bodies import found

page = require_http_methods(["GET", "HEAD", "POST"])


def case_in_sight(request: HttpRequest, reference: str) -> Case:
    """The case with what hangs on it."""
    rows = cases_for(request.user).with_facts()
    return found(
        rows.prefetch_related("requirements", "deadlines", "reopenings", "photo", "findings"), reference
    )


def case_of_contact(request: HttpRequest, reference: str) -> Case:
    """The same; steps of the whole filing are no page of a responsible person's."""
    shown = case_in_sight(request, reference)
    if parts_seen(request.user, shown) is not None:
        raise Http404
    return shown
