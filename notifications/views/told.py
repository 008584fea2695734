"""A person's messages in the portal, and the page behind the link that ends reminders by mail."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.queries import cases_for
from clients import sight
from clients.bodies import found
from clients.models import User
from clients.refusals import Invalid, Refusal
from clients.views.doors import agency_only
from letterbox.door import NotLetIn, events_of
from notifications import kinds, letters, services, texts
from notifications.aftercare import link_of
from notifications.models import Channel, Notification, State
from notifications.queries import address_of, in_sight, inbox, ledger, page_of
from notifications.reasons import sentence_of

UNSUBSCRIBE = "unsubscribe"


@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """The newest first, unread ones marked; looking changes nothing."""
    try:
        page = page_of(inbox(request.user), request.user, "inbox", request.GET.get("cursor", ""))
    except Invalid:
        return redirect("notifications:notification-list")
    words = texts.now()
    rows = [
        {
            "reference": one.reference,
            "words": letters.headline(one, words),
            "link": _link(one),
            "at": one.sent_at,
            "is_read": one.read_at is not None,
        }
        for one in page.items
    ]
    place = "desk.html" if request.user.standing.is_agency else "portal.html"
    context = {
        "rows": rows,
        "next_link": f"?cursor={page.next}" if page.next else "",
        "first_link": "?" if request.GET.get("cursor") else "",
        "any_unread": any(not row["is_read"] for row in rows),
        "layout": place,
    }
    return render(request, "notifications/list.html", context)


def _link(one: Notification) -> str:
    if one.kind == kinds.TEXT_BROKEN:
        return reverse("notifications:text-detail", args=[one.data.get("text") or "-"])
    return one.case.get_absolute_url() if one.case else link_of(one)


@require_POST
def notification_read(request: HttpRequest) -> HttpResponse:
    """One message, those named, or all have been looked at."""
    named = request.POST.getlist("reference")
    services.mark_read(request.user, named or None)
    onward = request.POST.get("next", "")
    if onward.startswith("/") and url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        return redirect(onward)
    return redirect("notifications:notification-list")


@require_safe
@agency_only
def case_messages(request: HttpRequest, reference: str) -> HttpResponse:
    """The ledger of one case: what was or will be told to whom, by which channel, with its state."""
    case = found(cases_for(request.user).select_related("client"), reference)
    try:
        page = page_of(ledger(case), request.user, f"ledger:{case.reference}", request.GET.get("cursor", ""))
    except Invalid:
        return redirect("notifications:case-messages", reference=case.reference)
    words = texts.now()
    context = {
        "case": case,
        "rows": [shown(one, words=letters.headline(one, words)) for one in page.items],
        "here": request.path,
        "next_link": f"?cursor={page.next}" if page.next else "",
    }
    return render(request, "notifications/ledger.html", context)


def shown(one: Notification, *, words: str) -> dict:
    """A row of the ledger. What waits after a try in vain may go at once; what is being sent is left alone."""
    waits = one.state == State.PLANNED and bool(one.reason)
    return {
        "row": one,
        "words": words,
        "to": address_of(one),
        "reason": sentence_of(one.reason),
        "can_send_again": one.channel != Channel.IN_APP and (waits or not one.is_open),
    }


@require_POST
@agency_only
def send_again(request: HttpRequest, reference: str) -> HttpResponse:
    """Once more, by hand; pressed twice it is one message."""
    rows = in_sight(request.user).exclude(channel=Channel.IN_APP)
    row = found(rows.select_related("case", "recipient"), reference)
    try:
        services.send_again(row, by=request.user)
    except (Refusal, Invalid) as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("It goes out again in a moment."))
    onward = request.POST.get("next", "")
    if onward.startswith("/") and url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        return redirect(onward)
    if row.case is None:
        return redirect("notifications:messages")
    return redirect("notifications:case-messages", reference=row.case.reference)


@csrf_exempt  # a provider's program posts here; its secret is the right to do it
@login_not_required
@require_POST
def mail_tracking(request: HttpRequest, provider: str) -> HttpResponse:
    """What became of mails at the other side, as the provider tells it."""
    try:
        for event in events_of(request, provider, "tracking"):
            services.hear_of_mail(event)
    except NotLetIn as refused:
        return refused.answer
    return HttpResponse(status=200)


@csrf_exempt  # RFC 8058: a mail program posts here without having seen a page; the signature is the right to do it
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, signed: str) -> HttpResponse:
    """GET shows a page with a button, whoever follows the link; only POST changes anything."""
    try:
        reference = signing.loads(signed, salt=UNSUBSCRIBE)
    except signing.BadSignature:
        raise Http404 from None
    if request.method == "POST":
        on = request.POST.get("on") == "1"
        if not services.switch_reminders(reference, on=on):
            raise Http404
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse(_("Done. You get no more reminders by mail."), content_type="text/plain")
        if on:
            messages.success(request, _("You get reminders by mail again."))
        else:
            messages.success(request, _("Done. You get no more reminders by mail."))
        return redirect("notifications:unsubscribe", signed=signed)
    with sight.at_the_door():
        person = User.objects.filter(reference=reference).first()
    if person is None:
        raise Http404
    return render(request, "notifications/unsubscribe.html", {"wants_reminders": person.wants_reminders})
