"""JSON that strangers send, read strictly and only when a view asks: what cannot be kept is refused in words.

The row is looked up before its body is read, so that another client's row answers like one that never was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from clients.refusals import Malformed

LARGEST = 512 * 1024
DEEPEST = 20
REFERENCE = re.compile(r"[A-Z]{1,3}-[0-9A-Z]{6,20}")
Row = TypeVar("Row", bound=Model)


def found(rows: QuerySet[Row], reference: str) -> Row:
    """The row in sight by its reference, or 404; nothing that is no reference reaches the database."""
    return found_by(lambda: rows.filter(reference=reference).first(), reference)


def found_by(ask: Callable[[], Row | None], reference: str) -> Row:
    """The same where the caller asks the database in a way of its own.

    The request is about this row from here on; what it has to say to that, it says in `when_found`.
    """
    row = ask() if REFERENCE.fullmatch(reference) else None
    if row is None:
        raise Http404
    if tell := getattr(row, "when_found", None):
        tell()
    return row


def read_object(request: HttpRequest, *, largest: int = LARGEST) -> dict[str, Any]:
    """The body as an object; `Malformed` (400, 413, 415, 422) where it is none or holds what no field can keep."""
    kind = request.content_type or ""
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Malformed(_("Send JSON with Content-Type: application/json."), "unsupported_media_type", 415)
    raw = request.body
    if len(raw) > largest:
        raise Malformed(_("That is more than the portal takes at once."), "too_large", 413)
    try:
        given = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed(_("The body is not JSON.")) from None
    if not isinstance(given, dict):
        raise Malformed(_("The body must be an object."), "invalid", 422)
    _look_through(given, 0)
    return given


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may take two different ones of a doubled key; we take none."""
    given = dict(pairs)
    if len(given) != len(pairs):
        raise Malformed(_("A field is given twice."), "invalid", 422)
    return given


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _look_through(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Malformed(_("The body is nested too deeply."), "invalid", 422)
    if isinstance(value, str):
        _look_at(value)
    elif isinstance(value, dict):
        for key, one in value.items():
            _look_at(key)
            _look_through(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _look_through(one, depth + 1)


def _look_at(text: str) -> None:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Malformed(_("This has a character that cannot be kept."), "invalid", 422)


def takes(schema: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_extra`: the body that a view reads by itself, as the description of the API shows it."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
