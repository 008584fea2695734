"""The way of a spreadsheet from a manager's browser to its rows: straight to storage, read once, and dropped."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.incoming import FORMULA
from cases.models import Incoming, Phase
from cases.services import incoming as coming
from clients.models import User
from clients.refusals import Conflict
from clients.sight import every_client
from documents import sheets, storage
from documents.services.checking import FOLDER_PREFIX

log = structlog.get_logger()

FOLDER = "imports/"
CONTENT_TYPE = "application/octet-stream"  # what it is, its bytes say


@transaction.atomic
def start_incoming(*, by: User) -> Incoming:
    """A place for a spreadsheet; the one that still waits for its file where there is one."""
    coming.ask_to_bring_in(by)
    waiting = Incoming.objects.filter(by=by, phase=Phase.WAITING).first()
    return waiting or Incoming.objects.create(by=by, key=f"{FOLDER}{secrets.token_hex(16)}")


def form_of(incoming: Incoming, *, leads_to: str) -> dict[str, Any]:
    """The form by which the browser brings the file straight to storage."""
    return storage.form_for(
        incoming.key, size=sheets.MOST_BYTES, least=1, content_type=CONTENT_TYPE, then=leads_to
    )


@transaction.atomic
def incoming_arrived(incoming: Incoming) -> None:
    """Whoever sent it says that it is there; nothing that storage says is believed."""
    told = {"phase": Phase.READING, "problem": "", "claimed_at": None, "tries": 0}
    if not Incoming.objects.filter(pk=incoming.pk, phase=Phase.WAITING).update(**told):
        raise Conflict(_("This has gone on meanwhile. Look at it again."), "phase")


def waiting_incoming(*, now: datetime | None = None) -> list[int]:
    """Ids of what nobody is reading."""
    return coming.waiting([Phase.READING], now=now)


def read_incoming(incoming_id: int, *, now: datetime | None = None) -> bool:
    """Bring one from storage into rows; True where there is something to judge now."""
    now = now or timezone.now()
    with every_client():
        free = coming.free([Phase.READING], now).filter(pk=incoming_id)
        if not free.update(claimed_at=now):
            return False
        incoming = Incoming.objects.get(pk=incoming_id)
        Incoming.objects.filter(pk=incoming_id).update(tries=incoming.tries + 1)
    if incoming.tries >= coming.DEATHS:
        _refuse(incoming, "could_not_read")
        return False
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        source = Path(folder) / "file"
        try:
            storage.fetch_once(incoming.key, source, limit=sheets.MOST_BYTES)
            sheet = sheets.read_sheet(source)
        except storage.Missing:
            _back_to_waiting(incoming)
            return False
        except sheets.Unreadable as refusal:
            _refuse(incoming, refusal.code)
            return False
        except (storage.StorageAway, sheets.Died) as away:
            log.warning("import.not_read", incoming=incoming.reference, error=str(away))
            with every_client():
                Incoming.objects.filter(pk=incoming_id).update(claimed_at=None)
            return False
    if len(sheet.rows) < 2:
        _refuse(incoming, "empty")
        return False
    rows = [
        (number, [FORMULA if cell == sheets.FORMULA else cell for cell in cells])
        for number, cells in sheet.rows
    ]
    with every_client():
        coming.keep_rows(incoming, rows, sheet=sheet.name, others=sheet.others)
    _drop(incoming)
    log.info("import.read", incoming=incoming.reference, rows=len(rows))
    return True


def _back_to_waiting(incoming: Incoming) -> None:
    """Nothing had been sent; the form is there again."""
    with every_client():
        Incoming.objects.filter(pk=incoming.pk).update(
            phase=Phase.WAITING, problem="not_sent", claimed_at=None, tries=0
        )


def _refuse(incoming: Incoming, code: str) -> None:
    with every_client():
        Incoming.objects.filter(pk=incoming.pk).update(phase=Phase.REFUSED, problem=code, claimed_at=None)
    _drop(incoming)


def _drop(incoming: Incoming) -> None:
    """Read once, it is needed no more; what storage could not drop now goes with the next sweep."""
    with contextlib.suppress(storage.StorageAway):
        storage.drop_from_quarantine(incoming.key)


def sweep_incoming() -> None:
    """What nobody confirmed in a week is forgotten, and a file goes that waits for no reader.

    Quarantine itself is asked what lies there: a form can be posted again until it ends, whatever became of its row.
    """
    coming.sweep()
    try:
        lying = storage.in_quarantine_below(FOLDER)
        with every_client():
            unread = Incoming.objects.filter(key__in=lying, phase__in=[Phase.WAITING, Phase.READING])
            wanted = set(unread.values_list("key", flat=True))
        for key in lying:
            if key not in wanted:
                storage.drop_from_quarantine(key)
    except storage.StorageAway as away:
        log.warning("sweep.storage_away", error=str(away))
