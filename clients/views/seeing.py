"""The way into a client's pages as one of its logins sees them, and the way out; each look stands in the audit."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients import seeing
from clients.bodies import REFERENCE, found
from clients.entrance import fresh_sign_in
from clients.models import CLIENT_ROLES, AuditEvent, Client, Membership
from clients.services.traces import record
from clients.views.doors import agency_only

LOOKS = 20


@agency_only
@require_safe
def sight_list(request: HttpRequest, reference: str) -> HttpResponse:
    """As whom the client's pages can be seen, and who did so."""
    client = found(Client.objects.all(), reference)
    case = request.GET.get("case", "")
    looks = AuditEvent.objects.filter(client=client, kind="client.seen_as").select_related("by", "about")
    told = {
        "client": client,
        "places": client.memberships.current()
        .filter(role__in=CLIENT_ROLES, user__is_active=True)
        .select_related("user")
        .order_by("role", "user__name", "pk"),
        "case": case if REFERENCE.fullmatch(case) else "",
        "minutes": seeing.LASTS // 60,
        "looks": looks.order_by("-id")[:LOOKS],
    }
    return render(request, "clients/sights.html", told)


@agency_only
@require_POST
@fresh_sign_in
def sight_begin(request: HttpRequest, reference: str, place: str) -> HttpResponse:
    """For half an hour; written down first."""
    client = found(Client.objects.all(), reference)
    login = seeing.place_in_sight(request.user, place)
    if login is None or login.client_id != client.pk:
        raise Http404
    record("client.seen_as", by=request.user, client=client, about=login.user, role=login.role)
    seeing.begin(request, login)
    case = request.POST.get("case", "")
    return redirect(f"/as/{login.reference}/" + (f"cases/{case}/" if REFERENCE.fullmatch(case) else ""))


@agency_only
@require_POST
def sight_end(request: HttpRequest, place: str) -> HttpResponse:
    seeing.end(request, place)
    return _back(request, place)


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def sight_over(request: HttpRequest, place: str, rest: str = "") -> HttpResponse:
    """The half hour is over, or never began: nothing is shown, and nothing that was sent is taken."""
    back = _back(request, place)
    messages.warning(
        request, _("You do not see the client's pages any more. Begin once more, if you need to.")
    )
    return back


def _back(request: HttpRequest, place: str) -> HttpResponse:
    """To the client, as long as it is in sight; its login may have ended meanwhile."""
    login = found(Membership.objects.filter(role__in=CLIENT_ROLES).select_related("client"), place)
    return redirect("clients:sights", found(Client.objects.all(), login.client.reference).reference)
