"""The list by its stops; a card is moved by its menu or by hand, through the one door and no other."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases import asked, columns, records, words
from cases.models import Case
from cases.queries import COUNTED, Column, Filters, agency_staff, board_of, cases_for, row_of
from cases.services.moves import NOT_NOW, move_case, refusal_of
from cases.views import ledger
from cases.views.ledger import Refused
from cases.workflow import MoveForbidden, MoveRefused
from clients.bodies import found
from clients.refusals import Invalid
from clients.views.doors import agency_only

# Moves that must be told something: they have a page.
ASKING = {*records.WANTED, *records.NOTED, *records.REASONED}
BOARD = {"as": "board"}


def shown(
    request: HttpRequest, query: dict[str, str], filters: Filters, above: dict[str, Any]
) -> HttpResponse:
    """The columns; of one column alone also the next cards, which htmx puts in the place of their link."""
    try:
        stops = board_of(request.user, filters, request.GET.get("cursor", ""))
    except Invalid:
        return redirect(f"{request.path}?{asked.query_of(query)}")
    told = above | {
        "columns": [_drawn(one, request, query) for one in stops],
        "is_search": bool(query["q"]),
    }
    if request.htmx and (request.htmx.target or "").startswith("more-"):
        return render(request, "cases/cards.html", told, using="jinja2")
    return answered(request, told)


def answered(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """The whole page, or what of it htmx asks for."""
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "cases/piece.html", told | {"is_piece": True}, using="jinja2")
    choices = ledger.choices(told["asked"], agency_staff())
    return render(request, "cases/list.html", told | {"filters": choices}, using="jinja2")


def _drawn(column: Column, request: HttpRequest, query: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "stage": column.stage,
        "name": columns.short_stage(column.stage),
        "cards": ledger.cards(column.cards, request.user, asked.query_of(query)),
        "shown": len(column.cards),
        "count": None if column.total is None else _counted(column.total),
        "overdue": _overdue(column, query),
        "next_link": "",
    }
    if column.next:
        here = {**query, "stage": column.stage}
        told["next_link"] = asked.list_of(here, cursor=column.next, **BOARD)
        left = None if column.total is None or column.total > COUNTED else column.total - len(column.cards)
        told["more"] = _("more") if left is None else _("%(n)d more") % {"n": left}
    return told


def _overdue(column: Column, query: dict[str, str]) -> dict[str, str] | None:
    if not column.overdue:
        return None
    words = ngettext("%(n)s overdue", "%(n)s overdue", column.overdue) % {"n": _counted(column.overdue)}
    return {
        "words": words,
        "link": asked.list_of({**query, "stage": column.stage, "due": "overdue"}, **BOARD),
    }


def _counted(count: int) -> str:
    return str(count) if count <= COUNTED else _("more than %(n)d") % {"n": COUNTED}


# ── Moving a card ───────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_POST
def stage_set(request: HttpRequest, reference: str) -> HttpResponse:
    """Puts the card into another column by the move that leads there; what must be told first is asked on its page."""
    case = found(cases_for(request.user), reference)
    move = columns.steps_from(case.stage, request.user).get(request.POST.get("to", ""))
    if move is None:
        return _refused(request, case, "", NOT_NOW % {"stage": case.get_stage_display()})
    if move in ASKING:
        return _led(request, reverse("cases:move-make", args=[case.reference, move]))
    try:
        move_case(case, move, by=request.user)
    except MoveForbidden as forbidden:
        raise PermissionDenied(str(forbidden)) from None
    except (MoveRefused, Invalid) as refusal:
        return _refused(request, case, move, refusal_of(case, move, request.user) or str(refusal))
    messages.success(request, _("Done: %(move)s.") % {"move": words.MOVED[move]})
    return _led(request, _board_of(request))


def _board_of(request: HttpRequest) -> str:
    return asked.list_of(asked.read(request.GET), **BOARD)


def _led(request: HttpRequest, address: str) -> HttpResponse:
    if not request.htmx:
        return redirect(address)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = address
    return answer


def _refused(request: HttpRequest, case: Case, move: str, why: str) -> HttpResponse:
    """The card as it was, with its reason; without a script the board again, and the reason above it."""
    refused = Refused(case.reference, move, str(why))
    if request.htmx:
        card = ledger.cards([row_of(request.user, case)], request.user, request.GET.urlencode(), refused)
        return HttpResponse(card)
    messages.warning(request, f"{case.domain_name}: {why}")
    return redirect(_board_of(request))
