"""The way in: an invitation's page, joining a further client, and showing once more that it is you."""

from __future__ import annotations

import secrets
import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clients import aside, sight
from clients.adapters import invitation_of
from clients.forms import AgainForm
from clients.lines import mask_address
from clients.models import Client, Invitation, Membership, User
from clients.queries import has_passkey, invitation_behind
from clients.refusals import Refusal
from clients.sealing import keyed_hash
from clients.services.invitations import accept_invitation, greet_in


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing; the button sends a code to the invited address and to no other."""
    with sight.at_the_door():
        found = invitation_behind(token)
        state = found.state if found else "unknown"
        person = User.objects.filter(email__iexact=found.email).first() if found else None
        otherwise = bool(person) and _signs_in_otherwise(person)
        if found and state == "accepted" and person and _never_got_a_key(found, person):
            state = "open"
    signed_in = request.user if request.user.is_authenticated else None
    if signed_in and found and state == "open":
        if signed_in.email.casefold() == found.email.casefold():
            request.session["invitation"] = found.reference
            return redirect("clients:joining")
        state = "somebody_else"
    elif state == "open" and otherwise:
        state = "has_password"
    if request.method == "POST" and state == "open" and found and person:
        return _send_code(request, found, person)
    if request.method == "POST" and state == "has_password" and found:
        request.session["invitation"] = found.reference
        return redirect("account_login")
    told = {
        "state": state,
        "client": _client_of(found),
        "at_agency": bool(found and found.client_id is None),
        "address": mask_address(found.email) if found else "",
        "until": found.expires_at if found else None,
        "path": request.path,
    }
    return render(request, "clients/invitation.html", told, status=200 if found else 404)


def _send_code(request: HttpRequest, found: Invitation, person: User) -> HttpResponse:
    """allauth's own code, form and limits; this browser remembers what it came for."""
    if not ratelimit.consume(request, action="request_login_code", key=found.email.lower()):
        return ratelimit.respond_429(request)
    request.session["invitation"] = found.reference
    with sight.at_the_door():
        greet_in(request.LANGUAGE_CODE, person)
    LoginCodeVerificationProcess.initiate(request=request, user=person, email=found.email)
    return redirect("account_confirm_login_code")


def _works_here(person: User) -> bool:
    return Membership.objects.current().filter(user=person, client__isnull=True).exists()


def _signs_in_otherwise(person: User) -> bool:
    """Staff with a password or a passkey of their own never enter by a mailed code alone."""
    return _works_here(person) and (person.has_usable_password() or has_passkey(person))


def _never_got_a_key(found: Invitation, person: User) -> bool:
    """Staff who entered the code and left before they chose a password may come again until it ages out."""
    if found.client_id or found.is_past:
        return False
    return _works_here(person) and not _signs_in_otherwise(person)


def _client_of(found: Invitation | None) -> Client | None:
    """The link is the right to know this one name."""
    if found is None or found.client_id is None:
        return None
    with sight.some_clients([found.client_id]):
        return Client.objects.get(pk=found.client_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def joining(request: HttpRequest) -> HttpResponse:
    """Somebody who has a place elsewhere says yes to a further one."""
    found = invitation_of(request, request.user)
    if found is None:
        return redirect("/")
    if request.method == "POST":
        request.session.pop("invitation", None)
        if "no" in request.POST:
            return redirect("/")
        try:
            accept_invitation(request.user, found)
        except (Refusal, PermissionDenied) as refusal:
            messages.warning(request, str(refusal))
        return redirect("/")
    told = {"client": _client_of(found), "role": found.get_role_display()}
    return render(request, "clients/joining.html", told)


CODE = "again"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """For whoever has neither password nor factor: a code by mail shows once more that it is them."""
    if get_adapter().get_reauthentication_methods(request.user):
        raise Http404
    state = request.session.get(CODE)
    if state and time.time() - state["at"] > settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT:
        state = request.session.pop(CODE, None) and None
    form = AgainForm()
    if request.method == "POST" and request.POST.get("action") == "send":
        if not ratelimit.consume(request, action="request_login_code", key=request.user.email):
            return ratelimit.respond_429(request)
        code = get_adapter().generate_login_code()
        get_adapter().send_mail("account/email/login_code", request.user.email, {"code": code})
        request.session[CODE] = {
            "at": time.time(),
            "hash": _hash(request, code),
            "tries": 0,
        }
        return redirect(request.get_full_path())
    if request.method == "POST" and state:
        form = AgainForm(request.POST)
        if form.is_valid():
            if secrets.compare_digest(_hash(request, form.cleaned_data["code"]), state["hash"]):
                request.session.pop(CODE)
                record_authentication(request, request.user, method="code", reauthenticated=True)
                return resume_request(request) or redirect("/")
            state["tries"] += 1
            request.session[CODE] = state
            if state["tries"] >= settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS:
                request.session.pop(CODE)
                messages.error(request, _("That was too often. Ask for a new code."))
                return redirect(request.get_full_path())
            form.add_error("code", _("Incorrect code."))
    after = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(after, allowed_hosts=None):
        after = ""
    told = {"form": form, "sent": bool(state), "address": mask_address(request.user.email), "next": after}
    return render(request, "clients/again.html", told)


def _hash(request: HttpRequest, code: str) -> str:
    plain = code.replace("-", "").replace(" ", "").upper()
    return keyed_hash(plain, kind=f"code again {request.user.pk}")


@never_cache
@require_safe
def put_aside(request: HttpRequest) -> HttpResponse:
    """What was typed while the session had ended; one press sends it, now that its person is in again."""
    kept = aside.taken_up(request)
    told = {**kept, "words": _typed(kept["fields"])} if kept else {}
    return render(request, "clients/aside.html", told)


def _typed(fields: list[list[str]]) -> list[str]:
    """What a person would know again: words, and no numbers of versions."""
    return [value for _name, value in fields if len(value.strip()) > 2 and not value.isdigit()][:20]
