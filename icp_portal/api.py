"""The API as a whole: who may call, how errors look, which routers answer, how it describes itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.throttling import BaseThrottle

from cases.api import router as cases_router
from cases.tools import router as tools_router
from cases.workflow import MoveForbidden, MoveRefused
from clients.api import router as clients_router
from clients.refusals import Conflict, Invalid, Malformed, TooMany
from clients.views.errors import problem
from documents.answers import STORAGE_AWAY
from documents.api import router as documents_router
from documents.storage import StorageAway
from notifications.api import router as notifications_router

log = structlog.get_logger()
SAFE = {"GET", "HEAD", "OPTIONS"}
TOOLS = "/api/v1/tools/"  # store nothing, so that a token for reading may ask them

DESCRIPTION = """
What a person may do in the pages their token may do, and not a row more.

Lists are `{"items": […], "next": cursor-or-null}`. Errors are problem documents (RFC 9457) with a sentence, a code and
the field. 401 without a token, 404 for what the token may not see, 403 for what it sees but may not do, 409 where
the thing has moved on, 422 for what cannot be taken, 429 with `Retry-After`.
Every `reference` and `id` is an opaque string.
"""
ANSWERS = {
    "400": "The request could not be read",
    "401": "No valid token",
    "403": "Seen, but not yours to do",
    "404": "Nothing here, or not yours to see",
    "405": "Not by this method",
    "409": "The thing has moved on, or stands in the way",
    "413": "More than the portal takes at once",
    "415": "Not JSON",
    "422": "Something given cannot be taken",
    "429": "Too many; Retry-After says how long to wait",
    "503": "A part is away; Retry-After says when to try again",
}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for the person"},
        "code": {"type": "string", "description": "The word for programs"},
        "field": {"type": "string", "description": "The first field that cannot be taken"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "version": {"type": "integer", "description": "The present version, where somebody was faster"},
    },
}


class Bearer:
    """The token that the middleware has already looked up; a cookie is worth nothing here."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}

    def __call__(self, request: HttpRequest) -> Any:
        token = request.api_token
        changes = request.method not in SAFE and not request.path.startswith(TOOLS)
        if token is not None and changes and not token.can_write:
            raise PermissionDenied(_("This token is for reading only."))
        return token


class PerToken(BaseThrottle):
    """So many calls in a second for each token; where the cache is away nobody is held up."""

    def __init__(self, a_second: int) -> None:
        self.a_second = a_second

    def allow_request(self, request: HttpRequest) -> bool:
        token = request.api_token
        if token is None:
            return True
        key = f"calls:{token.pk}:{int(time.time())}"
        try:
            cache.add(key, 0, 5)
            return cache.incr(key) <= self.a_second
        except ValueError:  # gone between the two
            return True
        except Exception as error:
            if isinstance(error, OSError) or type(error).__module__.startswith("redis"):
                return True
            raise

    def wait(self) -> float:
        return 1


OPEN_TO_ALL = "OpenDoor"  # a token, or nobody where the agency lets everybody ask


class Api(NinjaAPI):
    """Ninja's, with our answer to a wrong method and a description that names each refusal."""

    def _get_urls(self) -> list:
        patterns = super()._get_urls()
        for pattern in patterns:
            pattern.callback = _in_our_words(pattern.callback)
        return patterns

    def get_openapi_schema(self, **options: Any) -> Any:
        described = super().get_openapi_schema(**options)
        parts = described["components"]
        parts["schemas"]["Problem"] = PROBLEM
        parts["responses"] = {
            status: {
                "description": words,
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                **_headers_of(status),
            }
            for status, words in ANSWERS.items()
        }
        parts.get("securitySchemes", {}).pop(OPEN_TO_ALL, None)
        for path in described["paths"].values():
            for operation in path.values():
                if {OPEN_TO_ALL: []} in operation.get("security", []):
                    operation["security"] = [{}, {Bearer.__name__: []}]
                own = {str(status): answer for status, answer in operation["responses"].items()}
                refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in ANSWERS}
                kept = {status: answer for status, answer in own.items() if status[0] in "23"}
                operation["responses"] = kept | refusals
        return described


def _headers_of(status: str) -> dict[str, Any]:
    if status not in ("429", "503"):
        return {}
    return {"headers": {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds"}}}


def _in_our_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A wrong method is a problem document too."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 405 and response.has_header("Allow"):
            allowed = response["Allow"]
            return problem(request, 405, "method_not_allowed", headers={"Allow": allowed})
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # a bearer token, never a cookie
    return answer


api = Api(
    title="ICP portal",
    version="1",
    description=DESCRIPTION.strip(),
    urls_namespace="api",
    docs_url=None,  # interactive docs load foreign scripts
    openapi_url="/openapi.json",
    auth=Bearer(),
    throttle=[PerToken(settings.API_RATE_PER_SECOND)],
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


@api.exception_handler(StorageAway)
def storage_away(request, error):
    return problem(request, 503, "storage_away", str(STORAGE_AWAY), headers={"Retry-After": "30"})


@api.exception_handler(Throttled)
def throttled(request, error):
    return problem(request, 429, "too_many", headers={"Retry-After": "1"})


@api.exception_handler(Invalid)
def invalid(request, error):
    return problem(request, 422, error.code, error.errors[0]["detail"], errors=error.errors)


@api.exception_handler(Malformed)
def malformed(request, error):
    return problem(request, error.status, error.code, str(error))


@api.exception_handler(RequestDataTooBig)
def too_large(request, error):
    return problem(request, 413, "too_large")


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
    if kind == "literal_error":
        return _("Choose one of these: %(choices)s.") % {"choices": one["ctx"]["expected"].replace("'", "")}
    if kind.startswith("json_invalid"):
        return _("The body is not JSON.")
    return _("This value is not of the kind expected here.")


@api.exception_handler(HttpError)
def http_error(request, error):
    code = {400: "malformed", 413: "too_large", 422: "invalid", 405: "method_not_allowed"}.get(
        error.status_code, "error"
    )
    return problem(request, error.status_code, code, "" if error.status_code == 400 else str(error))
