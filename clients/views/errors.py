"""Errors as answers: pages for people, RFC 9457 problem documents for programs."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import aside

SENTENCES = {
    "not_found": gettext_lazy("There is nothing here, or it is not yours to see."),
    "unauthorized": gettext_lazy("Send a valid token: Authorization: Bearer …"),
    "forbidden": gettext_lazy("You may see this, but not do that."),
    "second_factor_missing": gettext_lazy(
        "Your agency asks for a second factor. Set one up in the pages first."
    ),
    "unavailable": gettext_lazy("The portal cannot reach its database just now. Try again in a minute."),
    "too_many": gettext_lazy("Too many requests. Wait a little and try again."),
    "malformed": gettext_lazy("The request could not be read."),
    "too_large": gettext_lazy("That is more than the portal takes at once."),
    "error": gettext_lazy("Something broke on our side. Nothing of yours was changed."),
    "method_not_allowed": gettext_lazy("This address does not answer to that method."),
}


def problem(
    request: HttpRequest | None,
    status: int,
    code: str,
    detail: str = "",
    *,
    errors: list[dict] | None = None,
    headers: dict[str, str] | None = None,
    **more,
) -> HttpResponse:
    """An RFC 9457 document: `type, title, status, detail, code` and, for bad fields, `field` and `errors`."""
    sentence = str(detail or SENTENCES.get(code, ""))
    body = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": sentence,
        "code": code,
    }
    if errors:
        body["field"] = errors[0]["field"]
        body["errors"] = errors
    body.update(more)
    response = JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)
    response["Cache-Control"] = "no-store"
    return response


def _title(status: int) -> str:
    return HTTPStatus(status).phrase


def _wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _page(request: HttpRequest, status: int, code: str) -> HttpResponse:
    if _wants_problem(request):
        return problem(request, status, code)
    return render(
        request, f"{status}.html", {"sentence": SENTENCES[code], "frame": _frame(request)}, status=status
    )


def _frame(request: HttpRequest) -> str:
    """The page around an error: with its way back, for whoever works at the desk."""
    user = getattr(request, "user", None)
    at_desk = user and user.is_authenticated and user.standing.is_agency
    return "desk.html" if at_desk else "portal.html"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _page(request, 413, "too_large")
    return _page(request, 400, "malformed")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, "forbidden")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came without its token: usually an old tab or blocked cookies."""
    if request.user.is_authenticated and _is_ours(request) and aside.put_aside(request, by=request.user.pk):
        return redirect("clients:aside")
    words = _(
        "This form was open too long, or cookies are blocked. Go back, reload the page and send it again."
    )
    return render(request, "403.html", {"sentence": words, "csrf": True}, status=403)


def _is_ours(request: HttpRequest) -> bool:
    """The browser itself says that a page of ours sent it; what others send is never shown back to anybody."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """No database, no context: whatever broke must not break its own page."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    if _wants_problem(request):
        return problem(request, 500, "error")
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    if _wants_problem(request):
        return problem(request, 503, "unavailable", headers={"Retry-After": "30"})
    page = HttpResponse(loader.render_to_string("503.html"), status=503)
    page["Retry-After"] = "30"
    return page
