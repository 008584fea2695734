"""Settings, Webhooks: the agency's other systems, what they are told, and whether it arrived. For administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clients.bodies import found
from clients.cursors import page_of
from clients.entrance import fresh_sign_in
from clients.refusals import Conflict, Invalid
from clients.views.desk import add_errors
from clients.views.doors import administrators_only
from hooks import services
from hooks.events import KINDS
from hooks.forms import HookForm
from hooks.models import Delivery, Hook
from hooks.tasks import ring_if_due_when_committed
from hooks.words import sentence_of

PAGE = 50


@administrators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def hook_list(request: HttpRequest) -> HttpResponse:
    """All addresses, and a form for another; its secret is shown this once."""
    form, status = HookForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        if form.is_valid():
            try:
                hook, secret = services.make_hook(**form.cleaned_data, by=request.user)
            except Invalid as invalid:
                add_errors(form, invalid)
            except Conflict as refusal:
                form.add_error(None, str(refusal))
            else:
                return _detail(request, hook, secret=secret)
        status = 422
    return render(request, "hooks/list.html", {"form": form, "rows": Hook.objects.all()}, status=status)


@administrators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def hook_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """One address: what it is told, and the log of thirty days."""
    hook = _found(reference)
    if request.method != "POST":
        return _detail(request, hook)
    form = HookForm(request.POST)
    if form.is_valid():
        try:
            services.change_hook(hook, **form.cleaned_data, by=request.user)
        except Invalid as invalid:
            add_errors(form, invalid)
        else:
            messages.success(request, _("Saved."))
            return redirect(hook)
    return _detail(request, hook, form=form, status=422)


@administrators_only
@never_cache
@require_POST
@fresh_sign_in
def hook_secret(request: HttpRequest, reference: str) -> HttpResponse:
    """A new secret, shown this once."""
    hook = _found(reference)
    secret = services.renew_secret(hook, by=request.user)
    return _detail(request, _found(reference), secret=secret)


@administrators_only
@require_POST
@fresh_sign_in
def hook_pause(request: HttpRequest, reference: str) -> HttpResponse:
    hook = _found(reference)
    services.hold_hook(hook, by=request.user)
    messages.success(request, _("Paused. What happens meanwhile waits, for thirty days at most."))
    return redirect(hook)


@administrators_only
@require_POST
@fresh_sign_in
def hook_resume(request: HttpRequest, reference: str) -> HttpResponse:
    hook = _found(reference)
    services.resume_hook(hook, by=request.user)
    ring_if_due_when_committed()
    messages.success(request, _("It goes on, with what waited."))
    return redirect(hook)


@administrators_only
@require_POST
@fresh_sign_in
def hook_remove(request: HttpRequest, reference: str) -> HttpResponse:
    services.remove_hook(_found(reference), by=request.user)
    messages.success(request, _("Removed. Nothing more goes there."))
    return redirect("hooks:hook-list")


@administrators_only
@require_POST
@fresh_sign_in
def hook_test(request: HttpRequest, reference: str) -> HttpResponse:
    hook = _found(reference)
    try:
        services.send_test(hook, by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        ring_if_due_when_committed()
        messages.success(request, _("A test is on its way. Load the page again in half a minute."))
    return redirect(hook)


@administrators_only
@require_POST
@fresh_sign_in
def delivery_send_again(request: HttpRequest, reference: str) -> HttpResponse:
    """Once more, by hand, with the same id."""
    delivery = found(Delivery.objects.select_related("hook"), reference)
    try:
        services.send_again(delivery, by=request.user)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        ring_if_due_when_committed()
        messages.success(request, _("It goes out again in a moment."))
    return redirect(delivery.hook)


def _found(reference: str) -> Hook:
    return found(Hook.objects.all(), reference)


def _detail(
    request: HttpRequest, hook: Hook, *, form: HookForm | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    rows = Delivery.objects.filter(hook=hook).select_related("case")
    page, onward, is_first = page_of(
        rows, request.GET.get("next", ""), of=f"hook:{hook.reference}", user=request.user, size=PAGE
    )
    told: dict[str, Any] = {
        "hook": hook,
        "secret": secret,
        "form": form or HookForm(initial={"name": hook.name, "url": hook.url, "events": hook.events}),
        "rows": [
            {
                "one": one,
                "words": KINDS[one.event].label if one.event in KINDS else _("Test"),
                "reason": sentence_of(one.reason) if one.reason else "",
            }
            for one in page
        ],
        "next": onward,
        "is_first": is_first,
    }
    return render(request, "hooks/detail.html", told, status=status)
