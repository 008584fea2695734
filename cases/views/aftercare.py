"""After the licence: what falls due, one duty, a provider's check, and that something of the filing has changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import agenda, words
from cases.aftercare import FACT_OF, asks_for_day
from cases.deadlines import beijing_day
from cases.forms import ChangeForm, CheckForm, TextForm, UntilForm, show_errors
from cases.models import Case, Duty, DutyState
from cases.queries import cases_for
from cases.services import aftercare, altering
from cases.views.sight import case_of_contact, page
from cases.workflow import ISSUED, MoveRefused
from clients.bodies import found
from clients.cursors import cursor_after, read_cursor
from clients.models import User
from clients.refusals import Conflict, Invalid
from clients.templatetags.look import today
from clients.views.doors import agency_only, layout_of
from trade.aftercare import DUTIES
from trade.clocks import CLOCKS

# ── The list ────────────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_safe
def duty_list(request: HttpRequest) -> HttpResponse:
    """What falls due in the next ninety days, overdue ones first; what is asked stands in the address."""
    given = request.GET
    kind = given.get("kind", "") if given.get("kind", "") in DUTIES else ""
    asked = agenda.Asked(given.get("whose") == "mine", kind, given.get("until") == "all")
    of = f"duties:{asked}"
    after = read_cursor(given.get("after", ""), of=of, user=request.user)
    duties, more = agenda.page_of_duties(request.user, asked, after, today=today())
    told: dict[str, Any] = {
        "rows": [row_of(duty) for duty in duties],
        "views": _views(asked),
        "kinds": [(code, rule.name) for code, rule in DUTIES.items()],
        "kind": kind,
        "kept": [(name, value) for name, value in _words_of(asked).items() if name != "kind"],
        "plain_link": _link(asked._replace(kind="")),
        "ahead": agenda.AHEAD,
        "is_whole": asked.is_whole,
        "other_link": _link(asked._replace(is_whole=not asked.is_whole)),
        "next_link": _link(asked, after=cursor_after(duties[-1].pk, of=of, user=request.user))
        if more
        else "",
        "first_link": _link(asked) if after else "",
    }
    return render(request, "cases/duties.html", told)


def _words_of(asked: agenda.Asked) -> dict[str, str]:
    told = {
        "whose": "mine" if asked.mine else "",
        "kind": asked.kind,
        "until": "all" if asked.is_whole else "",
    }
    return {name: value for name, value in told.items() if value}


def _link(asked: agenda.Asked, **more: str) -> str:
    return "?" + urlencode(_words_of(asked) | more)


def _views(asked: agenda.Asked) -> list[dict[str, Any]]:
    return [
        {"name": name, "link": _link(asked._replace(mine=mine)), "here": mine == asked.mine}
        for name, mine in ((_("All duties"), False), (_("Mine"), True))
    ]


def row_of(duty: Duty) -> dict[str, Any]:
    """One duty as lists draw it."""
    case = duty.case
    return {
        "link": duty.get_absolute_url(),
        "name": words.duty_name(duty.kind),
        "due_on": duty.due_on,
        "is_near": words.is_near(duty.due_on),
        "is_assumed": duty.is_assumed,
        "case": case,
        "client": case.client,
        "domain": case.domain_name or case.reference,
        "manager": case.account_manager,
    }


# ── One duty ────────────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def duty(request: HttpRequest, reference: str) -> HttpResponse:
    """What it is about, and that it is done: where it ended on a day, with the new one."""
    one = _duty(request, reference)
    form = UntilForm(request.POST or None) if asks_for_day(one.kind) else None
    if request.method != "POST":
        return _duty_page(request, one, form, _waiver_form())
    if form is not None and not form.is_valid():
        return _duty_page(request, one, form, _waiver_form(), status=422)
    try:
        aftercare.finish(one, by=request.user, until=form.cleaned_data["until"] if form else None)
    except Invalid as refused:
        refused.errors = [one | {"field": "until"} for one in refused.errors]
        show_errors(form, refused)
        return _duty_page(request, one, form, _waiver_form(), status=422)
    except Conflict as refused:
        return _duty_page(request, one, form, _waiver_form(), refused=str(refused), status=409)
    messages.success(request, _("Noted as done: %(duty)s.") % {"duty": words.duty_name(one.kind)})
    return redirect(one.case)


@agency_only
@require_POST
def duty_waive(request: HttpRequest, reference: str) -> HttpResponse:
    """It need not be done, and why."""
    one = _duty(request, reference)
    form = _waiver_form(request.POST)
    own = UntilForm() if asks_for_day(one.kind) else None
    if not form.is_valid():
        return _duty_page(request, one, own, form, status=422)
    try:
        aftercare.waive(one, form.cleaned_data["text"], by=request.user)
    except Invalid as refused:
        show_errors(form, refused)
        return _duty_page(request, one, own, form, status=422)
    except Conflict as refused:
        return _duty_page(request, one, own, form, refused=str(refused), status=409)
    messages.success(request, _("Noted as not needed: %(duty)s.") % {"duty": words.duty_name(one.kind)})
    return redirect(one.case)


def _duty(request: HttpRequest, reference: str) -> Duty:
    rows = Duty.objects.filter(case__in=cases_for(request.user))
    return found(rows.select_related("case__client", "closed_by"), reference)


def _waiver_form(typed: Any = None) -> TextForm:
    hint = _("Only the agency reads this. It comes back when another day is known.")
    return TextForm(typed, label=_("Why it need not be done"), hint=hint, rows=2)


def _duty_page(
    request: HttpRequest, one: Duty, form: Any, waiver: TextForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    rule = DUTIES.get(one.kind)
    told = {
        "duty": one,
        "case": one.case,
        "title": words.duty_name(one.kind),
        "todo": rule.todo if rule else "",
        "is_near": words.is_near(one.due_on),
        "is_open": one.state == DutyState.OPEN,
        "form": form,
        "waiver": waiver,
        "refused": refused,
        "is_fact": one.kind in FACT_OF,
        "may_change": one.case.stage in ISSUED,
    }
    return render(request, "cases/duty.html", told, status=status)


# ── A provider's check ──────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def check_notice(request: HttpRequest, reference: str) -> HttpResponse:
    """The provider checks the filing: until when, and what the notice says."""
    case = found(cases_for(request.user).with_facts(), reference)
    due = beijing_day(CLOCKS["audit_fix"].due(timezone.now()).at)
    form = CheckForm(request.POST or None, initial={"on": due})
    told = {
        "case": case,
        "form": form,
        "title": _("The provider checks this filing (核查)"),
        "button": _("Record the check"),
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "cases/step.html", told, status=422 if form.errors else 200)
    try:
        aftercare.note_check(
            case, by=request.user, on=form.cleaned_data["on"], note=form.cleaned_data["text"]
        )
    except Invalid as refused:
        show_errors(form, refused)
        return render(request, "cases/step.html", told, status=422)
    except (MoveRefused, Conflict) as refused:
        return render(request, "cases/step.html", told | {"refusal": str(refused)}, status=409)
    messages.success(request, _("Recorded: the client is told of the check."))
    return redirect(case)


# ── Something has changed ───────────────────────────────────────────────────────────────────────────────────────────


@page
def change_report(request: HttpRequest, reference: str) -> HttpResponse:
    """Company, people, phone, domain, site: what has changed since the filing, and since when. Both sides report it."""
    shown = case_of_contact(request, reference)
    form = ChangeForm(request.POST or None, initial={"on": today()})
    told = {
        "layout": layout_of(request),
        "case": shown,
        "form": form,
        "is_open": shown.stage in ISSUED,
        "days": CLOCKS["change_duty"].n,
        "on_its_way": altering.open_change(shown),
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "cases/change.html", told, status=422 if form.errors else 200)
    try:
        new = altering.report_change(
            shown,
            form.cleaned_data["about"],
            by=request.user,
            on=form.cleaned_data["on"],
            note=form.cleaned_data["text"],
        )
    except Invalid as refused:
        show_errors(form, refused)
        return render(request, "cases/change.html", told, status=422)
    except PermissionDenied as refusal:
        raise Http404 from refusal
    except (MoveRefused, Conflict) as refused:
        return render(request, "cases/change.html", told | {"refused": str(refused)}, status=409)
    messages.success(
        request, _("Thank you. The change is a filing of its own now; what you gave before is in it.")
    )
    return redirect(new)


# ── What the page of a case shows ───────────────────────────────────────────────────────────────────────────────────


def of_case(case: Case, reader: User) -> dict[str, Any]:
    """The duties of an issued filing, and who may say what; empty of any other."""
    if case.stage not in ISSUED:
        return {}
    duties = agenda.duties_of(reader, case)
    return {
        "duties": [
            {
                "link": one.get_absolute_url(),
                "name": words.duty_name(one.kind),
                "plain": DUTIES[one.kind].plain if one.kind in DUTIES else "",
                "note": one.note,
                "due_on": one.due_on,
                "is_near": words.is_near(one.due_on),
                "is_assumed": one.is_assumed,
            }
            for one in duties
        ]
    }
