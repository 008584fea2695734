"""A living page of the house's tokens and components, each drawn by its own template in every state it has."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clients.views.doors import layout_of

# As long as names become, in both scripts, and a word that nothing breaks by itself.
LONG = "港湾示例国际贸易与信息技术服务（上海）有限公司 Harbour Example International Trading and Information"
UNBROKEN = "a-domain-name-as-long-as-a-label-of-it-may-ever-become-and-no-longer.example"
SIZES = ("t1", "t2", "t3", "t4", "t5", "t6", "t7")
SPACES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")


class SampleForm(forms.Form):
    """One field of each sort."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("As on the licence.")
    )
    day = forms.DateField(label=gettext_lazy("Day"))
    note = forms.CharField(
        label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("a", "A"), ("b", LONG)])
    content = forms.MultipleChoiceField(
        label=gettext_lazy("Content"), choices=[("a", "A"), ("b", LONG)], widget=forms.CheckboxSelectMultiple
    )


@cache
def colours() -> tuple[str, ...]:
    """Every colour of the tokens, by its name there."""
    text = (Path(settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text()
    return tuple(dict.fromkeys(re.findall(r"--([\w-]+): *#", text)))


@require_http_methods(["GET", "HEAD", "POST"])
def styleguide(request: HttpRequest) -> HttpResponse:
    """For administrators, and for everybody in the demo. What is pressed here does nothing."""
    if not (settings.DEMO or request.user.standing.is_administrator):
        raise Http404
    here = reverse("clients:styleguide")
    if request.method == "POST":
        nothing = _("This page only shows: nothing was done.")
        if request.content_type == "application/json":  # of the upload box, which says it beside the file
            return JsonResponse({"detail": nothing}, status=409)
        messages.info(request, nothing)
        return redirect(here)
    return render(request, "clients/styleguide.html", {"layout": layout_of(request), "here": here} | _told())


def _told() -> dict[str, Any]:
    now = timezone.now()
    wrong = SampleForm({"name": "", "day": "2026-02-30", "role": "c", "note": LONG})
    wrong.add_error(None, _("Somebody else changed this meanwhile."))
    return {
        "colours": colours(),
        "schemes": ("light", "dark"),
        "sizes": SIZES,
        "spaces": SPACES,
        "long": LONG,
        "unbroken": UNBROKEN,
        "kinds": ("", "primary", "quiet"),
        "notices": ("", "done", "refused", "error"),
        "marks": (
            ("todo", _("to do")),
            ("sending", _("sending")),
            ("checking", _("sent, being checked")),
            ("accepted", _("accepted")),
            ("redo", _("please redo")),
            ("waived", _("not needed")),
        ),
        "turns": (
            ("client", _("Client")),
            ("agency", _("Agency")),
            ("provider", _("Provider")),
            ("miit", _("Ministry")),
            ("psb", _("Police")),
            ("nobody", _("Nobody")),
        ),
        "stages": (
            "draft",
            "provider_pre_audit",
            "photo",
            "miit_review",
            "licensed",
            "psb_filed",
            "withdrawn",
        ),
        "dues": (
            now - timedelta(days=3),
            now + timedelta(hours=3),
            now + timedelta(days=2),
            now + timedelta(days=40),
        ),
        "now": now,
        "form": SampleForm(auto_id="empty_%s"),
        "wrong": wrong,
        "saved": SampleForm({"name": LONG, "note": UNBROKEN}, auto_id="saved_%s"),
        "options": [("a", LONG), ("b", "B")],
        "stops": [
            {"state": "done", "name": _("Draft"), "when": "2026-01-05 – 2026-01-12", "note": "", "leg": "5"},
            {"state": "here", "name": LONG, "when": UNBROKEN, "note": LONG, "leg": "3", "mine": True},
            {"state": "ahead", "name": _("Photo"), "when": "", "note": "", "leg": ""},
            {
                "state": "branch",
                "name": _("Commercial licence"),
                "when": _("not needed"),
                "note": "",
                "leg": "",
            },
        ],
    }
