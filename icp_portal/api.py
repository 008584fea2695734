"""The API as a whole: who may call, how errors look, which routers answer."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.throttling import AuthRateThrottle

from cases.api import router as cases_router
from cases.tools import router as tools_router
from cases.workflow import MoveForbidden, MoveRefused
from clients.api import router as clients_router
from clients.refusals import Conflict, Invalid, TooMany
from clients.views.errors import problem
from documents.api import router as documents_router
from notifications.api import router as notifications_router

log = structlog.get_logger()
SAFE = {"GET", "HEAD", "OPTIONS"}


def bearer(request: HttpRequest):
    """The token that the middleware has already looked up; a cookie is worth nothing here."""
    token = request.api_token
    if token is not None and request.method not in SAFE and not token.can_write:
        raise PermissionDenied
    return token


class PerToken(AuthRateThrottle):
    """So many calls a second for each token; where the cache is away nobody is held up."""

    def get_cache_key(self, request: HttpRequest) -> str | None:
        token = request.api_token
        return f"throttle:{token.pk}" if token is not None else None

    def allow_request(self, request: HttpRequest) -> bool:
        try:
            return super().allow_request(request)
        except (ConnectionError, OSError):
            return True
        except Exception as error:  # redis-py's own errors descend from nothing shared
            if type(error).__module__.startswith("redis"):
                return True
            raise


api = NinjaAPI(
    title="ICP portal",
    version="1",
    urls_namespace="api",
    docs_url=None,  # interactive docs load foreign scripts
    openapi_url="/openapi.json",
    auth=bearer,
    throttle=[PerToken(f"{settings.API_RATE_PER_SECOND}/s")],
)
api.add_router("", clients_router)
api.add_router("", cases_router)
api.add_router("", documents_router)
api.add_router("", notifications_router)
api.add_router("/tools", tools_router)


@api.exception_handler(AuthenticationError)
def unauthorized(request, error):
    return problem(request, 401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})


@api.exception_handler(Http404)
def missing(request, error):
    return problem(request, 404, "not_found")


@api.exception_handler(PermissionDenied)
def forbidden(request, error):
    return problem(request, 403, "forbidden", str(error))


@api.exception_handler(MoveForbidden)
def move_forbidden(request, error):
    return problem(request, 403, error.code, str(error))


@api.exception_handler(MoveRefused)
def move_refused(request, error):
    return problem(request, 409, error.code, str(error))


@api.exception_handler(Conflict)
def conflict(request, error):
    return problem(request, 409, error.code, str(error), **error.more)


@api.exception_handler(TooMany)
def too_many(request, error):
    return problem(request, 429, error.code, str(error), headers={"Retry-After": str(error.wait)})


@api.exception_handler(Throttled)
def throttled(request, error):
    return problem(request, 429, "too_many", headers={"Retry-After": str(max(1, int(error.wait or 1)))})


@api.exception_handler(Invalid)
def invalid(request, error):
    return problem(request, 422, error.code, error.errors[0]["detail"], errors=error.errors)


@api.exception_handler(ValidationError)
def unreadable(request, error):
    """Names the field and what is wrong with it, never the value."""
    errors = []
    for one in error.errors:
        place = [str(part) for part in one["loc"] if part not in ("body", "payload", "query", "path", "data")]
        errors.append(
            {
                "field": ".".join(place) or "body",
                "code": str(one["type"]),
                "detail": _sentence(one),
            }
        )
    return problem(request, 422, "invalid", errors[0]["detail"] if errors else "", errors=errors)


def _sentence(one: dict) -> str:
    kind = one["type"]
    if kind == "missing":
        return _("This is needed.")
    if kind == "extra_forbidden":
        return _("This field is not known here, or not yours to set.")
    if kind.startswith("json_invalid"):
        return _("The body is not JSON.")
    return _("This value is not of the kind expected here.")


@api.exception_handler(HttpError)
def http_error(request, error):
    code = {400: "malformed", 413: "too_large", 422: "invalid", 405: "method_not_allowed"}.get(
        error.status_code, "error"
    )
    return problem(request, error.status_code, code, "" if error.status_code == 400 else str(error))
