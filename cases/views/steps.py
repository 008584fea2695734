"""What moves no stage: codes entered, papers handed in elsewhere, calls, notes, phones, papers settled by word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cases import words
from cases.forms import CallForm, CodeForm, DayForm, ReceiptForm, SnoozeForm, TextForm, show_errors
from cases.models import Audience, Case, Part, PhoneVerification, Requirement
from cases.queries import cases_for
from cases.services import inviting, phones, progress, settling, snoozing
from cases.views.moves import reason_groups, reasons_given
from cases.workflow import MoveRefused
from clients.bodies import found
from clients.idempotency import idempotent, key_of_form
from clients.refusals import Conflict, Invalid, TooMany
from clients.templatetags.look import today
from clients.views.doors import agency_only

# What each step says on its page, on its button, and once it is done.
STEPS: dict[str, tuple[Any, Any, Any]] = {
    "sms-codes": (
        gettext_lazy("Everybody concerned has entered the ministry's code"),
        gettext_lazy("Yes, all codes are entered"),
        gettext_lazy("Recorded: the codes are entered, the bureau's review counts."),
    ),
    "psb-filing": (
        gettext_lazy("The PSB filing is handed in"),
        gettext_lazy("Record the hand-in"),
        gettext_lazy("Recorded: the police have the filing."),
    ),
    "psb-return": (
        gettext_lazy("The police returned the filing"),
        gettext_lazy("Record the return"),
        gettext_lazy("Recorded: the police want a change, and the client is told."),
    ),
    "application": (
        gettext_lazy("The application is accepted for review (受理)"),
        gettext_lazy("Record the application"),
        gettext_lazy("Recorded: the authority has the application."),
    ),
    "site-open": (
        gettext_lazy("The site is open"),
        gettext_lazy("Record the opening"),
        gettext_lazy("Recorded: the site is open. Its foot must show the number soon; the clock runs."),
    ),
    "snooze": (
        gettext_lazy("Let the reminders of this filing rest"),
        gettext_lazy("Let them rest"),
        gettext_lazy("Reminders rest. The clocks run on."),
    ),
    "wake": (
        gettext_lazy("Let the reminders of this filing go on"),
        gettext_lazy("Let them go on"),
        gettext_lazy("Reminders go on."),
    ),
    "footer": (
        gettext_lazy("The number and its link were seen at the foot of the live site"),
        gettext_lazy("Yes, I saw it"),
        gettext_lazy("Recorded: the number is shown."),
    ),
}


def _form_of(step: str, typed: Any) -> forms.Form | None:
    if step == "application":
        return ReceiptForm(typed, initial={"on": today()})
    if step == "psb-return":
        hint = _("As the police wrote it; the client reads it.")
        return TextForm(typed, label=_("Their own words"), hint=hint, rows=3, required=False)
    if step == "snooze":
        return SnoozeForm(typed)
    if step in ("psb-filing", "site-open"):
        return DayForm(typed, initial={"on": today()})
    return None


def _take(step: str, case: Case, request: HttpRequest, form: Any) -> None:
    if step == "sms-codes":
        progress.enter_sms_codes(case, by=request.user)
    elif step == "psb-filing":
        progress.hand_in_psb(case, by=request.user, on=form.cleaned_data["on"])
    elif step == "application":
        progress.hand_in_application(case, by=request.user, **form.cleaned_data)
    elif step == "psb-return":
        reasons = reasons_given(request.POST)
        progress.return_psb(case, reasons, by=request.user, note=form.cleaned_data["text"])
    elif step == "site-open":
        progress.open_site(case, by=request.user, on=form.cleaned_data["on"])
    elif step == "snooze":
        snoozing.snooze(case, by=request.user, **form.cleaned_data)
    elif step == "wake":
        snoozing.wake(case, by=request.user)
    else:
        progress.show_footer(case, by=request.user)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def step_take(request: HttpRequest, reference: str, step: str) -> HttpResponse:
    """A small page that asks, and the deed."""
    if step not in STEPS:
        raise Http404
    case = _case(request, reference)
    title, button, done = STEPS[step]
    form = _form_of(step, request.POST if request.method == "POST" else None)
    told = {"case": case, "title": title, "button": button, "form": form}
    if step == "psb-return":
        told["groups"] = [group for group in reason_groups(case, request.POST, near="G") if group["open"]]
    if request.method != "POST":
        return render(request, "cases/step.html", told)
    if form is not None and not form.is_valid():
        return render(request, "cases/step.html", told, status=422)
    try:
        _take(step, case, request, form)
    except (MoveRefused, Conflict) as refused:
        return render(request, "cases/step.html", told | {"refusal": str(refused)}, status=409)
    except Invalid as refused:
        show_errors(form, refused)
        return render(request, "cases/step.html", told, status=422)
    messages.success(request, str(done))
    return redirect(case)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def call_log(request: HttpRequest, reference: str) -> HttpResponse:
    """Who rang, and whether anybody answered: a choice and one of two buttons; what was said is for colleagues."""
    case = _case(request, reference)
    form = CallForm(case, request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_missed = request.POST.get("outcome") == "missed"
        who = form.cleaned_data["who"]
        with idempotent(request, call=f"call {case.reference}", key=key_of_form(request)) as once:
            if not once.reference:
                text = form.cleaned_data["text"]
                progress.log_call(case, text, by=request.user, who=who, is_missed=is_missed)
                once.keep(case.reference)
        messages.success(request, _("The call is in the history."))
        return redirect(case)
    told = {"case": case, "form": form}
    return render(request, "cases/call.html", told, status=422 if form.is_bound else 200)


def _case(request: HttpRequest, reference: str) -> Case:
    return found(cases_for(request.user).with_facts(), reference)  # type: ignore[attr-defined]


# ── Notes: two boxes, not a switch ──────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def note_write(request: HttpRequest, reference: str, audience: str) -> HttpResponse:
    """A note for colleagues, or one that the client reads; the address says which."""
    if audience not in Audience.values:
        raise Http404
    case = _case(request, reference)
    label = _("To the client") if audience == Audience.CLIENT else _("Internal note")
    form = TextForm(request.POST or None, label=label)
    if request.method == "POST" and form.is_valid():
        with idempotent(request, call=f"note {audience} {case.reference}", key=key_of_form(request)) as once:
            if not once.reference:
                progress.write_note(case, form.cleaned_data["text"], by=request.user, audience=audience)
                once.keep(case.reference)
        is_for_client = audience == Audience.CLIENT
        messages.success(
            request,
            _("The client can read your note.")
            if is_for_client
            else _("Your note is saved, for colleagues only."),
        )
        return redirect(f"{case.get_absolute_url()}#tl")
    told = {"case": case, "form": form, "audience": audience}
    return render(request, "cases/note.html", told, status=422 if request.method == "POST" else 200)


# ── Phones ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def phone_ask(request: HttpRequest, reference: str, part: str) -> HttpResponse:
    """The state of one person's number; POST sends a code to it."""
    case = _case(request, reference)
    _known(part)
    if request.method != "POST":
        return _phone_page(request, case, part, CodeForm())
    refused = _said(lambda: phones.ask_code(case, part, by=request.user))
    if refused is None:
        messages.success(request, _("A code is on its way. It lives ten minutes."))
        return redirect("cases:phone-ask", case.reference, part)
    return _phone_page(request, case, part, CodeForm(), refused=refused)


