"""Settings of the agency, its people and everybody's tokens; and the audit."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.bodies import found
from clients.cursors import page_of
from clients.entrance import fresh_sign_in
from clients.forms import AgencyForm, InviteForm, TokenForm, role_choices
from clients.models import (
    AGENCY_ROLES,
    Agency,
    AuditEvent,
    Client,
    Invitation,
    Logo,
    Membership,
    Role,
    User,
)
from clients.permissions import may_change_settings, may_name_stand_in, roles_given_by
from clients.queries import stand_ins
from clients.refusals import Invalid, Refusal
from clients.services.house import change_agency, make_token, revoke_token
from clients.services.invitations import invite_person
from clients.services.members import assign_clients, let_back_in
from clients.templatetags.look import today
from clients.views.desk import add_errors
from clients.views.doors import agency_only, layout_of, managers_only
from clients.words import KINDS, sentence_of

PAGE = 50


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def agency_settings(request: HttpRequest) -> HttpResponse:
    """The agency's own row: administrators change it, colleagues read it."""
    row = Agency.objects.filter(pk=1).first() or Agency(pk=1)
    may = may_change_settings(request.user)
    form, status = AgencyForm(instance=row), 200
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        form = AgencyForm(request.POST, request.FILES, instance=Agency(pk=1, logo=row.logo))
        if form.is_valid():
            change_agency(by=request.user, **form.told())
            messages.success(request, _("Saved. Pages and mails show it from now on."))
            return redirect("clients:settings")
        status = 422
    return render(
        request, "settings/agency.html", {"form": form, "may_change": may, "row": row}, status=status
    )


@login_not_required
@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The picture on every page and mail; its address names its content, so whoever has it asks no more."""
    row = get_object_or_404(Logo, digest=digest)
    answer = HttpResponse(bytes(row.content), content_type=row.content_type)
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
    answer["Content-Disposition"] = "inline"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"  # mail programs in a browser show it too
    return answer


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def people(request: HttpRequest) -> HttpResponse:
    """Everybody at the agency, and whom it has invited."""
    may = roles_given_by(request.user)
    form, status = InviteForm(by=request.user, at_agency=True), 200
    if request.method == "POST":
        if not may & set(AGENCY_ROLES):
            raise PermissionDenied
        form = InviteForm(request.POST, by=request.user, at_agency=True)
        if form.is_valid():
            try:
                invitation = invite_person(**form.cleaned_data, by=request.user)
            except Invalid as invalid:
                add_errors(form, invalid)
            except Refusal as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.success(request, _("%(address)s is invited.") % {"address": invitation.email})
                return redirect("clients:people")
        status = 422
    places = (
        Membership.objects.current().agency().select_related("user").order_by("user__name", "user__email")
    )
    seen: dict[int, list[str]] = {}
    if request.user.standing.is_manager:
        assigned = Membership.objects.current().filter(role=Role.ASSIGNED)
        for user_id, name in assigned.order_by("client__name").values_list("user_id", "client__name"):
            seen.setdefault(user_id, []).append(name)
    away = stand_ins(today())
    told = {
        "rows": [
            {
                "place": place,
                "stand_in": ", ".join(str(one) for one in away.get(place.user_id, ())),
                "may_name": may_name_stand_in(request.user, place.user),
                "clients": seen.get(place.user_id, []),
                "may_change": place.role in may and place.user_id != request.user.pk,
            }
            for place in places
        ],
        "invitations": Invitation.objects.filter(
            client__isnull=True, accepted_at__isnull=True, revoked_at__isnull=True
        )
        .select_related("invited_by")
        .order_by("-pk")[:50],
        "roles": role_choices(request.user, at_agency=True),
        "form": form if may & set(AGENCY_ROLES) else None,
        "may_let_in": request.user.standing.is_administrator,
    }
    return render(request, "settings/people.html", told, status=status)


@agency_only
@require_POST
@fresh_sign_in
def person_return(request: HttpRequest, reference: str) -> HttpResponse:
    """Let somebody back in who lost phone, key or password."""
    person = found(User.objects.all(), reference)
    let_back_in(person, by=request.user)
    messages.success(
        request,
        _("%(person)s can come in again: old factors, sessions and API tokens are gone.")
        % {"person": person},
    )
    place = Membership.objects.current().filter(user=person, client__isnull=False).exclude(role=Role.ASSIGNED)
    client = place.select_related("client").first()
    return (
        redirect("clients:client-detail", client.client.reference) if client else redirect("clients:people")
    )


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def person_clients(request: HttpRequest, reference: str) -> HttpResponse:
    """Which clients a limited specialist sees."""
    limited = User.objects.filter(
        memberships__role=Role.LIMITED_SPECIALIST, memberships__ended_at__isnull=True
    )
    person = found(limited, reference)
    if request.method == "POST":
        chosen = Client.objects.filter(reference__in=request.POST.getlist("client"))
        try:
            assign_clients(person, chosen, by=request.user)
        except Refusal as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("Saved: %(person)s sees these clients.") % {"person": person})
        return redirect("clients:people")
    seen = set(
        Membership.objects.current()
        .filter(user=person, role=Role.ASSIGNED)
        .values_list("client_id", flat=True)
    )
    told = {"person": person, "clients": Client.objects.order_by("name", "pk"), "seen": seen}
    return render(request, "settings/assigned.html", told)


# ── Tokens: everybody has their own ─────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own keys for programs; a new one is shown this once."""
    form, fresh, status = TokenForm(), "", 200
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            fresh, _row = make_token(request.user, **form.told(), by=request.user)
            form = TokenForm()
        else:
            status = 422
    rows = request.user.api_tokens.filter(revoked_at__isnull=True).order_by("-pk")
    told = {"layout": layout_of(request), "form": form, "fresh": fresh, "rows": rows}
    return render(request, "settings/tokens.html", told, status=status)


@require_POST
@fresh_sign_in
def token_revoke(request: HttpRequest, reference: str) -> HttpResponse:
    revoke_token(found(request.user.api_tokens.all(), reference), by=request.user)
    messages.success(request, _("That token is worth nothing any more."))
    return redirect("clients:tokens")


# ── Audit ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@managers_only
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """What happened around people and settings, newest first."""
    kind, person, client = (request.GET.get(name, "").strip()[:254] for name in ("kind", "person", "client"))
    rows = AuditEvent.objects.select_related("by", "about", "client", "invitation")
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    if person:
        who = User.objects.filter(Q(reference=person) | Q(email__iexact=person) | Q(name__iexact=person))
        rows = rows.filter(Q(by__in=who) | Q(about__in=who))
    if client:
        rows = rows.filter(
            client__in=Client.objects.filter(Q(reference=client) | Q(name__iexact=client) | Q(name_zh=client))
        )
    page, onward, is_first = page_of(
        rows, request.GET.get("next", ""), of="audit", user=request.user, size=PAGE
    )
    told = {
        "rows": [
            {"event": event, "kind": KINDS.get(event.kind, event.kind), "words": sentence_of(event)}
            for event in page
        ],
        "kinds": list(KINDS.items()),
        "kind": kind,
        "person": person,
        "client": client,
        "next": onward,
        "is_first": is_first,
    }
    return render(request, "clients/audit.html", told)
