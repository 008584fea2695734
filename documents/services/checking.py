"""The worker's part: a file leaves quarantine, is judged in a child, and becomes a paper or is refused.

Nothing here holds a transaction while it works. The row is claimed, the work is done, the result is written in one
transaction; killed at any line, the next worker begins again and comes to the same end. Objects are named once, by the
row, so that a second beginning writes over the first; where there is none, the row says that objects may lie there, and
they are dropped.
"""

from __future__ import annotations

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone

from cases.models import Audience, Case
from cases.services import checklist
from clients.sealing import keyed_hash, seal
from clients.sight import every_client
from documents import scanner, storage
from documents.inspection import Inspection, inspect
from documents.models import DEATHS, Document, Preview
from documents.services import reading, traces
from documents.workflow import State

log = structlog.get_logger()

FOLDER_PREFIX = "icp-paper-"
HANDS = 4  # that write to the store at once


class Lain(NamedTuple):
    """A file as the store took it: its word, the size and the SHA-256 of what it was given."""

    written: storage.Written
    size: int
    sha256: str


class Kept(NamedTuple):
    """What was written to papers."""

    sealed: storage.Written
    copy: Lain
    thumb: Lain
    previews: list[Lain]


def waiting_documents(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Ids of files that nobody is checking, oldest first; bells may have been lost."""
    with every_client():
        found = Document.objects.waiting(now or timezone.now()).order_by("id")
        return list(found.values_list("pk", flat=True)[:limit])


def check_document(document_id: int, *, now: datetime | None = None) -> None:
    """Bring one file from *checking* to its verdict; does nothing where somebody else is at it."""
    for _turn in range(DEATHS + 1):
        document = _claim(document_id, now or timezone.now())
        if document is None:
            return
        if document.tries > DEATHS:
            _refuse(document, "could_not_open")
            return
        if _check_once(document):
            return


def _claim(document_id: int, now: datetime) -> Document | None:
    """Whoever changes the row owns the check; a beginning counts before it is known how it ends."""
    with every_client():
        won = (
            Document.objects.waiting(now).filter(pk=document_id).update(claimed_at=now, tries=F("tries") + 1)
        )
        if not won:
            return None
        return Document.objects.select_related("client", "case", "requirement", "upload").get(pk=document_id)


def _check_once(document: Document) -> bool:
    """One attempt; False where the child died and the file may be tried again."""
    try:
        with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
            found, source = _judge(document, Path(folder))
            if found.verdict == "died":
                log.warning("document.child_died", document=document.reference, tries=document.tries)
                return not _put_back(document, is_death=True)
            if found.verdict == "refused":
                _refuse(document, found.reason)
                return True
            content_hash = _hash_of(document, found)
            if not _begins_to_write(document):
                _leave(document)
                return True
            kept = _keep(document, found, source)
        _take(document, found, kept, content_hash)
    except scanner.ScannerSilent as silence:
        log.warning("document.scanner_silent", document=document.reference, error=str(silence))
        _put_back(document, waits_for="scanner")
    except storage.StorageAway as away:
        log.warning("document.storage_away", document=document.reference, error=str(away))
        _put_back(document, waits_for="storage")
    return True


def _judge(document: Document, folder: Path) -> tuple[Inspection, Path]:
    source, upload = folder / "file", document.upload
    try:
        lying = storage.fetch_once(upload.key, source, limit=upload.size)
    except storage.Missing:
        return Inspection("refused", "", 0, reason="lost"), source
    if not upload.fits(lying.size):
        return Inspection("refused", "", lying.size, reason="size_differs"), source
    declared = upload.content_type if upload.is_exact else ""
    found = inspect(source, folder / "out", declared_type=declared)
    if found.verdict == "ok" and upload.mark and upload.mark != _hash_of(document, found):
        return Inspection("refused", found.sha256, found.size, reason="size_differs"), source
    if found.verdict == "ok" and (virus := scanner.scan(source)):
        log.warning("document.virus", document=document.reference, found=virus)
        return Inspection("refused", found.sha256, found.size, reason="malware"), source
    return found, source


def _hash_of(document: Document, found: Inspection) -> str:
    return keyed_hash(found.sha256, kind=f"paper:{document.client.reference}")


def _begins_to_write(document: Document) -> bool:
    """Said before the first object lies there, for no row may ever tell of it; False where the claim stands no more."""
    document.writing_at = timezone.now()
    with every_client():
        return bool(_claimed(document).update(writing_at=document.writing_at))


def _keep(document: Document, found: Inspection, source: Path) -> Kept:
    """The original sealed, the clean copy and its pages as people see them; all under names no form was made for."""
    assert found.copy is not None
    assert found.thumb is not None
    sealed = seal(source.read_bytes(), row=document.reference)
    pictures = [
        (document.copy_key, found.copy, found.copy_type),
        (document.thumb_key, found.thumb, "image/jpeg"),
    ]
    pictures += [
        (document.preview_key(number), page, "image/jpeg")
        for number, page in enumerate(found.previews, start=1)
    ]
    with ThreadPoolExecutor(HANDS) as hands:  # most of it is waiting for the store
        original = hands.submit(
            storage.put, document.sealed_key, sealed, content_type="application/octet-stream"
        )
        copy, thumb, *previews = hands.map(_put_file, pictures)
    return Kept(original.result(), copy, thumb, previews)


def _put_file(one: tuple[str, Path, str]) -> Lain:
    key, path, content_type = one
    content = path.read_bytes()
    written = storage.put(key, content, content_type=content_type)
    return Lain(written, len(content), hashlib.sha256(content).hexdigest())


def _take(
    document: Document, found: Inspection, kept: Kept, content_hash: str, *, now: datetime | None = None
) -> None:
    now = now or timezone.now()
    with every_client():
        case, mine = _lock(document)
        if mine is not None:
            _write(mine, case, found, kept, content_hash, now)
    if mine is None:
        _leave(document)
        return
    log.info("document.available", document=document.reference, kind=found.kind, pages=found.pages)
    _empty_quarantine(document)


def _write(
    mine: Document, case: Case, found: Inspection, kept: Kept, content_hash: str, now: datetime
) -> None:
    same = Document.objects.filter(client_id=mine.client_id, content_hash=content_hash).exclude(pk=mine.pk)
    mine.duplicate_of = same.order_by("id").first()
    mine.take()
    mine.kind, mine.size, mine.content_hash = found.kind, found.size, content_hash
    mine.sealed_version = kept.sealed.version
    mine.copy_type, mine.copy_sha256 = found.copy_type, found.copy_sha256
    mine.copy_size = kept.copy.size
    mine.copy_version, mine.copy_etag = kept.copy.written.version, kept.copy.written.etag
    mine.thumb_version, mine.thumb_size = kept.thumb.written.version, kept.thumb.size
    mine.width, mine.height = found.width, found.height
    mine.notes = [*found.notes, *(["duplicate"] if mine.duplicate_of else [])]
    mine.checked_at, mine.waits_for, mine.writing_at = now, "", None
    mine.save()
    Preview.objects.filter(document=mine).delete()
    Preview.objects.bulk_create(
        Preview(
            document=mine,
            client_id=mine.client_id,
            number=number,
            version=page.written.version,
            size=page.size,
            sha256=page.sha256,
        )
        for number, page in enumerate(kept.previews, start=1)
    )
    reading.ask_for(mine)
    same_as: dict[str, Any] = {"same_as": mine.duplicate_of.reference} if mine.duplicate_of else {}
    traces.leave(mine, "paper.available", by=None, case=case, at=now, sha256=mine.copy_sha256, **same_as)


def _refuse(document: Document, code: str) -> None:
    now = timezone.now()
    with every_client():
        case, mine = _lock(document)
        if mine is None:
            return
        mine.refuse()
        mine.reasons = [{"code": code, "note": ""}]
        mine.checked_at, mine.waits_for = now, ""
        mine.save(update_fields=["state", "reasons", "checked_at", "waits_for"])
        checklist.paper_refused(mine.requirement, mine.reference, reasons=[code], now=now)
        traces.leave(mine, "paper.refused", by=None, case=case, at=now, reasons=mine.reasons)
        if code in ("could_not_open", "lost", "malware"):
            # The client hears what to do by the refusal; this one asks staff to look.
            traces.leave(
                mine, "paper.trouble", by=None, case=case, at=now, audience=Audience.INTERNAL, code=code
            )
    log.info("document.refused", document=document.reference, code=code)
    _empty_quarantine(document)


def _lock(document: Document) -> tuple[Case, Document | None]:
    """The case, then its document, where this claim still stands; a newer file or another worker may have come."""
    case = Case.objects.locked(document.case)
    now = Document.objects.select_related("client", "case", "requirement__case", "upload").locked(document)
    if now.state != State.CHECKING or now.claimed_at != document.claimed_at:
        return case, None
    return case, now


def _leave(document: Document) -> None:
    """Replaced or taken back while it was checked: nothing of it is kept. Where another worker took over, all of it is
    that one's."""
    with every_client():
        if not Document.objects.without_paper().filter(pk=document.pk).exists():
            return
    log.info("document.replaced", document=document.reference)
    _drop_written(document)
    _empty_quarantine(document)


def _drop_written(document: Document) -> None:
    """The mark goes last, and only as it was read: another worker may have begun to write since."""
    drop_kept(document)
    with every_client():
        Document.objects.filter(pk=document.pk, writing_at=document.writing_at).update(writing_at=None)


def drop_kept(document: Document) -> None:
    """The store keeps nothing of it, whether or not a row tells of it, save what another filing of the client took
    over."""
    with every_client():
        same = Document.objects.filter(client=document.client_id, token=document.token)
        if same.exclude(pk=document.pk).exists():
            return
        known = document.keys()
    for key in {*known, *storage.lying_below(document.pages_prefix)}:
        storage.drop_paper(key)
    reading.forget(document)


def _put_back(document: Document, *, waits_for: str = "", is_death: bool = False) -> bool:
    """Free the claim. A death stays counted; a store or scanner that is away is not the file's fault."""
    tries = document.tries if is_death else max(0, document.tries - 1)
    with every_client():
        return bool(_claimed(document).update(claimed_at=None, tries=tries, waits_for=waits_for))


def _claimed(document: Document) -> QuerySet[Document]:
    """That row, while the claim with which it was read still stands."""
    return Document.objects.filter(pk=document.pk, state=State.CHECKING, claimed_at=document.claimed_at)


def _empty_quarantine(document: Document) -> None:
    """Best done now, done for certain by the sweep once the form has ended."""
    try:
        storage.drop_from_quarantine(document.upload.key)
    except storage.StorageAway as away:
        log.warning("document.quarantine_left", document=document.reference, error=str(away))


# ── What a worker left that is gone ─────────────────────────────────────────────────────────────────────────────────


def left_documents(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Ids of papers of which nothing is kept, and something may lie in the store all the same."""
    with every_client():
        found = Document.objects.left_behind(now or timezone.now()).order_by("writing_at")
        return list(found.values_list("pk", flat=True)[:limit])


def drop_left(document_id: int, *, now: datetime | None = None) -> None:
    """Killed before a row told of what it had written, it came back to nothing; twice is once."""
    with every_client():
        found = Document.objects.left_behind(now or timezone.now()).filter(pk=document_id)
        document = found.select_related("client").first()
    if document is None:
        return
    try:
        _drop_written(document)
    except storage.StorageAway as away:
        log.warning("document.not_dropped", document=document.reference, error=str(away))
