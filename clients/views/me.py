"""What a person sees and changes about themselves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clients.forms import MeForm
from clients.models import User
from clients.views.doors import layout_of


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Name, language, reminders; and the ways to sessions, passkeys, tokens."""
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
    return render(request, "clients/me.html", {"layout": layout_of(request), "form": form}, status=status)
