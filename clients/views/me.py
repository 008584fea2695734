"""What a person sees and changes about themselves."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clients.entrance import fresh_sign_in
from clients.forms import MeForm
from clients.models import CalendarFeed, User
from clients.queries import stand_ins
from clients.services.feeds import end_feed, make_feed
from clients.templatetags.look import today
from clients.views.doors import layout_of


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Name and language; and the ways to sessions, passkeys, tokens, and to how one is told."""
    person = User.objects.get(pk=request.user.pk)
    form, status = MeForm(instance=person), 200
    if request.method == "POST":
        form = MeForm(request.POST, instance=person)
        if form.is_valid():
            form.instance.save(update_fields=list(form.cleaned_data))
            translation.activate(form.instance.language)
            messages.success(request, _("Saved."))
            return redirect("clients:me")
        status = 422
    told = {"layout": layout_of(request), "form": form}
    if request.user.standing.is_agency:
        people = stand_ins(today()).get(request.user.pk, ())
        told["stand_in"] = ", ".join(str(one) for one in people)
    return render(request, "clients/me.html", told, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def calendar(request: HttpRequest) -> HttpResponse:
    """One's own calendar address; a new one is shown this once, and the older one is dead by then."""
    address = ""
    if request.method == "POST":
        address = settings.BASE_URL + reverse("cases:feed", args=[make_feed(request.user)])
    told = {
        "layout": layout_of(request),
        "address": address,
        "feed": CalendarFeed.objects.filter(user=request.user).first(),
    }
    return render(request, "clients/calendar.html", told)


@require_POST
@fresh_sign_in
def calendar_end(request: HttpRequest) -> HttpResponse:
    end_feed(request.user)
    messages.success(request, _("That calendar address is worth nothing any more."))
    return redirect("clients:calendar")
