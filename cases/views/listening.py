"""Reading what the ministry, a provider or the police wrote: a move is proposed with its data, and people make it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import reading, words
from cases.forms import MessageForm, MoveForm
from cases.models import Proposal, ProposalState
from cases.queries import cases_for
from cases.reading import Found, Proposed
from cases.services import listening
from cases.views.sight import case_in_sight, page
from cases.views.steps import STEPS
from clients.bodies import found
from clients.refusals import Conflict, Invalid, Refusal, TooMany
from clients.views.doors import agency_only
from trade.results import Result, read_result


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def message_read(request: HttpRequest) -> HttpResponse:
    """A pasted SMS or mail: what it says, which case it means, and the move ready to be made. It keeps nothing."""
    form = MessageForm(request.POST or None)
    told: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        result = read_result(text)
        meant = reading.cases_meant(request.user, result, text)  # type: ignore[arg-type]
        told |= _said(result) | _choice(meant, request.POST.get("case", "")) | {"text": text}
    return render(request, "cases/message.html", told, status=422 if form.errors else 200)


def _choice(meant: Found, wanted: str) -> dict[str, Any]:
    """The one case that fits; of several the one that was chosen, or all of them to choose from."""
    fitting = meant.fitting
    chosen = [one for one in fitting if one.case.reference == wanted] if wanted else fitting
    if len(chosen) == 1 and (wanted or not meant.more):
        return {"proposed": _drawn(chosen[0])}
    return {"choices": fitting, "more": meant.more, "others": [] if fitting else meant.cases}


def _said(result: Result) -> dict[str, Any]:
    return {
        "meaning": result.meaning,
        "meaning_words": words.MEANINGS[result.meaning],
        "summary": reading.summary(result),
    }


def _drawn(proposed: Proposed) -> dict[str, Any]:
    """The proposal as a form that leads through the door of its move; only what the message tells is filled in."""
    case, move = proposed.case, proposed.move
    drawn: dict[str, Any] = {"case": case, "one": proposed}
    if move:
        form = MoveForm(case, move)
        form.initial |= proposed.data
        drawn |= {
            "label": words.move_label(move),
            "link": reverse("cases:move-make", args=[case.reference, move]),
            "fields": [form[name] for name in proposed.data],
            "reasons": [(code, words.reason_name(code)) for code in proposed.reasons],
            "must_choose": move in ("reject", "return_for_changes") and not proposed.reasons,
        }
    elif proposed.step:
        drawn |= {
            "label": STEPS[proposed.step][1],
            "link": reverse("cases:step-take", args=[case.reference, proposed.step]),
            "must_choose": proposed.step == "psb-return",
        }
    return drawn


# ── What a client pasted ────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_safe
def proposal(request: HttpRequest, reference: str) -> HttpResponse:
    """What a client says was written to them, with the move it speaks of; made, it confirms the message."""
    shown = _in_sight(request, reference)
    case = case_in_sight(request, shown.case.reference)
    result = read_result(shown.text)
    if shown.meaning == "code":  # of which no text is kept
        result = result._replace(meaning="code")
    told = {
        "proposal": shown,
        "case": case,
        "text": shown.text,
        "is_open": shown.state == ProposalState.OPEN,
        "proposed": _drawn(reading.propose(case, result)),
    }
    return render(request, "cases/proposal.html", told | _said(result))


@agency_only
@require_POST
def proposal_dismiss(request: HttpRequest, reference: str) -> HttpResponse:
    shown = _in_sight(request, reference)
    try:
        listening.put_aside(shown, by=request.user)  # type: ignore[arg-type]
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Put aside. The case stays where it stands."))
    return redirect(shown.case)


def _in_sight(request: HttpRequest, reference: str) -> Proposal:
    rows = Proposal.objects.filter(case__in=cases_for(request.user))  # type: ignore[arg-type]
    return found(rows.select_related("case", "by", "settled_by"), reference)


@page
def message_report(request: HttpRequest, reference: str) -> HttpResponse:
    """The client's person pastes what only they received; the agency looks at it, and nothing moves by itself."""
    shown = case_in_sight(request, reference)
    if request.user.standing.is_agency:
        return redirect("cases:message-read")
    form, status = MessageForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            told = listening.report_message(shown, form.cleaned_data["text"], by=request.user)  # type: ignore[arg-type]
        except Invalid as refused:
            form.add_error("text", refused.errors[0]["detail"])
        except Refusal as refusal:
            form.add_error("text", str(refusal))
            status = 429 if isinstance(refusal, TooMany) else 409
        else:
            messages.success(request, _thanks(told))
            return redirect("cases:message-report", shown.reference)
    status = 422 if form.errors and status == 200 else status
    mine = shown.proposals.filter(by=request.user.reader).order_by("-id")[:5]
    rows = [{"one": one, "words": words.MEANINGS[one.meaning]} for one in mine]
    return render(
        request, "cases/portal/message.html", {"case": shown, "form": form, "rows": rows}, status=status
    )


def _thanks(told: Proposal) -> str:
    if told.meaning == "code":
        return _(
            "Thank you: your agency knows that the code came. The code itself was not kept; enter it at "
            "beian.miit.gov.cn."
        )
    return _(
        "Thank you. Your agency has been told and looks at it; until then your filing stays where it is."
    )
