"""The desk: Today, the list of cases, and one case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import asked, bulk, readings
from cases.forms import NewCaseForm, show_errors
from cases.here import others_here
from cases.models import SavedView
from cases.queries import (
    Filters,
    agency_staff,
    cases_for,
    count_up_to,
    first_page_ahead,
    page_of_cases,
    staff_ahead,
    views_ahead,
    views_of,
    whole_case,
    whole_case_ahead,
)
from cases.services import keeping
from cases.services.opening import open_case
from cases.views import board, departures, dossier, ledger
from clients.asking import Statement, asked_ahead
from clients.bodies import found
from clients.jinja import masthead_ahead
from clients.models import Client
from clients.permissions import may_make_clients
from clients.queries import covered_by, stand_ins_ahead
from clients.refusals import Invalid
from clients.templatetags import look
from clients.views.doors import agency_only, reads

WAYS = ("table", "board")
MOST_CLIENTS = 300  # beyond, a client is chosen on the clients' page


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What is mine, what falls due, what went quiet: twenty rows at most; or, asked for alone, all that went quiet."""
    if "quiet" in request.GET:
        return render(request, "cases/quiet.html", departures.gone_quiet(request.user))
    return render(request, "cases/today.html", departures.board(request.user))


# ── The list ────────────────────────────────────────────────────────────────────────────────────────────────────────


