"""What somebody typed into a form whose session had ended: put aside, and handed back once they are in again.

It lies in the session of that browser for an hour and goes nowhere else. Nothing happens by itself: whoever signs in
looks at it and sends it, with a fresh sign of the form. Numbers of papers, codes and passwords are not kept.
"""

from __future__ import annotations

import re
import time

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clients.keeping import is_within

KEY = "put_aside"
LASTS = 3600
LONGEST = 50_000  # signs of one form
MOST = 10  # forms a minute from one address, where nobody knows by whom
UNKEPT = re.compile(r"csrfmiddlewaretoken|id_number|password|^code$|credential|secret|token")
NOT_THOSE = ("/accounts/", "/language/")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def put_aside(request: HttpRequest, *, by: int | None) -> bool:
    """Keep what was typed for whoever signs in, or for this person alone; False where there is nothing to keep."""
    is_form = request.method == "POST" and request.content_type in FORMS
    if not is_form or request.headers.get("X-Autosave") or request.path.startswith(NOT_THOSE):
        return False
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        for value in values
        if not UNKEPT.search(name) and "\0" not in value
    ]
    is_typed = any(value.strip() for _name, value in fields)
    if not is_typed or sum(len(name) + len(value) for name, value in fields) > LONGEST:
        return False
    if by is None and not is_within("put_aside", get_adapter().get_client_ip(request), MOST):
        return False
    request.session[KEY] = {"at": time.time(), "path": request.get_full_path(), "fields": fields, "by": by}
    return True


def taken_up(request: HttpRequest) -> dict | None:
    """What was put aside, as long as it is this person's; from here on it is theirs."""
    kept = request.session.get(KEY)
    if kept is None:
        return None
    if time.time() - kept["at"] > LASTS or kept["by"] not in (None, request.user.pk):
        del request.session[KEY]
        return None
    if kept["by"] is None:
        kept["by"] = request.user.pk
        request.session[KEY] = kept
    return kept


def to_sign_in(request: HttpRequest, *, by: int | None = None) -> HttpResponse:
    """To the door, and after it back to the page; where something was typed, to that."""
    if put_aside(request, by=by):
        return redirect_to_login(reverse("clients:aside"))
    is_page = request.method in ("GET", "HEAD")
    return redirect_to_login(request.get_full_path()) if is_page else redirect("account_login")
