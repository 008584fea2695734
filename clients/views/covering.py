"""Who stands in for a colleague: seen by all of the agency, named by oneself or an administrator."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clients.bodies import found
from clients.entrance import fresh_sign_in
from clients.forms import StandInForm
from clients.models import Cover, Membership, User
from clients.permissions import may_name_stand_in
from clients.queries import able_to_stand_in
from clients.refusals import Invalid, Refusal
from clients.services.covering import end_cover, name_stand_in
from clients.templatetags.look import today
from clients.views.desk import add_errors
from clients.views.doors import agency_only
from clients.words import days_of

EARLIER = 20


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def stand_in(request: HttpRequest, reference: str) -> HttpResponse:
    """Who stands in now or later, a form to name somebody, and who did before."""
    person = _person(reference)
    may = may_name_stand_in(request.user, person)
    people = able_to_stand_in().exclude(pk=person.pk)
    form = StandInForm(people=people)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        form = StandInForm(request.POST, people=people)
        if form.is_valid():
            try:
                cover = name_stand_in(person, **form.cleaned_data, by=request.user)
            except Invalid as invalid:
                add_errors(form, invalid)
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                words = _("%(stand_in)s stands in for %(person)s, %(days)s.")
                told = {"stand_in": cover.stand_in, "person": person, "days": _days(cover)}
                messages.success(request, words % told)
                return redirect("clients:stand-in", person.reference)
    rows = list(
        Cover.objects.filter(person=person).select_related("stand_in", "made_by").order_by("-id")[:EARLIER]
    )
    for row in rows:
        row.days = _days(row)
    now = next((row for row in rows if row.ended_at is None), None)
    told = {
        "person": person,
        "is_me": person.pk == request.user.pk,
        "form": form if may else None,
        "now": now,
        "state": _state(now) if now else "",
        "earlier": [row for row in rows if row is not now],
    }
    return render(request, "clients/stand_in.html", told, status=422 if form.errors else 200)


@agency_only
@require_POST
@fresh_sign_in
def stand_in_end(request: HttpRequest, reference: str) -> HttpResponse:
    person = _person(reference)
    end_cover(person, by=request.user)
    messages.success(request, _("Nobody stands in for %(person)s now.") % {"person": person})
    return redirect("clients:stand-in", person.reference)


def _person(reference: str) -> User:
    """Of the agency, today."""
    here = Membership.objects.current().agency().values("user_id")
    return found(User.objects.filter(pk__in=here), reference)


def _days(cover: Cover) -> str:
    return days_of(cover.from_on, cover.until_on)


def _state(cover: Cover) -> str:
    if cover.until_on and cover.until_on < today():
        return "over"
    return "later" if cover.from_on and cover.from_on > today() else "now"