@reads
@agency_only
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Cases along their due day, narrowed by what stands in the address; as a table, or as a board by their stops."""
    query = asked.read(request.GET)
    filters = asked.filters_of(query)
    way = request.GET.get("as", "")
    is_board = (way if way in WAYS else request.user.cases_as) == "board"
    with asked_ahead(*_ahead(request, None if is_board else filters)):
        kept = views_of(request.user)
        if not request.GET and (first := _first_of(request, kept)):
            return redirect(first)
        if way in WAYS:
            keeping.show_as(way, by=request.user)
        if is_board:
            return board.shown(request, query, filters, _above(request, query, filters, kept, "board"))
        return _table(request, query, filters, _above(request, query, filters, kept, "table"))


def _ahead(request: HttpRequest, filters: Filters | None) -> Iterator[Statement | None]:
    """What the list is going to ask, in one trip."""
    user = request.user
    yield views_ahead(user)
    yield stand_ins_ahead(look.today())
    if filters is not None and not request.GET.get("cursor"):
        yield from first_page_ahead(user, filters)
    if not request.htmx:
        yield staff_ahead()
        yield from masthead_ahead(user)


def _table(
    request: HttpRequest, query: dict[str, str], filters: Filters, above: dict[str, Any]
) -> HttpResponse:
    try:
        cursor = request.GET.get("cursor", "")
        page = page_of_cases(request.user, filters, cursor, back="back" in request.GET)
    except Invalid:
        return redirect(f"{request.path}?{asked.query_of(query)}")
    told: dict[str, Any] = above | {
        "rows": ledger.rows(page.items, request.user),
        "shown": len(page.items),
        "acts": [(act, bulk.label_of(act)) for act in bulk.ACTS],
        "next_link": f"?{asked.query_of(query, cursor=page.next)}" if page.next else "",
        "previous_link": f"?{asked.query_of(query, cursor=page.previous, back='1')}" if page.previous else "",
        "first_link": f"?{asked.query_of(query)}" if cursor else "",
    }
    if page.next and not cursor:
        told["count"] = _count_words(count_up_to(request.user, filters), len(page.items))
    return board.answered(request, told)


def _above(
    request: HttpRequest, query: dict[str, str], filters: Filters, kept: list[SavedView], way: str
) -> dict[str, Any]:
    """What stands over table and board alike."""
    now = asked.said(query)
    client = filters.of_client if query["client"] else None
    return {
        "way": way,
        "query": asked.query_of(query),
        "q": query["q"],
        "client": query["client"],
        "client_named": look.named(client.name, client.name_zh) if client else query["client"],
        "without_client": f"?{asked.query_of({**query, 'client': ''})}",
        "views": _views(request, now, kept),
        "is_kept": any(view.query == now for view in kept),
        "asked": query,
    }


def _first_of(request: HttpRequest, kept: list[SavedView]) -> str:
    """Where the list opens for this person; the address it leads to stays the truth."""
    chosen = request.user.cases_view
    view = next((one for one in kept if one.reference == chosen), None) if chosen else None
    return asked.list_of(view.query) if view else ""


def _count_words(count: int | None, shown: int) -> str:
    if count is None:
        return _("the first %(n)d") % {"n": shown}
    return _("more than 1,000") if count > 1000 else _("%(n)d in all") % {"n": count}


def _views(request: HttpRequest, now: dict[str, str], kept: list[SavedView]) -> list[dict[str, Any]]:
    """Queries that people come back to: those of everybody, then those that were kept under a name."""
    me = request.user.email
    views: list[tuple[str, dict[str, str]]] = [
        (_("My cases"), {"account_manager": me}),
        (_("My moves"), {"account_manager": me, "waiting_on": "agency"}),
        (_("Overdue"), {"due": "overdue"}),
        (_("Whole agency"), {}),
        *(
            (_("For %(person)s") % {"person": one}, {"account_manager": one.email})
            for one in covered_by(request.user, look.today())
        ),
        *((view.name, view.query) for view in kept),
    ]
    return [
        {"name": name, "link": asked.link_of(narrowed), "here": narrowed == now} for name, narrowed in views
    ]


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request: HttpRequest) -> HttpResponse:
    """Client and domain are enough."""
    clients = list(Client.objects.order_by("name", "pk")[:MOST_CLIENTS])
    chosen = request.POST.get("client") or request.GET.get("client", "")
    if chosen and chosen not in {one.reference for one in clients}:
        clients += Client.objects.filter(reference=chosen.replace("\0", ""))
    initial = {"client": chosen, "account_manager": request.user.email}
    form = NewCaseForm(request.POST or None, initial=initial, clients=clients, staff=agency_staff())
    if request.method == "POST" and form.is_valid():
        client = next((one for one in clients if one.reference == form.cleaned_data["client"]), None)
        if client is None:
            form.add_error("client", _("There is no such client."))
        else:
            try:
                case = open_case(client, by=request.user, given=form.given())
            except Invalid as refused:
                refused.errors = [
                    one | {"field": one["field"].replace("domain.name", "domain")} for one in refused.errors
                ]
                show_errors(form, refused)
            else:
                messages.success(request, _("The case of %(domain)s is open.") % {"domain": case.domain_name})
                if read := readings.as_read(form.cleaned_data["domain"], case.domain_name):
                    messages.info(request, read)
                return redirect(case)
    told = {"form": form, "has_clients": bool(clients), "may_make_clients": may_make_clients(request.user)}
    told["came_from"] = next((one for one in clients if one.reference == request.GET.get("client")), None)
    return render(request, "cases/new.html", told, status=422 if form.errors else 200)


# ── One case ────────────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_safe
def case_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything about one case; asked by htmx for its history only that."""
    if request.htmx and request.htmx.target == "timeline":
        case = found(cases_for(request.user).select_related("client").prefetch_related("people"), reference)
        told = {"case": case} | dossier.history(request, case)
        return render(request, "cases/timeline.html", told, using="jinja2")
    user = request.user
    ahead = (whole_case_ahead(reference), stand_ins_ahead(look.today()), *masthead_ahead(user))
    with asked_ahead(*ahead):
        case = whole_case(user, reference, lambda case: dossier.ahead(request, case))
        return render(request, "cases/detail.html", dossier.told(request, case), using="jinja2")


@agency_only
@require_safe
def here(request: HttpRequest, reference: str) -> HttpResponse:
    """Who else has the case open; an open page asks by itself, which keeps nobody signed in."""
    case = found(cases_for(request.user).only("pk", "reference"), reference)
    answer = render(request, "cases/_here.html", {"case": case, "others": others_here(case, request.user)})
    answer["Cache-Control"] = "no-store"
    return answer
