"""Does it live, and do its parts answer?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients import sight
from clients.tasks import HEARTBEAT
from documents import storage

BEAT_IS_LATE = timedelta(minutes=5)


@transaction.non_atomic_requests
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """200 while the process lives."""
    return JsonResponse({"status": "ok"})


def _database() -> bool:
    with sight.at_the_door():
        return True


def _broker() -> bool:
    cache.set("healthz", "1", 10)
    return True


def _worker() -> bool:
    """A worker ran what beat rang within the last five minutes."""
    last = cache.get(HEARTBEAT)
    return last is not None and timezone.now() - datetime.fromisoformat(last) < BEAT_IS_LATE


def _storage() -> bool:
    return storage.answers()


PARTS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "storage": _storage,
}


@transaction.non_atomic_requests
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all parts answer, else 503 with the names of those that do not."""
    away = []
    for name, answers in PARTS.items():
        try:
            if not answers():
                away.append(name)
        except Exception:  # noqa: BLE001 (whatever it is, the part does not answer)
            away.append(name)
    body = {"status": "unavailable" if away else "ok", "away": away, "parts": list(PARTS)}
    response = JsonResponse(body, status=503 if away else 200)
    response["Cache-Control"] = "no-store"
    return response
