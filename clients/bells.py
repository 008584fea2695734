"""Bells that wake a worker for a row. A lost one costs a minute and loses nothing, for beat rings again."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from celery import Task
from django.db import transaction

log = structlog.get_logger()


def ring_when_committed(task: Task, *ids: int, **options: Any) -> None:
    """Once the row is there for the worker to see."""
    transaction.on_commit(partial(ring, task, *ids, **options), robust=True)


def ring(task: Task, *ids: int, **options: Any) -> None:
    """Now; a broker that is away delays it until beat does."""
    try:
        task.apply_async(ids, **options)
    except Exception as error:  # noqa: BLE001  each broker has its own
        log.warning("bell.broker_away", error=type(error).__name__)
