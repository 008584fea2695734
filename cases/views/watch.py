"""The watch of the live site: what was seen, a look now, and off or on with a note."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.forms import TextForm, show_errors
from cases.models import Case
from cases.queries import cases_for
from cases.services import watching
from cases.tasks import ring_for_look
from cases.views.dossier import live_site
from clients.bodies import found
from clients.refusals import Conflict, Invalid, TooMany
from clients.views.doors import agency_only


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def site_watch(request: HttpRequest, reference: str) -> HttpResponse:
    """Switches it off with a note, or on again."""
    case = _case(request, reference)
    form = _off_form(request.POST if request.method == "POST" and "on" not in request.POST else None)
    if request.method != "POST":
        return _page(request, case, form)
    try:
        if "on" in request.POST:
            watching.switch_on(case, by=request.user)
            messages.success(request, _("The site is looked at again, once a day."))
        elif form.is_valid():
            watching.switch_off(case, form.cleaned_data["text"], by=request.user)
            messages.success(request, _("The site is not looked at any more."))
        else:
            return _page(request, case, form, status=422)
    except Invalid as refused:
        show_errors(form, refused)
        return _page(request, case, form, status=422)
    except Conflict as refused:
        return _page(request, case, form, refused=str(refused), status=409)
    return redirect(case)


@agency_only
@require_POST
def look_now(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks for a look; a worker makes it, for a page waits for no stranger's server."""
    case = _case(request, reference)
    try:
        if not settings.WATCH:
            raise Conflict(
                _("This portal looks at no live sites; it is switched off in its settings."), "off"
            )
        row = watching.ask_for_look(case, by=request.user)
    except TooMany as refused:
        answer = _page(request, case, _off_form(), refused=str(refused), status=429)
        answer["Retry-After"] = str(refused.wait)
        return answer
    except Conflict as refused:
        return _page(request, case, _off_form(), refused=str(refused), status=409)
    ring_for_look(row.pk)
    messages.success(request, _("A look is on its way. Load the page again in half a minute."))
    return redirect(case)


def _case(request: HttpRequest, reference: str) -> Case:
    return found(cases_for(request.user).with_facts(), reference)


def _off_form(typed=None) -> TextForm:
    hint = _("Only the agency reads this.")
    return TextForm(typed, label=_("Why this site need not be watched"), hint=hint, rows=3)


def _page(
    request: HttpRequest, case: Case, form: TextForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    told = {"case": case, "form": form, "refused": refused, "watch": live_site(case, request.user)}
    return render(request, "cases/watch.html", told, status=status)
