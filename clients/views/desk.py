"""The desk's pages about clients and their people."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.bodies import found
from clients.cursors import cursor_after, read_cursor
from clients.entrance import fresh_sign_in
from clients.forms import ClientForm, ContactForm, InviteForm, NameForm
from clients.models import CLIENT_ROLES, Client, Invitation, Membership, Role
from clients.permissions import may_make_clients, roles_given_by
from clients.refusals import Invalid, Refusal
from clients.sections import beside, sections_of
from clients.services.invitations import invite_person, make_client, renew_invitation, revoke_invitation
from clients.services.members import change_role, end_membership, replace_contact
from clients.services.renaming import rename_client
from clients.spelling import holding, units_asked
from clients.views.doors import agency_only

PAGE = 50


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
def client_list(request: HttpRequest) -> HttpResponse:
    """Every client in sight by name; and a form for a new one."""
    form = None
    status = 200
    if request.method == "POST":
        if not may_make_clients(request.user):
            raise PermissionDenied
        form = ClientForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                client = make_client(
                    name=given["name"],
                    name_zh=given["name_zh"],
                    contact={
                        "name": given["contact_name"],
                        "email": given["contact_email"],
                        "language": given["contact_language"],
                    },
                    by=request.user,
                )
            except Invalid as invalid:
                add_errors(form, invalid)
            else:
                messages.success(
                    request, _("%(client)s is here, and its contact is invited.") % {"client": client}
                )
                return redirect("clients:client-detail", client.reference)
        status = 422
    q = request.GET.get("q", "").strip()[:200]
    rows = Client.objects.all()
    if q:
        units = units_asked(q)
        rows = rows.filter(holding(units) | Q(reference__iexact=q)) if units else rows.none()
    page, after = _page_of(request, rows)
    columns = beside(page)
    for client in page:
        client.told = list(zip(columns.heads, columns.cells[client.pk], strict=True))  # type: ignore[attr-defined]
    told = {
        "form": form or (ClientForm() if may_make_clients(request.user) else None),
        "rows": page,
        "heads": columns.heads,
        "search": q,
        "next": after,
        "is_first": not request.GET.get("next"),
        "adding": form is not None or "add" in request.GET,
    }
    return render(request, "clients/list.html", told, status=status)


def _page_of(request: HttpRequest, rows: QuerySet[Client]) -> tuple[list[Client], str]:
    """The next fifty after the cursor's row, by name; no OFFSET."""
    after = read_cursor(request.GET.get("next", ""), of="clients", user=request.user)
    last = Client.objects.filter(pk=after).first() if after else None
    if last:
        rows = rows.filter(Q(name__gt=last.name) | Q(name=last.name, pk__gt=last.pk))
    page = list(rows.order_by("name", "pk")[: PAGE + 1])
    more = len(page) > PAGE
    page = page[:PAGE]
    return page, cursor_after(page[-1].pk, of="clients", user=request.user) if more else ""


@agency_only
@require_safe
def client_detail(request: HttpRequest, reference: str) -> HttpResponse:
    return _detail(request, found(Client.objects.all(), reference))


def _detail(request: HttpRequest, client: Client, *, status: int = 200, **forms) -> HttpResponse:
    """The client's page; `forms` are those that somebody has just filled."""
    may = roles_given_by(request.user)
    places = (
        client.memberships.current()
        .filter(role__in=CLIENT_ROLES)
        .select_related("user")
        .order_by("role", "user__name", "pk")
    )
    staff = client.memberships.current().filter(role=Role.ASSIGNED).select_related("user")
    unanswered = client.invitations.filter(accepted_at__isnull=True).select_related("invited_by")
    invitations = list(unanswered.order_by("-pk")[:20])
    told = {
        "client": client,
        "places": places,
        "staff": staff,
        "invitations": invitations,
        "is_invited": any(one.is_open for one in invitations),
        "may_invite": Role.CONTACT in may,
        "invite": InviteForm(by=request.user, at_agency=False, prefix="invite"),
        "replace": ContactForm(prefix="replace"),
        "naming": _naming(client) if may_make_clients(request.user) else None,
        "sections": sections_of(request, client),
        **forms,
    }
    return render(request, "clients/detail.html", told, status=status)


