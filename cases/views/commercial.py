"""The commercial licence of one case: the question, the checklist, the appointment, the receipt, the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import situation
from cases.forms import AppointmentForm, DecisionForm, TextForm, show_errors
from cases.models import Case
from cases.queries import cases_for
from cases.services import commercial as services
from cases.workflow import MoveRefused, Stage
from clients.bodies import found
from clients.refusals import Invalid
from clients.views.doors import agency_only
from trade import commercial


@agency_only
@require_safe
def licence(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything of it on one page; each part has its own button."""
    return _page(request, _case(request, reference))


@agency_only
@require_POST
def act(request: HttpRequest, reference: str, act: str) -> HttpResponse:
    """One part is said; a refusal is the same page with its sentence, and what was typed."""
    if act not in ACTS:
        raise Http404
    case = _case(request, reference)
    form = _form_of(act, case, request.POST)
    if form is not None and not form.is_valid():
        return _page(request, case, {act: form}, status=422)
    try:
        done = ACTS[act](case, form, request)
    except MoveRefused as refused:
        return _page(request, case, {act: form}, refused=str(refused), status=409)
    except Invalid as refused:
        assert form is not None
        show_errors(form, refused)
        return _page(request, case, {act: form}, status=422)
    messages.success(request, done)
    return redirect("cases:commercial", case.reference)


def _decide(case: Case, form: Any, request: HttpRequest) -> str:
    services.decide(case, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    if form.cleaned_data["needed"]:
        return _("Recorded: a commercial licence is needed.")
    return _("Recorded: no commercial licence is needed.")


def _tick(case: Case, form: Any, request: HttpRequest) -> str:
    services.tick(case, request.POST.getlist("ready"), by=request.user)  # type: ignore[arg-type]
    return _("The checklist is saved.")


def _appoint(case: Case, form: Any, request: HttpRequest) -> str:
    services.appoint(case, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    return _("The appointment is saved, and the client is told.")


def _refuse(case: Case, form: Any, request: HttpRequest) -> str:
    services.refuse_application(case, note=form.cleaned_data["text"], by=request.user)  # type: ignore[arg-type]
    return _("Recorded: the application was refused. It can be applied for again.")


ACTS: dict[str, Callable[[Case, Any, HttpRequest], str]] = {
    "decision": _decide,
    "checklist": _tick,
    "appointment": _appoint,
    "refusal": _refuse,
}


def _form_of(act: str, case: Case, typed: Any = None) -> forms.Form | None:
    row = case.commercial_or_none
    if act == "decision":
        said = {True: "true", False: "false"}
        initial = {
            "needed": said.get(row.needed, "") if row else "",
            "foreign_capital": said.get(row.foreign_capital, "") if row else "",
            "why": row.why if row else "",
        }
        return DecisionForm(typed, initial=initial)
    if act == "appointment":
        initial = {"on": row.appointment_on, "office": row.office, "carried": row.carried} if row else {}
        return AppointmentForm(typed, initial=initial)
    if act == "refusal":
        hint = _("The client reads this.")
        return TextForm(typed, label=_("What the authority said"), hint=hint, rows=3)
    return None


def _case(request: HttpRequest, reference: str) -> Case:
    return found(cases_for(request.user).with_facts(), reference)  # type: ignore[attr-defined, arg-type]


def _page(
    request: HttpRequest,
    case: Case,
    typed: dict[str, Any] | None = None,
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    told: dict[str, Any] = {
        "case": case,
        "application": situation.application(case),
        "licences": list(commercial.LICENCES.values()),
        "steps": list(commercial.STEPS.values()),
        "refused": refused,
        "may_hand_in": case.stage == Stage.PSB_FILED and not case.on_hold,
    }
    for name in ("decision", "appointment", "refusal"):
        told[f"{name}_form"] = (typed or {}).get(name) or _form_of(name, case)
    return render(request, "cases/commercial.html", told, status=status)
