"""Somebody asks to be erased and may take it back; an administrator answers, and shows what was done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.bodies import found
from clients.entrance import fresh_sign_in
from clients.refusals import Conflict, TooMany
from clients.templatetags.look import today
from clients.views.doors import administrators_only, layout_of
from rights import drawing, services, tasks, weighing
from rights.forms import GrantForm, RefusalForm
from rights.models import DECIDED, Erasure, ErasureState
from rights.queries import standing_of
from trade.keeping import ANSWER, TERMS

LATELY = 100
AT_DATA = "#erasure"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def own(request: HttpRequest) -> HttpResponse:
    """What would go, what must stay, why and until when; then the asking, after showing once more who one is."""
    if request.user.standing.is_agency:
        raise Http404
    if request.method == "POST":
        return _ask(request)
    weighed = weighing.weigh(request.user.reader, today())
    told = {
        "layout": layout_of(request),
        "goes": drawing.goes(weighed),
        "stays": drawing.stays(weighed),
        "answer_by": TERMS[ANSWER].after(today()),
        "answer": TERMS[ANSWER],
        "standing": standing_of(request.user.reader),
    }
    return render(request, "rights/erasure.html", told)


def _ask(request: HttpRequest) -> HttpResponse:
    if not request.POST.get("understood"):
        messages.warning(request, _("Tick the box first."))
        return redirect("rights:erasure-ask")
    try:
        row = services.ask_erasure(by=request.user)
    except TooMany as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(
            request,
            _("Noted as %(reference)s. You can take it back here until it is answered.")
            % {"reference": row.reference},
        )
    return redirect(reverse("rights:data") + AT_DATA)


@require_POST
def take_back(request: HttpRequest, reference: str) -> HttpResponse:
    row = found(Erasure.objects.filter(user=request.user), reference)
    try:
        services.take_erasure_back(row, by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Taken back. Nothing of yours was touched."))
    return redirect(reverse("rights:data") + AT_DATA)


# ── The agency's side ───────────────────────────────────────────────────────────────────────────────────────────────


@administrators_only
@require_safe
def erasure_list(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the first day first; and what was answered lately."""
    rows = Erasure.objects.select_related("user", "decided_by")
    waiting = rows.filter(state=ErasureState.ASKED).order_by("answer_by", "id")
    told = {
        "waiting": [{"row": one, "who": one.user} for one in waiting[:LATELY]],
        "answered": [
            {"row": one, "state": one.get_state_display()}
            for one in rows.exclude(state=ErasureState.ASKED).order_by("-id")[:LATELY]
        ],
    }
    return render(request, "rights/erasures.html", told)


@administrators_only
@require_safe
def erasure_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Before the answer what goes and stays; after it the record, which names nobody."""
    return _page(request, _found(reference))


def _page(request: HttpRequest, row: Erasure, status: int = 200, **forms: Any) -> HttpResponse:
    """`forms` are those that somebody has just filled."""
    told: dict[str, Any] = {"row": row, "state": row.get_state_display(), "form": RefusalForm()}
    if row.is_open:
        weighed, alone = weighing.weigh(row.user, today()), weighing.left_alone(row.user)
        told |= {
            "granting": GrantForm(alone=alone),
            "goes": drawing.goes(weighed),
            "stays": drawing.stays(weighed),
            "is_part": bool(weighed.stays),
            "alone": alone,
        }
    elif row.state in DECIDED:
        rows = row.remainders.select_related("case").defer("case__filed_under").order_by("id")  # type: ignore[attr-defined]
        told |= {"remains": drawing.remains(list(rows)), "record": row.record}
    return render(request, "rights/erasure_detail.html", told | forms, status=status)


@administrators_only
@require_POST
@fresh_sign_in
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """Granted with what the rules keep, or refused with a reason."""
    row = _found(reference)
    try:
        if request.POST.get("answer") == "grant":
            granting = GrantForm(request.POST, alone=weighing.left_alone(row.user))
            if row.is_open and not granting.is_valid():
                return _page(request, row, status=422, granting=granting)
            row = services.grant_erasure(row, by=request.user)
            tasks.ring_for_erasure(row.pk)
            messages.success(request, _("Granted. It is carried out now, and the person gets a receipt."))
        else:
            form = RefusalForm(request.POST)
            if not form.is_valid():
                return _page(request, row, status=422, form=form)
            services.refuse_erasure(row, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("Refused. The person reads your reason."))
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    return redirect("rights:erasure", row.reference)


def _found(reference: str) -> Erasure:
    return found(Erasure.objects.select_related("user", "decided_by"), reference)
