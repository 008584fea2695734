"""The worker's part of reading: a paper that was taken is read after its check, one at a time in the whole house.

Nothing waits for it, and nobody is held up by it. What was read is compared, hashed and forgotten; no word of it is
written, not in a row and not in a log. The row is claimed; killed at any line, the next worker begins again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from cases.models import Person
from clients.sealing import keyed_hash
from clients.sight import every_client
from documents import reading, storage
from documents.models import DEATHS, Document, Preview, Reading
from documents.workflow import VIEWABLE
from trade.printed import PRINTED, found_on

log = structlog.get_logger()

LOCK = 7_364_123  # the claim's name among the database's advisory locks


def ask_for(document: Document) -> None:
    """A row for a paper that says something to hold against the facts, in the caller's transaction."""
    kind = document.requirement.kind
    if settings.READING and kind in PRINTED:
        row = Reading(client_id=document.client_id, token=document.token, paper=kind)
        Reading.objects.bulk_create([row], ignore_conflicts=True)


def forget(document: Document) -> None:
    """What a machine saw on these objects goes with them."""
    with every_client():
        Reading.objects.get_queryset().of(document).delete()  # type: ignore[attr-defined]


def read_next(*, now: datetime | None = None) -> bool:
    """Read the oldest paper that waits; False where none does, where one is being read, and where the store is away."""
    row = _claim(now or timezone.now())
    if row is None:
        return False
    if row.tries > DEATHS:
        return _give_up(row, "died")
    document, pages = _paper_of(row)
    if document is None:
        return _drop(row)
    try:
        pictures = [_page(document, page) for page in pages]
    except storage.StorageAway as away:
        log.warning("reading.storage_away", document=document.reference, error=str(away))
        return not _put_back(row, tries=row.tries - 1)
    except storage.Missing:
        return _give_up(row, "lost")
    found = reading.read(pictures)
    log.info("reading.read", document=document.reference, verdict=found.verdict)
    if found.verdict == "died":
        return _put_back(row, tries=row.tries)
    if found.verdict == "too_heavy":
        return _give_up(row, "too_heavy")
    return _keep(row, found)


def _claim(now: datetime) -> Reading | None:
    """Whoever changes the row owns the reading; a beginning counts before it is known how it ends."""
    with every_client():
        _wait_for_the_turn()
        rows = Reading.objects.get_queryset()
        if rows.under_way(now).exists():  # type: ignore[attr-defined]
            return None
        first = rows.waiting(now).order_by("id").values_list("pk", flat=True).first()  # type: ignore[attr-defined]
        won = rows.waiting(now).filter(pk=first).update(claimed_at=now, tries=F("tries") + 1)  # type: ignore[attr-defined]
        return rows.get(pk=first) if won else None


def _wait_for_the_turn() -> None:
    """Of two that looked at once each would see nothing under way, and take another paper."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _paper_of(row: Reading) -> tuple[Document | None, list[Preview]]:
    """A paper that is these objects and can still be looked at, with its first pages."""
    with every_client():
        papers = Document.objects.filter(
            client=row.client_id, token=row.token, state__in=VIEWABLE, destroying_at__isnull=True
        )
        document = papers.exclude(copy_sha256="").select_related("client").order_by("id").first()
        pages = document.previews.all()[: reading.MOST_PAGES] if document else []
        return document, list(pages)


def _page(document: Document, page: Preview) -> bytes:
    """As the check drew it, or not at all."""
    content = storage.get(document.preview_key(page.number), version=page.version)
    if hashlib.sha256(content).hexdigest() != page.sha256:
        raise storage.Missing
    return content


def _keep(row: Reading, found: reading.Read) -> bool:
    """What is left of it: verdicts, a day, and hashes that say of one number whether it is the one."""
    told = found_on(row.paper, [text for text, _score in found.lines])
    return _end(
        row,
        read_at=timezone.now(),
        is_clear=found.is_clear,
        is_zone_right=told.zone.is_right if told.zone else None,
        numbers=[row.mark_of(keyed_hash(number, kind=Person.number_kind)) for number in told.numbers],
        sure=told.sure,
        until=told.until,
        is_without_end=told.is_without_end,
    )


def _give_up(row: Reading, problem: str) -> bool:
    log.warning("reading.given_up", problem=problem, tries=row.tries)
    return _end(row, problem=problem)


def _end(row: Reading, **told: object) -> bool:
    """Where the claim still stands: the paper may have been destroyed meanwhile, and its row with it."""
    with every_client():
        Reading.objects.filter(pk=row.pk, claimed_at=row.claimed_at, read_at__isnull=True).update(**told)
    return True


def _put_back(row: Reading, *, tries: int) -> bool:
    """Free the claim. A death stays counted; a store that is away is not the paper's fault."""
    with every_client():
        mine = Reading.objects.filter(pk=row.pk, claimed_at=row.claimed_at, read_at__isnull=True)
        mine.update(claimed_at=None, tries=tries)
    return True


def _drop(row: Reading) -> bool:
    """Taken back or destroyed before it was read."""
    with every_client():
        Reading.objects.filter(pk=row.pk).delete()
    return True
