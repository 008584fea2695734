"""The facts of a case: changed by staff, object by object or all at once; and shown in clear with a trace."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import answers, facts, readings, words
from cases.forms import FactsForm, ManagerForm, TextForm, show_errors
from cases.models import Case
from cases.queries import agency_staff, whole_case
from cases.services import progress
from cases.services.changing import change_facts
from cases.views import dossier
from clients.bodies import REFERENCE
from clients.refusals import Conflict, Invalid, TooMany
from clients.views.doors import agency_only

THINGS = {"case", *facts.OBJECTS}


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def facts_edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Every fact in a box; `?of=head` for those of one object. Somebody faster is shown, and no text is lost."""
    case = whole_case(request.user, reference)
    of = request.GET.get("of", "")
    things = (of,) if of in THINGS else tuple(facts.FACTS)
    if request.method != "POST":
        return _page(request, case, FactsForm(case, things=things), of=of)
    form = FactsForm(case, request.POST, things=things)
    given = form.given()
    try:
        after = change_facts(case, given, by=request.user, version=version_seen(request))
    except Invalid as refused:
        show_errors(form, refused)
        return _page(request, case, form, of=of, status=422, version=version_seen(request))
    except Conflict as refused:
        now = whole_case(request.user, reference)
        return _page(
            request, now, form, of=of, status=409, refusal=str(refused), differing=form.differing(now)
        )
    messages.success(request, _("The facts are saved."))
    if told := readings.readings(case, after, given):
        now = whole_case(request.user, reference)
        form = FactsForm(now, things=things)
        readings.tell(form, told)
        return _page(request, now, form, of=of, readings=len(told))
    return redirect(case)


def version_seen(request: HttpRequest) -> int:
    """The version that the page was drawn from; one that no case has where the page did not say."""
    told = request.POST.get("version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _page(
    request: HttpRequest,
    case: Case,
    form: FactsForm,
    *,
    of: str,
    status: int = 200,
    refusal: str = "",
    differing: dict[str, str] | None = None,
    version: int | None = None,
    readings: int = 0,
) -> HttpResponse:
    initial = {"account_manager": case.account_manager.email if case.account_manager else ""}
    told: dict[str, Any] = {
        "case": case,
        "form": form,
        "of": of,
        "title": words.THINGS[of] if of in THINGS else "",
        "refusal": refusal,
        "readings": readings,
        "version": version or case.version,
        "differing": [
            {
                "label": form[name].label,
                "kept": kept,
                "typed": _typed(form, name),
                "id": form[name].id_for_label,
            }
            for name, kept in (differing or {}).items()
        ],
        "manager_form": ManagerForm(initial=initial, staff=agency_staff())
        if of not in facts.OBJECTS
        else None,
    }
    return render(request, "cases/facts.html", told, status=status)


def _typed(form: FactsForm, name: str) -> str:
    thing, _dash, field = name.partition("-")
    value = form[name].value()
    value = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    return words.value_words(field if thing == "case" else f"{thing}.{field}", value) or "—"


@agency_only
@require_POST
def manager_set(request: HttpRequest, reference: str) -> HttpResponse:
    """Somebody of the agency answers for this case from now on."""
    case = whole_case(request.user, reference)
    try:
        change_facts(
            case,
            {"account_manager": request.POST.get("account_manager", "").replace("\0", "")},
            by=request.user,
            version=version_seen(request),
        )
    except (Invalid, Conflict) as refused:
        messages.warning(request, str(refused))
        return redirect("cases:facts-edit", case.reference)
    messages.success(request, _("The account manager is set."))
    return redirect(case)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks why; then the numbers in clear, after their event. No cache keeps the page."""
    case = whole_case(request.user, reference)
    progress.may_reveal(case, by=request.user)
    paper = request.GET.get("paper", "")
    paper_link = dossier.other_floor("documents:review", paper) if REFERENCE.fullmatch(paper) else ""
    form = TextForm(
        request.POST or None,
        initial={"text": _("To hold them against the paper.") if paper_link else ""},
        label=_("Why do you need them?"),
        hint=_("The client reads this beside your name."),
        rows=2,
    )
    told: dict[str, Any] = {"case": case, "form": form, "paper_link": paper_link}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            progress.reveal_numbers(case, by=request.user, why=form.cleaned_data["text"])
        except TooMany as refused:
            form.add_error(None, str(refused))
            response = render(request, "cases/reveal.html", told, status=429)
            response["Retry-After"] = str(refused.wait)
            return response
        told["numbers"] = _numbers(case, request.user)
    elif request.method == "POST":
        status = 422
    response = render(request, "cases/reveal.html", told, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _numbers(case: Case, user: Any) -> list[dict[str, Any]]:
    clear = answers.facts_of(case, user, clear=True)
    drawn = []
    for thing in ("subject", "head", "manager"):
        given = clear[thing] or {}
        if given.get("id_number"):
            kind = words.code_words(f"{thing}.id_kind", given.get("id_kind") or "")
            drawn.append(
                {
                    "label": words.THINGS[thing],
                    "name": given.get("name") or "",
                    "kind": kind,
                    "value": given["id_number"],
                    "is_locked": given["id_number"] == answers.LOCKED,
                }
            )
    return drawn
