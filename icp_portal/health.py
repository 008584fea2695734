"""Does it live, do its parts answer, and does what they do come out at the other end?

Not the process is watched but the outcome: a worker may live and its messages still lie, so the age of the oldest one
that should have gone counts beside the heartbeat.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import prometheus_client
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from redis import Redis

from clients import sight
from clients.tasks import BEAT, HEARTBEAT, OUTSIDE, QUEUE_DELAY, SENDING
from clients.views.doors import agency_only
from documents import scanner, storage
from documents.models import Document
from hooks.models import Delivery
from notifications.models import Channel, Notification, Outage, State
from notifications.services import open_outages

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

BEAT_IS_LATE = timedelta(minutes=5)
QUEUE_IS_SLOW = timedelta(minutes=10)
PAPER_IS_LATE = timedelta(minutes=15)
MESSAGE_IS_LATE = timedelta(hours=1)
CALL_IS_LATE = timedelta(minutes=15)
DESTROYING_IS_LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Part:
    """One thing that must be well: what it is for people, and what is asked of it.

    `measure` answers by itself, or with an age of which `most` is still well and `help` says what is old.
    """

    code: str
    name: str | _StrPromise
    measure: Callable[[], timedelta | bool]
    most: timedelta = timedelta()
    help: str | _StrPromise = ""


@dataclass(frozen=True)
class Finding:
    """What was found of a part: whether it answers, or how old what it does is; None where it could not be asked."""

    part: Part
    found: timedelta | bool | None

    @property
    def is_well(self) -> bool:
        if isinstance(self.found, timedelta):
            return self.found <= self.part.most
        return bool(self.found)

    @property
    def has_never(self) -> bool:
        """Nothing was ever heard of it, or not for so long that it is forgotten."""
        return self.found == timedelta.max

    @property
    def age(self) -> timedelta | None:
        return self.found if isinstance(self.found, timedelta) else None


def _database() -> bool:
    with sight.at_the_door():
        return True


def _broker() -> bool:
    cache.set("healthz", "1", 10)
    return True


def _since_heard(key: str) -> timedelta:
    """How long ago the moment is that stands under this key."""
    said = cache.get(key)
    return timedelta.max if said is None else _since(datetime.fromisoformat(said))


def _since(moment: datetime | None) -> timedelta:
    return max(timedelta(), timezone.now() - moment) if moment else timedelta()


def _queue() -> timedelta:
    """How long the newest heartbeat lay in the queue."""
    return timedelta(seconds=cache.get(QUEUE_DELAY) or 0)


def _papers() -> timedelta:
    with sight.every_client():
        waiting = Document.objects.waiting(timezone.now()).order_by("sent_at")
        return _since(waiting.values_list("sent_at", flat=True).first())


def _messages() -> timedelta:
    with sight.every_client():
        late = Notification.objects.filter(state=State.PLANNED, due_at__lte=timezone.now())
        return _since(late.order_by("due_at").values_list("due_at", flat=True).first())


def _calls() -> timedelta:
    """How long nobody has tried what should be called now; that the other side does not answer is told elsewhere."""
    with sight.every_client():
        waiting = Delivery.objects.due(timezone.now()).filter(
            hook__is_paused=False, hook__disabled_at__isnull=True
        )
        return _since(waiting.order_by("next_try_at").values_list("next_try_at", flat=True).first())


def _destroying() -> timedelta:
    """How long a paper is half gone: the store is away, or there is no place for the list."""
    with sight.every_client():
        begun = Document.objects.filter(destroying_at__isnull=False, destroyed_at__isnull=True)
        return _since(begun.order_by("destroying_at").values_list("destroying_at", flat=True).first())


def _channels() -> bool:
    return not open_outages()


PARTS = [
    Part("database", _("Database"), _database),
    Part("broker", _("Broker"), _broker),
    Part("beat", _("Clock"), lambda: _since_heard(BEAT), BEAT_IS_LATE, _("since it last rang")),
    Part("worker", _("Workers"), lambda: _since_heard(HEARTBEAT), BEAT_IS_LATE, _("since one last answered")),
    Part(
        "lookout",
        _("Looks at live sites"),
        lambda: _since_heard(OUTSIDE),
        BEAT_IS_LATE,
        _("since one last answered"),
    ),
    Part(
        "messenger",
        _("Sending of messages"),
        lambda: _since_heard(SENDING),
        BEAT_IS_LATE,
        _("since one last answered"),
    ),
    Part("queue", _("Queue"), _queue, QUEUE_IS_SLOW, _("that a task waits for its turn")),
    Part("storage", _("Storage"), storage.answers),
    Part("scanner", _("Virus scanner"), scanner.answers),
    Part("papers", _("Papers to be checked"), _papers, PAPER_IS_LATE, _("that the oldest has waited")),
    Part(
        "destroying",
        _("Papers to be destroyed"),
        _destroying,
        DESTROYING_IS_LATE,
        _("that the oldest is half gone"),
    ),
    Part("messages", _("Messages to be sent"), _messages, MESSAGE_IS_LATE, _("that the oldest is late")),
    Part(
        "hooks", _("Calls to systems of the agency"), _calls, CALL_IS_LATE, _("that nobody tried the oldest")
    ),
    Part("channels", _("Ways that messages go"), _channels),
]


def look() -> list[Finding]:
    """Each part asked once, a scanner where one is named, the lookout where sites are watched.

    Whatever goes wrong in asking, the part does not answer.
    """
    found = []
    stands = {"scanner": bool(settings.CLAMD_URL), "lookout": settings.WATCH}
    for part in PARTS:
        if not stands.get(part.code, True):
            continue
        try:
            found.append(Finding(part, part.measure()))
        except Exception:  # noqa: BLE001  each part has its own ways to fail
            found.append(Finding(part, None))
    return found


@transaction.non_atomic_requests
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """200 while the process lives."""
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all parts answer, else 503 with the names of those that do not."""
    found = look()
    away = [one.part.code for one in found if not one.is_well]
    body = {
        "status": "unavailable" if away else "ok",
        "away": away,
        "parts": [one.part.code for one in found],
    }
    response = JsonResponse(body, status=503 if away else 200)
    response["Cache-Control"] = "no-store"
    return response


