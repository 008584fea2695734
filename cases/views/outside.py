"""What is done outside the portal and said here: a code read from a phone, a paper handed in elsewhere."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import errands, facts, journey, situation, spans, words
from cases.deadlines import CALLBACK
from cases.forms import CodeForm, DayForm
from cases.models import Case, Part, Requirement
from cases.queries import cases_for, parts_seen
from cases.services import phones, progress, reporting
from cases.views.sight import case_in_sight, case_of_contact, page
from cases.workflow import MoveRefused, Stage
from clients.bodies import found
from clients.refusals import Conflict, Invalid, Refusal, TooMany
from clients.templatetags.look import today


def _person(request: HttpRequest, reference: str, part: str) -> tuple[Case, Any]:
    shown = case_in_sight(request, reference)
    parts = parts_seen(request.user, shown)
    person = facts.holder_of(shown, part) if part in Part.values else None
    if person is None and part == Part.MANAGER and shown.head is not None:
        person = shown.head
    if person is None or (parts is not None and part not in parts):
        raise Http404
    return shown, person


@page
def phone(request: HttpRequest, reference: str, part: str) -> HttpResponse:
    """Ask for a code, read it, type it in."""
    shown, person = _person(request, reference, part)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            phones.confirm_code(shown, part, form.cleaned_data["code"], by=request.user)
        except Invalid as refused:
            form.add_error("code", refused.errors[0]["detail"])
        except (Conflict, PermissionDenied) as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("Verified. Thank you."))
            return redirect(shown)
    asked = errands.asked_code(shown, person)
    told = {
        "case": shown,
        "part": part,
        "person": person,
        "name": words.whose(part, shown),
        "asked": asked,
        "tries_left": phones.TRIES - asked.tries if asked else 0,
        "lives": asked and (not asked.sent_at or (asked.expires_at and asked.expires_at > timezone.now())),
        "form": form,
    }
    return render(request, "cases/portal/phone.html", told)


@require_POST
def phone_code(request: HttpRequest, reference: str, part: str) -> HttpResponse:
    """Send a code to this person's mobile."""
    shown, _someone = _person(request, reference, part)
    try:
        phones.ask_code(shown, part, by=request.user)
    except (TooMany, Conflict, PermissionDenied) as refusal:
        messages.warning(request, str(refusal))
    except Invalid as refused:
        messages.warning(request, refused.errors[0]["detail"])
    return redirect("cases:phone", shown.reference, part)


# ── Steps taken elsewhere ───────────────────────────────────────────────────────────────────────────────────────────


@page
def sms_codes(request: HttpRequest, reference: str) -> HttpResponse:
    """The ministry's code by SMS: who gets it, where it goes, how long it lives; and that it is entered."""
    shown = case_in_sight(request, reference)
    parts = parts_seen(request.user, shown)
    concerned = errands.sms_people(shown)
    if parts is not None and not parts & set(concerned):
        raise Http404
    if request.method == "POST":
        return _recorded(request, shown, progress.enter_sms_codes, _("Thank you. Now the ministry decides."))
    people = [facts.holder_of(shown, part) or shown.head for part in concerned]
    return render(
        request,
        "cases/portal/sms.html",
        {
            "case": shown,
            "people": [one for one in people if one is not None],
            "names": errands.named(concerned, shown),
            "clock": journey.running(shown, "sms_code"),
            "span": spans.of_clock("sms_code"),
            "may_record": errands.may_record(shown, request.user),
        },
    )


@page
def call_back(request: HttpRequest, reference: str) -> HttpResponse:
    """A call that nobody took: who rings again, whose phone, until when; and that they have spoken."""
    shown = case_in_sight(request, reference)
    if request.method == "POST":
        return _recorded(request, shown, progress.answer_call, _("Thank you. The filing goes on."))
    told = {
        "case": shown,
        "clock": journey.running(shown, CALLBACK),
        "expected": situation.expected_call(shown),
    }
    return render(request, "cases/portal/call.html", told)


def _recorded(request: HttpRequest, shown: Case, service: Any, thanks: str, **given: Any) -> HttpResponse:
    try:
        service(shown, by=request.user, **given)
    except (Refusal, MoveRefused, PermissionDenied) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, thanks)
    return redirect(shown)


@page
def psb_filing(request: HttpRequest, reference: str) -> HttpResponse:
    """How a site is registered with the police, and that it is handed in."""
    shown = case_of_contact(request, reference)
    form = DayForm(request.POST or None, initial={"on": today()})
    if request.method == "POST" and form.is_valid():
        thanks = _("Thank you. Now the police look at it.")
        return _recorded(request, shown, progress.hand_in_psb, thanks, on=form.cleaned_data["on"])
    is_open = shown.stage == Stage.LICENSED and not shown.psb_handed_in_on and not shown.on_hold
    told = {
        "case": shown,
        "form": form,
        "is_open": is_open,
        "clock": journey.running(shown, "psb_filing"),
        "span": spans.of_clock("psb_filing"),
    }
    return render(request, "cases/portal/psb.html", told)


@page
def licence_application(request: HttpRequest, reference: str) -> HttpResponse:
    """How the commercial licence is applied for, and that the application is accepted."""
    shown = case_of_contact(request, reference)
    form = DayForm(request.POST or None, initial={"on": today()})
    if request.method == "POST" and form.is_valid():
        thanks = _("Thank you. Now the authority looks at it.")
        return _recorded(request, shown, progress.hand_in_application, thanks, on=form.cleaned_data["on"])
    is_open = (
        shown.stage == Stage.PSB_FILED
        and shown.wants_licence
        and not shown.application_handed_in_on
        and not shown.on_hold
    )
    told = {
        "case": shown,
        "form": form,
        "is_open": is_open,
        "application": situation.application(shown),
        "span": spans.of_clock("commercial_review"),
    }
    return render(request, "cases/portal/application.html", told)


@require_POST
def report(request: HttpRequest, reference: str) -> HttpResponse:
    """“I have done it”: the face check, or a task in words."""
    rows = Requirement.objects.filter(case__in=cases_for(request.user)).select_related("case__client")
    paper = found(rows, reference)
    shown = case_in_sight(request, paper.case.reference)
    parts = parts_seen(request.user, shown)
    if parts is not None and paper.of not in parts:
        raise Http404
    return _recorded_of(request, shown, paper)


def _recorded_of(request: HttpRequest, shown: Case, paper: Requirement) -> HttpResponse:
    try:
        reporting.report_done(paper, by=request.user)
    except (Refusal, PermissionDenied) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Thank you. We have a look and go on."))
    return redirect(shown)
