"""Views of the list under names: kept, renamed, shared, removed; and which one the list opens with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import asked
from cases.forms import ViewForm, show_errors
from cases.models import SavedView
from cases.queries import agency_staff, views_of
from cases.services import keeping
from cases.views.ledger import narrowed_words
from clients.models import Client
from clients.refusals import Conflict, Invalid
from clients.views.doors import agency_only


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def view_list(request: HttpRequest) -> HttpResponse:
    """GET shows them, and asks for a name where the address has filters; POST keeps these under it."""
    query = asked.said(asked.read(request.GET))
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            view = keeping.keep_view(query, name=given["name"], is_shared=given["is_shared"], by=request.user)
        except Invalid as refused:
            show_errors(form, refused)
        except Conflict as refused:
            form.add_error(None, str(refused))
        else:
            if given["is_first"]:
                keeping.open_with(view, by=request.user)
            messages.success(request, _("“%(name)s” is kept.") % {"name": view.name})
            return redirect(asked.list_of(query))
    return _page(request, {"form": form, "query": query}, status=422 if form.errors else 200)


@agency_only
@require_POST
def view_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Another name, or for others to see."""
    view = _view(request, reference)
    form = ViewForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            keeping.change_view(view, name=given["name"], is_shared=given["is_shared"], by=request.user)
        except Invalid as refused:
            show_errors(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("cases:view-list")
    return _page(request, {"wrong": form, "of": view.reference}, status=422)


@agency_only
@require_POST
def view_remove(request: HttpRequest, reference: str) -> HttpResponse:
    view = _view(request, reference)
    keeping.remove_view(view, by=request.user)
    messages.success(request, _("“%(name)s” is removed.") % {"name": view.name})
    return redirect("cases:view-list")


@agency_only
@require_POST
def view_first(request: HttpRequest) -> HttpResponse:
    """Which view the list opens with."""
    chosen = request.POST.get("view", "")
    keeping.open_with(_view(request, chosen) if chosen else None, by=request.user)
    messages.success(request, _("Saved."))
    return redirect("cases:view-list")


def _view(request: HttpRequest, reference: str) -> SavedView:
    """One of those in sight."""
    found = next((one for one in views_of(request.user) if one.reference == reference), None)
    if found is None:
        raise Http404
    return found


def _called(queries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Colleagues and clients that these queries name, as people call them."""
    clients = Client.objects.filter(reference__in={one["client"] for one in queries if one.get("client")})
    return {one.email: str(one) for one in agency_staff()} | {one.reference: one.called for one in clients}


def _page(request: HttpRequest, told: dict[str, Any], *, status: int = 200) -> HttpResponse:
    rows = []
    query, kept = told.get("query", {}), views_of(request.user)
    called = _called([query, *(view.query for view in kept)])
    for view in kept:
        is_mine = view.user_id == request.user.pk
        given = {"name": view.name, "is_shared": view.is_shared}
        form = ViewForm(initial=given, auto_id=f"id_{view.reference}_%s") if is_mine else None
        if told.get("of") == view.reference:
            form = told["wrong"]
        rows.append(
            {
                "view": view,
                "link": asked.list_of(view.query),
                "says": narrowed_words(view.query, called),
                "form": form,
                "may_remove": keeping.may_remove(view, request.user),
            }
        )
    told |= {"rows": rows, "says": narrowed_words(query, called), "first": request.user.cases_view}
    told["address"] = f"{reverse('cases:view-list')}?{asked.query_of(query)}"
    return render(request, "cases/views.html", told, status=status)
