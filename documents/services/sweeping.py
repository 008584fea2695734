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
from documents.services import parts
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
    is_over = Q(created_at__lt=now - LATEST) | Q(cancelled_at__isnull=False)
    never_finished = Q(completed_at__isnull=True) & is_over
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
        done = drop_lying(batch)
        with every_client():
            swept += Upload.objects.filter(pk__in=done, swept_at__isnull=True).update(swept_at=now)
        if len(done) < len(batch):
            return swept
        last = batch[-1][0]


def drop_lying(batch: list[tuple[int, str]]) -> list[int]:
    """Ids whose key in quarantine holds nothing any more; a store that is away keeps the rest for the next time."""
    done = []
    for pk, key in batch:
        try:
            storage.drop_from_quarantine(key)
        except storage.StorageAway as away:
            log.warning("sweep.storage_away", error=str(away))
            break
        done.append(pk)
    return done


def sweep_parts(*, now: datetime | None = None) -> int:
    """Drop what lies in quarantine in parts and belongs to no upload that may still be finished, or is more than it.

    A row that was rolled back leaves parts without a name, and one that is on its way when all is dropped begins anew.
    """
    now, dropped = now or timezone.now(), 0
    try:
        found = storage.unfinished()
        with every_client():
            names = [one.parts_id for one in found]
            living = {
                one.parts_id: one
                for one in Upload.objects.filter(parts_id__in=names).open(now)  # type: ignore[attr-defined]
            }
        for one in found:
            upload = living.get(one.parts_id)
            if upload is None and one.since > now - GRACE:
                continue  # its row may not be written yet
            if upload and not parts.is_too_much(upload, storage.arrived_parts(one.key, one.parts_id)):
                continue
            if upload:
                with every_client():
                    parts.put_an_end_to(upload, now=now)
            storage.drop_parts(one.key, one.parts_id)
            dropped += 1
    except storage.Missing:
        pass  # joined while we looked; the rest the next time
    except storage.StorageAway as away:
        log.warning("sweep.storage_away", error=str(away))
    return dropped


def sweep_folders() -> None:
    """A worker killed in the middle left a paper in its folder; an hour later nobody works there any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            about = folder.lstat()
        except OSError:
            continue
        if about.st_uid == os.geteuid() and time.time() - about.st_mtime > OLD_FOLDER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
