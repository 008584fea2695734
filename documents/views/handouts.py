"""Forms to be signed and the pack for the provider: asked for, made by the worker, fetched by a link with a trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import printing, words
from cases.forms import TextForm
from cases.models import Case, RequirementState
from cases.queries import cases_for, whole_case
from cases.services import progress
from clients.bodies import found
from clients.refusals import Conflict, TooMany
from clients.sealing import Locked
from clients.views.doors import agency_only
from documents import answers, handouts, services, storage, tasks
from documents.models import Handout
from documents.queries import handouts_for, requirements_for
from documents.services.packing import accepted_papers
from trade import packs
from trade.forms import form_of

WAITS = RequirementState.TO_DO, RequirementState.SENT, RequirementState.REDO


@require_POST
def form(request: HttpRequest, reference: str) -> HttpResponse:
    """Have the form of this paper made; the page of the paper says when it is there."""
    paper = found(requirements_for(request.user), reference)
    return _asked(
        request, services.ask_form, paper, f"{reverse('documents:task', args=[paper.reference])}#form"
    )


def _asked(request: HttpRequest, ask: Callable[..., Handout], subject: Any, back: str) -> HttpResponse:
    """Promise it, wake a worker, and go back to the page that says when it is there."""
    try:
        handout = ask(subject, by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        if handout.is_making:
            tasks.ring_for(handout.pk)
    return redirect(back)


@require_GET
def state(request: HttpRequest, reference: str) -> HttpResponse:
    """The piece of the page about one thing to be fetched, as it is now."""
    handout = found(handouts_for(request.user), reference)
    return _kept_nowhere(render(request, "documents/_handout.html", handouts.drawn(handout)))


@require_GET
def content(request: HttpRequest, reference: str) -> HttpResponse:
    """Leads to what was made: the traces first, then a link that dies within the minute."""
    handout = found(handouts_for(request.user), reference)
    back = _page_of(handout)
    try:
        return answers.leading_to(services.open_handout(handout, by=request.user))
    except storage.StorageAway:
        messages.warning(request, str(answers.STORAGE_AWAY))
    except (Conflict, TooMany) as refusal:
        messages.warning(request, str(refusal))
    return redirect(back)


def _page_of(handout: Handout) -> str:
    if handout.requirement is None:
        return reverse("documents:pack", args=[handout.case.reference])
    return reverse("documents:task", args=[handout.requirement.reference])


# ── The pack ────────────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: HttpRequest, reference: str) -> HttpResponse:
    """The facts in the order of the provider's form, each with its key; the numbers by a word why, with a trace."""
    case = whole_case(request.user, reference)
    why = TextForm(
        request.POST or None,
        label=_("Why do you need them?"),
        hint=_("The client reads this beside your name."),
        rows=1,
        initial={"text": _("To type them into the provider's form")},
    )
    told: dict[str, Any] = {"form": why}
    status, headers = 200, {}
    if request.method == "POST" and why.is_valid():
        try:
            progress.reveal_numbers(case, by=request.user, why=why.cleaned_data["text"])
            told["clear"] = True
        except TooMany as refusal:
            why.add_error(None, str(refusal))
            status, headers = 429, {"Retry-After": str(refusal.wait)}
    elif request.method == "POST":
        status = 422
    told |= _pack_told(case, clear="clear" in told)
    answer = render(request, "documents/pack.html", told, status=status)
    for name, value in headers.items():
        answer[name] = value
    return _kept_nowhere(answer)


@agency_only
@require_POST
def pack_make(request: HttpRequest, reference: str) -> HttpResponse:
    """Have every accepted paper packed; the page says when it is there."""
    case = found(cases_for(request.user), reference)
    return _asked(
        request, services.ask_pack, case, f"{reverse('documents:pack', args=[case.reference])}#papers"
    )


def _pack_told(case: Case, *, clear: bool) -> dict[str, Any]:
    provider = packs.provider_of(case.provider)
    last = case.handouts.filter(requirement=None).first()
    papers = accepted_papers(case)
    limits = packs.PACKS[provider]
    return {
        "case": case,
        "provider": words.code_words("provider", case.provider) if case.provider else "",
        "sections": [
            {
                "id": section.code,
                "name": section.name,
                "rows": [_row(case, path, provider, clear=clear) for path in section.fields],
            }
            for section in packs.sections_of(provider)
        ],
        "missing": [words.label_of(path) for path in case.missing_facts],
        "papers": [
            {
                "name": words.paper_name(one.requirement),
                "whose": words.whose(one.requirement.of, case),
                "file": _file_of(one, provider),
                "is_outdated": printing.is_outdated(case, one.requirement),
            }
            for one in papers
        ],
        "forms": [
            {
                "name": words.paper_name(one),
                "state": one.get_state_display(),
                "link": f"{reverse('documents:task', args=[one.reference])}#form",
            }
            for one in case.requirements.all()
            if form_of(one.kind, case.province)
        ],
        "waiting": [
            words.paper_name(one)
            for one in case.requirements.all()
            if one.blocks_submit and one.state in WAITS
        ],
        "formats": ", ".join(kind.upper() for kind in limits.formats),
        "limits": limits,
        "handout": handouts.drawn(last) if last and _is_shown(last) else None,
        "is_making": bool(last and last.is_making),
    }


def _is_shown(handout: Handout) -> bool:
    """What was gone before the page was opened is no news."""
    return handout.is_making or not handout.dropped_at


def _row(case: Case, path: str, provider: str, *, clear: bool) -> dict[str, Any]:
    """A fact as the provider's form wants it typed, with its label there and here."""
    thing, _dot, name = path.rpartition(".")
    is_number = path.endswith("id_number")
    kept, is_locked = printing.value_at(case, path), False
    # A calendar in a form takes a day as it is typed, not as it is printed.
    value = kept.isoformat() if isinstance(kept, date) else printing.in_chinese(case, path)
    if is_number and clear and value:
        try:
            value = printing.number_at(case, path)
        except Locked:
            is_locked = True
    return {
        "label": packs.label_of(path, provider),
        "here": words.label_of(path),
        "short": words.capital(str(words.field_label(thing or "case", name))),
        "value": value,
        "is_masked": is_number and bool(value) and (not clear or is_locked),
        "is_number": is_number or path.endswith(("mobile", "landline", "service_number", "instance")),
        "is_locked": is_locked,
    }


def _file_of(paper: Any, provider: str) -> str:
    wanted = packs.wanted(paper.requirement.kind, paper.requirement.of, provider)
    return wanted.file if wanted else ""


def _kept_nowhere(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
