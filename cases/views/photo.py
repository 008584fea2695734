"""The desk arranges the face check, a page for each way: the app's link, the curtain, the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases import arrangement, words
from cases.deadlines import beijing_day
from cases.forms import CurtainForm, LinkForm, PlaceForm, show_errors
from cases.models import Case
from cases.queries import cases_for
from cases.services import arranging, inviting
from cases.workflow import MoveRefused
from clients.bodies import found
from clients.refusals import Conflict, Invalid
from clients.views.doors import agency_only
from trade import photos

BUTTONS: dict[str, Any] = {
    "app": gettext_lazy("Give the link"),
    "curtain": gettext_lazy("Record this step"),
    "photo_place": gettext_lazy("Tell the client this place"),
}


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def photo_arrange(request: HttpRequest, reference: str, way: str) -> HttpResponse:
    """GET asks what this way needs, POST records it."""
    way = way.replace("-", "_")
    if way not in _WAYS:
        raise Http404
    rows = cases_for(request.user).with_facts().prefetch_related("photo")  # type: ignore[attr-defined]
    case = found(rows, reference)
    form_of, take = _WAYS[way]
    form = form_of(case, request.POST if request.method == "POST" else None)
    told: dict[str, Any] = {
        "case": case,
        "title": words.capital(words.code_words("photo_way", way)),
        "button": BUTTONS[way],
        "form": form,
        "way": way,
        "steps": arrangement.curtain_steps(arrangement.photo_of(case)) if way == "curtain" else [],
        "who": words.whose("manager", case),
    }
    if way not in photos.open_ways(case.provider, case.province):
        told |= {"refusal": arranging.way_is_closed(way), "form": None, "button": ""}
        return render(request, "cases/photo.html", told, status=409 if request.method == "POST" else 200)
    if request.method != "POST":
        return render(request, "cases/photo.html", told)
    if not form.is_valid():
        return render(request, "cases/photo.html", told, status=422)
    try:
        messages.success(request, take(request, case, form.cleaned_data))
    except Invalid as refused:
        show_errors(form, refused)
        return render(request, "cases/photo.html", told, status=422)
    except MoveRefused as refused:
        return render(request, "cases/photo.html", told | {"refusal": str(refused)}, status=409)
    return redirect(case)


def _take_link(request: HttpRequest, case: Case, given: dict[str, Any]) -> str:
    way_in = _way_in(request, case)
    arranging.give_link(case, given["link"], by=request.user)
    told = _("The link is there for %(person)s and for nobody else.")
    return f"{told} {way_in}".strip() % {"person": words.whose("manager", case)}


def _way_in(request: HttpRequest, case: Case) -> str:
    """Whoever does the face check needs a way into the portal to find the link: they are invited if they have none."""
    person = case.manager_or_head
    if person is None or not person.email:
        return ""
    if inviting.place_of(person):
        return ""
    try:
        inviting.invite_to_part(case, person, by=request.user)
    except (PermissionDenied, Conflict, Invalid):
        return _("They have no place in the portal yet: invite them on the client's page.")
    return _("They had no place in the portal and are invited by mail.")


def _take_place(request: HttpRequest, case: Case, given: dict[str, Any]) -> str:
    arranging.choose_place(case, given["place"], at=given["place_at"], by=request.user)
    return _("The client reads the place, its address and its hours.")


def _take_curtain(request: HttpRequest, case: Case, given: dict[str, Any]) -> str:
    arranging.record_curtain(
        case,
        given["step"],
        on=given["on"],
        carrier=given.get("carrier", ""),
        tracking_number=given.get("tracking_number", ""),
        by=request.user,
    )
    return _("Recorded: %(step)s.") % {"step": arrangement.STEPS[given["step"]]}


def _link_form(case: Case, typed: Any) -> LinkForm:
    return LinkForm(typed)


def _place_form(case: Case, typed: Any) -> PlaceForm:
    photo = arrangement.photo_of(case)
    places = photos.places_for(case.provider, case.province, beijing_day(timezone.now()))
    initial = {"place": photo.place, "place_at": photo.place_at} if photo else {}
    return PlaceForm(typed, initial=initial, places=places)


def _curtain_form(case: Case, typed: Any) -> CurtainForm:
    photo = arrangement.photo_of(case)
    return CurtainForm(typed, photo=photo, step=arrangement.next_step(photo))


_WAYS: dict[str, tuple[Callable[[Case, Any], Any], Callable[[HttpRequest, Case, dict[str, Any]], str]]] = {
    "app": (_link_form, _take_link),
    "curtain": (_curtain_form, _take_curtain),
    "photo_place": (_place_form, _take_place),
}
