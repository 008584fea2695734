"""What nobody finished is cleared away: forms, what was posted with them, folders of workers that were killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db.models import Q
from django.utils import timezone

from clients.sight import every_client
from documents import storage
from documents.models import Upload
from documents.services.checking import FOLDER_PREFIX
from documents.services.taking import LATEST
from documents.workflow import State

log = structlog.get_logger()

BATCH = 500
# A post that began just before its form ended may still be on its way.
GRACE = timedelta(minutes=15)
OLD_FOLDER_SECONDS = 3600


def sweep_uploads(*, now: datetime | None = None) -> int:
    """Empty quarantine of every form that has ended: those never finished after a day, the others once checked.

    A form can be posted again until it ends, so what it left is dropped after that, whatever was dropped before.
    """
    now = now or timezone.now()
    ended = Q(expires_at__lt=now - GRACE)
    never_finished = Q(completed_at__isnull=True, created_at__lt=now - LATEST)
    checked = Q(completed_at__isnull=False) & ~Q(document__state=State.CHECKING)
    swept, last = 0, 0
    while True:
        with every_client():
            found = Upload.objects.filter(
                ended & (never_finished | checked), swept_at__isnull=True, pk__gt=last
            )
            batch = list(found.order_by("pk").values_list("pk", "key")[:BATCH])
        if not batch:
            return swept
        done = _drop(batch)
        with every_client():
            swept += Upload.objects.filter(pk__in=done, swept_at__isnull=True).update(swept_at=now)
        if len(done) < len(batch):
            return swept
        last = batch[-1][0]


def _drop(batch: list[tuple[int, str]]) -> list[int]:
    done = []
    for pk, key in batch:
        try:
            storage.drop_from_quarantine(key)
        except storage.StorageAway as away:
            log.warning("sweep.storage_away", error=str(away))
            break
        done.append(pk)
    return done


def sweep_folders() -> None:
    """A worker killed in the middle left a paper in its folder; an hour later nobody works there any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            about = folder.lstat()
        except OSError:
            continue
        if about.st_uid == os.geteuid() and time.time() - about.st_mtime > OLD_FOLDER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