@agency_only
@require_POST
def phone_confirm(request: HttpRequest, reference: str, part: str) -> HttpResponse:
    """The person read the code out."""
    case = _case(request, reference)
    _known(part)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _phone_page(request, case, part, form, status=422)
    refused = _said(lambda: phones.confirm_code(case, part, form.cleaned_data["code"], by=request.user))
    if refused is None:
        messages.success(request, _("The mobile is verified."))
        return redirect(case)
    if isinstance(refused, Invalid):
        show_errors(form, refused)
        return _phone_page(request, case, part, form, status=422)
    return _phone_page(request, case, part, form, refused=refused)


# ── The way in for head and manager ─────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def person_invite(request: HttpRequest, reference: str, part: str) -> HttpResponse:
    """Whether somebody whom the filing names has a place in the portal; POST mails them the way to their part."""
    case = _case(request, reference)
    _known(part)
    person = case.manager if part == Part.MANAGER else case.head
    if person is None:
        raise Http404
    told = {"case": case, "part": part, "person": person, "place": inviting.place_of(person)}
    if request.method != "POST":
        return render(request, "cases/person.html", told)
    try:
        inviting.invite_to_part(case, person, by=request.user)
    except (Invalid, Conflict) as refused:
        why = refused.errors[0]["detail"] if isinstance(refused, Invalid) else str(refused)
        return render(request, "cases/person.html", told | {"refusal": why}, status=409)
    messages.success(request, _("%(address)s is invited.") % {"address": person.email})
    return redirect(case)


