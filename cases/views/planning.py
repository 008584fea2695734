"""The kind of filing: why the rules find it, and staff's own word against them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import words
from cases.forms import KindForm, show_errors
from cases.queries import whole_case
from cases.services import planning
from cases.workflow import MoveRefused
from clients.refusals import Conflict, Invalid
from clients.views.doors import agency_only


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def filing_kind(request: HttpRequest, reference: str) -> HttpResponse:
    """What the rules find and why; a kind set by hand stays until it is left to the rules again."""
    case = whole_case(request.user, reference)
    form = KindForm(request.POST if request.method == "POST" else None, case=case)
    told = {
        "case": case,
        "title": _("Kind of filing"),
        "form": form,
        "kind": words.code_words("filing_kind", case.filing_kind),
        "found": words.code_words("filing_kind", words.kind_found(case)),
        "why": words.kind_why(case),
    }
    if request.method != "POST":
        return render(request, "cases/kind.html", told)
    if not form.is_valid():
        return render(request, "cases/kind.html", told, status=422)
    try:
        given = form.cleaned_data
        case = planning.overrule_kind(case, given["kind"], by=request.user, note=given["text"])
    except Invalid as refused:
        show_errors(form, refused, {"filing_kind": "kind"})
        return render(request, "cases/kind.html", told, status=422)
    except (Conflict, MoveRefused) as refused:
        return render(request, "cases/kind.html", told | {"refusal": str(refused)}, status=409)
    kind = words.code_words("filing_kind", case.filing_kind)
    messages.success(request, _("The kind of filing is now: %(kind)s.") % {"kind": kind})
    return redirect(case)
