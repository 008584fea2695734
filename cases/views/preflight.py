"""The pre-flight of a case: what blocks, what is worth a look, what was waived and what is right."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import facts, findings, records
from cases.models import Case
from cases.preflight import EACH
from cases.queries import cases_for, collisions_of
from cases.services import preflight
from cases.workflow import BEFORE_LICENCE
from clients.bodies import found
from clients.refusals import Conflict, Invalid
from clients.views.doors import agency_only
from trade.checks import CHECKS, Check


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def preflight_run(request: HttpRequest, reference: str) -> HttpResponse:
    """What the last run found; POST runs it again."""
    case = _case(request, reference)
    if request.method != "POST":
        return _page(request, case)
    try:
        case = preflight.press(case, by=request.user)
    except Conflict as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(
            request, _("Checked. What is open stands below.") if _is_open(case) else _("All is well.")
        )
    return redirect("cases:preflight", reference)


def _is_open(case: Case) -> bool:
    return bool(case.open_blocks or case.open_warns)


@agency_only
@require_POST
def finding_waive(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """A warning is let be, and why."""
    case = _case(request, reference)
    typed = {"code": code, "place": request.POST.get("place", ""), "note": request.POST.get("note", "")}
    place = typed["place"].replace("\0", "")
    try:
        preflight.waive(case, code, by=request.user, note=typed["note"], place=place)
    except Invalid as refused:
        return _page(request, case, typed=typed | {"error": refused.errors[0]["detail"]}, status=422)
    except Conflict as refused:
        return _page(request, _case(request, reference), refusal=str(refused), status=409)
    messages.success(request, _("Waived. It comes back when what it is about changes."))
    return redirect("cases:preflight", reference)


def _case(request: HttpRequest, reference: str) -> Case:
    rows = cases_for(request.user).with_facts().defer("filed_under")  # type: ignore[attr-defined]
    return found(rows.prefetch_related("requirements"), reference)


def _page(
    request: HttpRequest,
    case: Case,
    *,
    typed: dict[str, str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    known = findings.of_case(case)
    told = [findings.tell(case, one) for one in known]
    sees_all = request.user.standing.sees_every_client
    groups: dict[str, Any] = {
        "blocks": [one for one in told if one.blocks],
        "warns": [one for one in told if not one.blocks and not one.is_waived],
        "waived": [one for one in told if one.is_waived],
        "collisions": [findings.collided(case, one) for one in collisions_of(case)] if sees_all else [],
    }
    looked, waiting = _right(case, {one.code for one in known})
    shown = {
        "case": case,
        "is_before_licence": case.stage in BEFORE_LICENCE,
        "is_calm": not groups["blocks"] and not groups["warns"],
        "sees_all": sees_all,
        "passed": looked,
        "waiting": waiting,
        "typed": typed or {},
        "refusal": refusal,
        "longest": records.LONGEST_NOTE,
        **groups,
    }
    return render(request, "cases/preflight.html", shown, status=status)


def _right(case: Case, not_right: set[str]) -> tuple[list[Check], int]:
    """The checks that passed, and how many could not be made yet because facts are missing."""
    rest = [row for row in CHECKS.values() if row.who != "whole" and row.code not in not_right]
    rest = [row for row in rest if not row.provinces or case.province in row.provinces]
    made = Counter(_can_be_made(case, row) for row in rest)
    return [row for row in rest if _can_be_made(case, row)], made[False]


def _can_be_made(case: Case, row: Check) -> bool:
    for path in row.fields:
        thing, _dot, name = path.replace(EACH, "head.").rpartition(".")
        holder = facts.holder_of(case, thing or "case")
        if holder is not None and facts.FACTS[thing or "case"][name].wanted:
            value = facts.value_of(holder, name)
            if not facts.is_given(value):
                return False
    return True