def _known(part: str) -> None:
    if part not in Part.values:
        raise Http404


def _said(act: Callable[[], Any]) -> Exception | None:
    """What the service refuses, to be said on the page."""
    try:
        act()
    except (Invalid, Conflict, TooMany) as refused:
        return refused
    return None


def _phone_page(
    request: HttpRequest,
    case: Case,
    part: str,
    form: forms.Form,
    *,
    refused: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    person = case.manager if part == Part.MANAGER else case.head
    person = person or case.head
    last = PhoneVerification.objects.filter(case=case).order_by("-id").first()
    told = {
        "case": case,
        "part": part,
        "part_name": words.part_name(part),
        "person": person,
        "last": last if last and person and last.part == person.part and not last.answered_at else None,
        "form": form,
        "refusal": str(refused) if refused else "",
    }
    if refused is not None:
        status = 429 if isinstance(refused, TooMany) else 422 if isinstance(refused, Invalid) else 409
    response = render(request, "cases/phone.html", told, status=status)
    if isinstance(refused, TooMany):
        response["Retry-After"] = str(refused.wait)
    return response


# ── Papers settled by word ──────────────────────────────────────────────────────────────────────────────────────────


def _requirement(request: HttpRequest, reference: str) -> Requirement:
    papers = Requirement.objects.filter(case__in=cases_for(request.user)).select_related("case", "client")
    return found(papers, reference)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def waiver(request: HttpRequest, reference: str) -> HttpResponse:
    """The agency does without a paper, and says why."""
    paper = _requirement(request, reference)
    form = TextForm(request.POST or None, label=_("Why it is not needed"), rows=2)
    told = {
        "case": paper.case,
        "title": _("Do without: %(paper)s") % {"paper": words.paper_name(paper)},
        "button": _("It is not needed"),
        "form": form,
    }
    if request.method == "POST" and form.is_valid():
        refused = _said(lambda: settling.waive_paper(paper, by=request.user, note=form.cleaned_data["text"]))
        if refused is None:
            messages.success(request, _("Not needed: %(paper)s.") % {"paper": words.paper_name(paper)})
            return redirect(paper.case)
        return render(request, "cases/step.html", told | {"refusal": str(refused)}, status=409)
    return render(request, "cases/step.html", told, status=422 if request.method == "POST" else 200)


@agency_only
@require_POST
def settlement(request: HttpRequest, reference: str) -> HttpResponse:
    """A task in words, or the face check, is done."""
    paper = _requirement(request, reference)
    refused = _said(lambda: settling.settle_task(paper, by=request.user))
    if refused is None:
        messages.success(request, _("Done: %(paper)s.") % {"paper": words.paper_name(paper)})
    else:
        messages.warning(request, str(refused))
    return redirect(paper.case)
