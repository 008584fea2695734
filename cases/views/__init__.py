"""Where agency and client part ways: the same address is the desk for the one and the portal for the other."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cases.views import desk
from clients.views.doors import reads


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Today for the agency, My filing for a client's people."""
    if request.user.standing.is_agency:
        return desk.today(request)
    return _portal().home(request)


@reads
@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """One case: the whole desk of it, or the client's view of it."""
    if request.user.standing.is_agency:
        return desk.case_detail(request, reference)
    shown = getattr(_portal(), "case", None)
    if shown is None:
        raise Http404
    with transaction.atomic():  # staff may look through their eyes, in a sight that is given back
        return shown(request, reference)


def _portal():
    from cases.views import portal

    return portal