@transaction.non_atomic_requests
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus, to whoever brings `METRICS_TOKEN`; where none is set, nothing is here."""
    token, brought = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(brought.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=404, content_type="text/plain")
    registry = prometheus_client.CollectorRegistry()
    up = prometheus_client.Gauge("portal_part_up", "1 where the part is well", ["part"], registry=registry)
    age = prometheus_client.Gauge(
        "portal_part_seconds", "What is measured of a part, in seconds", ["part"], registry=registry
    )
    for one in look():
        up.labels(one.part.code).set(int(one.is_well))
        if one.age is not None:
            age.labels(one.part.code).set(float("inf") if one.has_never else one.age.total_seconds())
    length = prometheus_client.Gauge(
        "portal_queue_length", "Tasks that wait for their turn", registry=registry
    )
    length.set(queue_length())
    failing = prometheus_client.Gauge(
        "portal_channel_failing",
        "1 where nothing has gone out by this way for an hour",
        ["channel"],
        registry=registry,
    )
    away = _failing()
    for channel in Channel.values:
        failing.labels(channel).set(int(channel in away))
    response = HttpResponse(
        prometheus_client.generate_latest(registry), content_type=prometheus_client.CONTENT_TYPE_LATEST
    )
    response["Cache-Control"] = "no-store"
    return response


def _failing() -> dict[str, Outage]:
    """The ways that fail; none to be known of where the database is away."""
    try:
        return {one.channel: one for one in open_outages()}
    except Exception:  # noqa: BLE001  that it is away is told beside this
        return {}


def queue_length() -> float:
    """How many tasks lie in the queue; not a number where the broker is away."""
    try:
        with Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=0.5, socket_timeout=2
        ) as broker:
            return broker.llen("celery")
    except Exception:  # noqa: BLE001  each broker has its own
        return float("nan")


def _waiting() -> str:
    length = queue_length()
    return "–" if length != length else str(int(length))  # noqa: PLR0124  not a number is unlike itself


@agency_only
@require_safe
def health_page(request: HttpRequest) -> HttpResponse:
    """The same for people: what is well, what is not, and since when."""
    if not request.user.standing.is_administrator:
        raise Http404
    found = look()
    return render(
        request,
        "settings/health.html",
        {
            "rows": found,
            "away": [one for one in found if not one.is_well],
            "waiting": _waiting(),
            "outages": list(_failing().values()),
        },
    )