def _naming(client: Client) -> NameForm:
    return NameForm(prefix="client", initial={"name": client.name, "name_zh": client.name_zh})


@agency_only
@require_POST
def client_rename(request: HttpRequest, reference: str) -> HttpResponse:
    client = found(Client.objects.all(), reference)
    if not may_make_clients(request.user):
        raise PermissionDenied
    form = NameForm(request.POST, prefix="client")
    if not form.is_valid():
        return _detail(request, client, naming=form, status=422)
    rename_client(client, **form.cleaned_data, by=request.user)
    messages.success(request, _("Saved. Its cases are found by the new name within a minute."))
    return redirect("clients:client-detail", client.reference)


@agency_only
@require_POST
@fresh_sign_in
def invitation_add(request: HttpRequest, reference: str) -> HttpResponse:
    client = found(Client.objects.all(), reference)
    form = InviteForm(request.POST, by=request.user, at_agency=False, prefix="invite")
    if form.is_valid():
        try:
            invitation = invite_person(**form.cleaned_data, client=client, by=request.user)
        except Invalid as invalid:
            add_errors(form, invalid)
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("%(address)s is invited.") % {"address": invitation.email})
            return redirect("clients:client-detail", client.reference)
    return _detail(request, client, invite=form, status=422)


@agency_only
@require_POST
@fresh_sign_in
def contact_replace(request: HttpRequest, reference: str, place: str) -> HttpResponse:
    client = found(Client.objects.all(), reference)
    membership = found(client.memberships.current().filter(role=Role.CONTACT), place)
    form = ContactForm(request.POST, prefix="replace")
    if form.is_valid():
        try:
            replace_contact(client, membership, **form.cleaned_data, by=request.user)
        except Invalid as invalid:
            add_errors(form, invalid)
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The new contact is invited; the old one is signed out."))
            return redirect("clients:client-detail", client.reference)
    return _detail(request, client, replace=form, replacing=membership.reference, status=422)


@agency_only
@require_POST
@fresh_sign_in
def invitation_renew(request: HttpRequest, reference: str) -> HttpResponse:
    invitation = found(Invitation.objects.select_related("client"), reference)
    words = _("%(address)s is invited.") % {"address": invitation.email}
    if not invitation.is_prepared:
        words = _("Sent again; the old link is dead.")
    _try(request, lambda: renew_invitation(invitation, by=request.user), words)
    return _back_to(invitation.client)


@agency_only
@require_POST
@fresh_sign_in
def invitation_revoke(request: HttpRequest, reference: str) -> HttpResponse:
    invitation = found(Invitation.objects.select_related("client"), reference)
    _try(request, lambda: revoke_invitation(invitation, by=request.user), _("The invitation is taken back."))
    return _back_to(invitation.client)


@agency_only
@require_POST
@fresh_sign_in
def member_end(request: HttpRequest, reference: str) -> HttpResponse:
    place = found(Membership.objects.current().select_related("client", "user"), reference)
    words = _("%(person)s has no access any more.") % {"person": place.user}
    _try(request, lambda: end_membership(place, by=request.user), words)
    if place.client is None and request.user.standing.is_manager:
        # Whoever answered for cases leaves them behind; where there is none, that page leads back.
        return redirect(f"{reverse('cases:hand-over', args=[place.user.reference])}?left")
    return _back_to(place.client)


@agency_only
@require_POST
@fresh_sign_in
def member_role(request: HttpRequest, reference: str) -> HttpResponse:
    place = found(Membership.objects.current().select_related("client", "user"), reference)
    words = _("The role of %(person)s is changed.") % {"person": place.user}
    _try(request, lambda: change_role(place, request.POST.get("role", ""), by=request.user), words)
    return _back_to(place.client)


def _try(request: HttpRequest, act, words: str) -> None:
    """A refusal is a sentence on the page the person comes from."""
    try:
        act()
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, words)


def _back_to(client: Client | None) -> HttpResponse:
    return redirect("clients:client-detail", client.reference) if client else redirect("clients:people")


def add_errors(form, invalid: Invalid) -> None:
    """A service's refusals beside the fields they are about."""
    names = {"contact.name": "contact_name", "contact.email": "contact_email"}
    for one in invalid.errors:
        name = names.get(one["field"], one["field"])
        form.add_error(name if name in form.fields else None, one["detail"])
