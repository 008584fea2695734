"""What is kept in the cache and counted there: its being away makes things slower, and never stops a page."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.cache import cache
from django.utils import timezone

log = structlog.get_logger()


def recall(key: str) -> Any:
    """What is kept under this key; None where there is nothing, or the cache is away."""
    try:
        return cache.get(key)
    except Exception:  # noqa: BLE001  each cache has its own
        return None


def keep(key: str, value: Any, seconds: int) -> None:
    try:
        cache.set(key, value, seconds)
    except Exception as error:  # noqa: BLE001
        log.warning("cache.not_kept", key=key, error=type(error).__name__)


def forget(key: str) -> None:
    """Where the cache is away, what it holds ends by itself."""
    try:
        cache.delete(key)
    except Exception as error:  # noqa: BLE001
        log.warning("cache.not_forgotten", key=key, error=type(error).__name__)


def is_within(what: str, asker: str, most: int) -> bool:
    """One more in this minute, and whether those are no more than `most`; where the counters are away, any."""
    key = f"{what}:{asker}:{timezone.now():%H%M}"
    try:
        cache.add(key, 0, 90)
        return cache.incr(key) <= most
    except ValueError:  # gone between the two
        return True
    except Exception as fault:
        if isinstance(fault, OSError) or type(fault).__module__.startswith("redis"):
            return True
        raise
