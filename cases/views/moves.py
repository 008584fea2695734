"""One move of a case, on a page that asks for what it must be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from cases import readings, records, words
from cases.forms import MoveForm, show_errors
from cases.models import Case
from cases.queries import whole_case
from cases.services.moves import NOT_NOW, move_case
from cases.workflow import MOVES, MoveForbidden, MoveRefused, Stage
from clients.refusals import Invalid
from clients.views.doors import agency_only
from trade import days
from trade.amounts import amount
from trade.closures import closures_between
from trade.reasons import REASONS, Reason
from trade.reasons import STAGES as REASON_STAGES

# Which reasons a stage is answered with first; the others stand behind a fold.
NEAR = {Stage.PROVIDER_PRE_AUDIT: "P", Stage.PHOTO: "FP", Stage.MIIT_REVIEW: "SMA"}


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def move_make(request: HttpRequest, reference: str, move: str) -> HttpResponse:
    """GET asks, POST moves; a refusal is the same page with its sentence, and what was typed."""
    move = move.replace("-", "_")
    if move not in MOVES:
        raise Http404
    case = whole_case(request.user, reference)
    may_ask(case, move, request.user)
    if request.method != "POST":
        return _page(request, case, move, MoveForm(case, move))
    form = MoveForm(case, move, request.POST)
    try:
        moved = move_case(
            case,
            move,
            by=request.user,
            data=form.data_given() or None,
            reasons=reasons_given(request.POST) if move in records.REASONED else None,
            note=form.note_given(),
        )
    except MoveForbidden as refused:
        raise PermissionDenied(str(refused)) from None
    except MoveRefused as refused:
        case = whole_case(request.user, reference)
        return _page(request, case, move, form, refusal=str(refused), status=409)
    except Invalid as refused:
        show_errors(form, refused, {"data": "note"})
        return _page(request, case, move, form, status=422)
    messages.success(request, _("Done: %(move)s.") % {"move": words.MOVED[move]})
    for name, typed in form.data_given().items():
        kept = moved.recorded_results.get(name, "") if name.endswith("_number") else ""
        if kept and (sentence := readings.as_read(typed, kept)):
            messages.info(request, sentence)
    return redirect(case)


def may_ask(case: Case, move: str, user: Any) -> None:
    """A move that is never this person's has no page for them."""
    steps = getattr(Case, move)._django_fsm.transitions.values()
    if not any(step.has_perm(case, user) for step in steps):
        raise PermissionDenied


def why_not(case: Case, move: str) -> str:
    """The sentence of what stands in the way."""
    step = getattr(Case, move)._django_fsm.get_transition(case.stage)
    if step is None:
        return str(NOT_NOW) % {"stage": case.get_stage_display()}
    return next((str(one.sentence) for one in step.conditions if not one(case)), "")


def _page(
    request: HttpRequest, case: Case, move: str, form: MoveForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    now = {one.name for one in case.moves_for(request.user)}
    told: dict[str, Any] = {
        "case": case,
        "move": move,
        "label": words.move_label(move),
        "form": form,
        "refusal": refusal,
        "is_open": move in now,
        "is_returning": move in records.REASONED,
    }
    if move in TOWARDS_THE_BUREAU:
        today = days.today()
        told["closures"] = closures_between(
            today, today + timedelta(days=amount("closures_days")), case.province
        )
    if move == "submit":
        told["missing"] = _missing(case)
    if move in records.REASONED:
        told["groups"] = reason_groups(case, request.POST or request.GET)
    if move not in now and not refusal:
        told["refusal"] = why_not(case, move)
    return render(request, "cases/move.html", told, status=status)


# Before these it is good to know on which of the next days the bureau takes no orders.
TOWARDS_THE_BUREAU = {"submit", "pass_pre_audit", "finish_photo"}


def _missing(case: Case) -> dict[str, list[Any]]:
    """What stands between a draft and its hand-over, each by its name."""
    opened = [one.path for one in case.reopenings.all() if one.closed_at is None]
    return {
        "facts": [words.label_of(path) for path in case.missing_facts],
        "opened": [words.label_of(path) for path in opened],
        "papers": [
            {"name": words.paper_name(one), "of": words.whose(one.of, case), "state": one.get_state_display()}
            for one in case.papers_missing
        ],
        "people": [
            {"part": person.part, "name": person.name or person.get_part_display(), "mobile": person.mobile}
            for person in case.unverified_people
        ],
    }


# ── Reasons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def reasons_given(typed: QueryDict) -> list[dict[str, Any]]:
    """The reasons that were ticked, as the services take them."""
    return [
        {
            "code": code,
            "requirements": typed.getlist(f"requirements:{code}"),
            "note": typed.get(f"note:{code}", ""),
        }
        for code in typed.getlist("reason")
    ]


def reason_groups(case: Case, typed: Mapping[str, Any], near: str = "") -> list[dict[str, Any]]:
    """The catalogue by the step that gives such an answer, those of this stage first and open."""
    ticked = set(typed.getlist("reason")) if isinstance(typed, QueryDict) else set()
    near = near or NEAR.get(case.stage, "P")
    papers = [
        {"one": one, "name": words.paper_name(one), "of": words.whose(one.of, case)}
        for one in case.requirements.all()
    ]
    groups, seen = [], set()
    for stage in [*near, *(other for other in REASON_STAGES if other not in near)]:
        rules = [rule for rule in REASONS.values() if stage in rule.stages and rule.code not in seen]
        seen |= {rule.code for rule in rules}
        if rules:
            drawn = [_reason(rule, papers, ticked, typed) for rule in rules]
            groups.append(
                {
                    "title": words.capital(str(REASON_STAGES[stage])),
                    "rows": drawn,
                    "open": stage == near[0] or any(row["ticked"] for row in drawn),
                }
            )
    return groups


def _reason(rule: Reason, papers: list[dict[str, Any]], ticked: set[str], typed: Any) -> dict[str, Any]:
    chosen = set(typed.getlist(f"requirements:{rule.code}")) if ticked else set()
    return {
        "code": rule.code,
        "cause": rule.cause,
        "fix": rule.fix,
        "ticked": rule.code in ticked,
        "note": typed.get(f"note:{rule.code}", "") if ticked else "",
        "opens": _opens(rule, papers),
        "papers": [
            paper | {"ticked": paper["one"].reference in chosen}
            for paper in papers
            if rule.staff_choose and rule.may_open(paper["one"].kind)
        ],
    }


def _opens(rule: Reason, papers: list[dict[str, Any]]) -> str:
    """What this reason opens again, in words."""
    if rule.opens == "nothing":
        return _("opens nothing: hand in again as it is")
    if rule.opens == "task":
        return _("opens a task in words")
    if rule.staff_choose:
        return _("opens the papers you choose")
    named = [words.label_of(path) for path in rule.fields]
    named += [paper["name"] for paper in papers if paper["one"].kind in rule.papers]
    listed = pgettext("between the words of a list", ", ").join(dict.fromkeys(named))
    return _("opens: %(things)s") % {"things": listed or _("a task in words")}
