"""Who may come into a view: what a role may not see is not there for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def agency_only(view: View) -> View:
    """A client's people find nothing here."""

    @wraps(view)
    def seen(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.standing.is_agency:
            raise Http404
        return view(request, *args, **kwargs)

    return seen


def managers_only(view: View) -> View:
    """Managers and administrators; others find nothing here."""

    @wraps(view)
    def seen(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.standing.is_manager:
            raise Http404
        return view(request, *args, **kwargs)

    return seen


def administrators_only(view: View) -> View:
    """Administrators; others find nothing here."""

    @wraps(view)
    def seen(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.standing.is_administrator:
            raise Http404
        return view(request, *args, **kwargs)

    return seen


def reads(view: View) -> View:
    """A view that only reads needs no point to go back to: where it breaks, its request's transaction ends with it."""
    return transaction.non_atomic_requests(view)


def layout_of(request: HttpRequest) -> str:
    """The frame for pages that both sides have."""
    return "desk.html" if request.user.standing.is_agency else "portal.html"
