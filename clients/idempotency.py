"""A repeat of a call gets the same answer: the `Idempotency-Key` header.

    with idempotent(request, call="cases", body=payload) as once:
        case = find(once.reference) if once.reference else open_case(…)
        once.keep(case.reference)
    return 201, as_json(case)

Without the header every call is the first. With it, the same person, call, key and body find the reference that was
kept (for a day) and build the answer from it anew; another body is 422. A repeat waits for a first call that still
runs, and is 409 only where that takes too long.

A form of a page has its key in itself: `idempotent(request, call=…, key=key_of_form(request))`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import IdempotencyKey
from clients.refusals import Conflict, Invalid, error
from clients.sealing import keyed_hash

KEPT = timedelta(days=1)
LONGEST = 200
WAITS = 8.0  # seconds for a first call that is still at work; the server keeps a thread for each that waits


class Once:
    """`reference` of what the first call made, empty while there was none; `keep` writes it down."""

    def __init__(self, reference: str = "") -> None:
        self.reference = reference
        self.status = 201

    def keep(self, reference: str, status: int = 201) -> None:
        self.reference, self.status = reference, status


@contextmanager
def idempotent(
    request: HttpRequest, *, call: str, body: Any = None, key: str | None = None
) -> Iterator[Once]:
    """Run the block once for a person, call and key; it is undone as a whole where it refuses.

    `body` is what was sent (a schema, a dict, or nothing for the request's own bytes); `key` the header's unless given.
    """
    if key is not None:
        body = {} if body is None else body  # what was typed is in the key of a form
    else:
        key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        with transaction.atomic():
            yield Once()
        return
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        detail = _("Use up to %(n)d plain letters, digits and signs as key.") % {"n": LONGEST}
        raise Invalid([error("Idempotency-Key", detail)])
    user_id = request.user.pk
    if not _took_lock(f"idempotency:{user_id}:{call}:{key}"):
        raise Conflict(
            _("The first call with this key is still being worked on. Ask again in a moment."),
            "idempotency_key_in_use",
        )
    told = keyed_hash(_bytes_of(request, body), kind=f"idempotency {call}")
    mine = IdempotencyKey.objects.filter(user_id=user_id)
    mine.filter(created_at__lt=timezone.now() - KEPT).delete()
    before = mine.filter(call=call, key=key).first()
    if before is not None and before.body_hash != told:
        detail = _("This key was used for another body. Take a new key, or send what you sent before.")
        raise Invalid(
            [error("Idempotency-Key", detail, "idempotency_key_reused")], code="idempotency_key_reused"
        )
    once = Once(before.reference if before else "")
    with transaction.atomic():
        yield once
        if before is None and once.reference:
            IdempotencyKey.objects.create(
                user_id=user_id,
                call=call,
                key=key,
                body_hash=told,
                status=once.status,
                reference=once.reference,
            )


def key_of_form(request: HttpRequest) -> str:
    """The same for a second click without a script. Its sign is masked anew whenever the form is drawn, so that the
    same words can be sent again from a page that was opened again."""
    if "csrfmiddlewaretoken" not in request.POST:
        return ""
    return keyed_hash(json.dumps(sorted(request.POST.lists())), kind="form")


def _took_lock(name: str) -> bool:
    """Held until the request's transaction ends, so that whoever gets it next sees what the first one wrote."""
    until = time.monotonic() + WAITS
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            if cursor.fetchone()[0]:
                return True
        if time.monotonic() > until:
            return False
        time.sleep(0.05)


def _bytes_of(request: HttpRequest, body: Any) -> bytes:
    if body is None:
        return request.body
    if hasattr(body, "model_dump"):
        body = body.model_dump(mode="json", exclude_unset=True)
    return json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8", "replace")
