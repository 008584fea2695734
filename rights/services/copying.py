"""A copy of one's own data: promised, made by the worker, fetched by its person alone, gone within the hour.

Made in the person's own sight, so it can hold nothing that they could not look at. Killed at any line, the next worker
begins again under the same name.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clients.models import User
from clients.queries import the_agency
from clients.refusals import TooMany
from clients.services.traces import record
from clients.sight import sight_of
from documents import storage
from documents.models import Document
from documents.services import fetched, traces
from documents.services.handouts import sweep_fetched
from rights.models import OwnCopy
from rights.queries import own_files
from rights.services.telling import Chapter, chapters

log = structlog.get_logger()

MOST_A_DAY = 3
MOST_FILES = 500
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
TYPE = "application/zip"


@transaction.atomic
def ask_copy(*, by: User, now: datetime | None = None) -> OwnCopy:
    """Promise one. Asked again while it is being made it is the same; more than three a day are refused."""
    now = now or timezone.now()
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)  # a double click makes no second
    mine = OwnCopy.objects.filter(asked_by=by)
    making = mine.filter(made_at__isnull=True, problem="").first()
    if making is not None:
        return making
    lately = mine.filter(asked_at__gt=now - timedelta(days=1)).order_by("-id")
    if lately.count() >= MOST_A_DAY:
        wait = lately[MOST_A_DAY - 1].asked_at + timedelta(days=1) - now
        sentence = _("You have had %(n)d copies within a day. Ask again tomorrow.") % {"n": MOST_A_DAY}
        raise TooMany(sentence, wait=int(wait.total_seconds()))
    copy = OwnCopy.objects.create(asked_by=by, asked_at=now)
    record("own_data.asked", by=by, about=by)
    return copy


# ── By the worker ───────────────────────────────────────────────────────────────────────────────────────────────────


def waiting_copies(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Ids of what nobody is making."""
    return fetched.waiting(OwnCopy, now, limit)


def make_copy(copy_id: int, *, now: datetime | None = None) -> None:
    """Bring one from promised to made; does nothing where somebody else is at it."""
    begun = fetched.begin(OwnCopy, copy_id, now=now, may=lambda person: person.standing.is_member)
    if begun is None:
        return
    copy, person, seen = begun
    try:
        with tempfile.SpooledTemporaryFile(fetched.SPOOLED) as file, translation.override(person.language):
            held = _write(file, person)
            size = file.tell()
            file.seek(0)
            written = storage.put(copy.key, file, content_type=TYPE)  # type: ignore[arg-type]
    except storage.StorageAway as away:
        log.warning("own_copy.storage_away", copy=copy.reference, error=str(away))
        fetched.put_back(copy)
        return
    fetched.settle(
        copy,
        made_at=timezone.now(),
        size=size,
        seen=seen,
        documents=held,
        version=written.version,
        etag=written.etag,
    )
    log.info("own_copy.made", copy=copy.reference, size=size)


def _write(file, person: User) -> list[str]:
    """The archive; the references of the papers whose files are in it.

    What is read of the database is read at once, and no transaction waits for the store.
    """
    with sight_of(person):
        papers = [] if person.standing.is_agency else list(own_files(person)[:MOST_FILES])
        named = {paper.reference: _name_of(paper) for paper in papers}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for paper in papers:
            content = _bytes_of(paper)
            if content is None:
                named[paper.reference] = ""
            else:
                archive.writestr(named[paper.reference], content, zipfile.ZIP_STORED)
        with sight_of(person):
            told = chapters(person, named)
        archive.writestr("data.json", _as_json(told))
        page = {"chapters": told, "person": person, "at": timezone.now(), "agency": the_agency()}
        archive.writestr("data.html", render_to_string("rights/copy.html", page))
    return sorted(reference for reference, name in named.items() if name)


def _name_of(paper: Document) -> str:
    """A name that any system takes; none of its letters came from a stranger."""
    kind = f"{paper.requirement.kind}-{paper.requirement.of}"
    return f"papers/{paper.case.reference}/{kind}-{paper.reference}.{ENDINGS.get(paper.copy_type, 'bin')}"


def _bytes_of(paper: Document) -> bytes | None:
    """The bytes that were found right; None where the store has lost them or holds others."""
    try:
        content = storage.get(paper.copy_key, version=paper.copy_version)
    except storage.Missing:
        return None
    return content if hashlib.sha256(content).hexdigest() == paper.copy_sha256 else None


def _as_json(told: list[Chapter]) -> str:
    whole = {chapter.code: [{one.code: one.value for one in row} for row in chapter.rows] for chapter in told}
    return json.dumps(whole, ensure_ascii=False, indent=1)


# ── Fetching ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def open_copy(copy: OwnCopy, *, by: User, now: datetime | None = None) -> str:
    """A link that dies within the minute, after its traces: one look a paper in it; `Conflict` where it is gone."""
    now = now or timezone.now()
    fetched.ask_whether_theirs(copy, by, now)
    papers = Document.objects.select_related("client", "case", "requirement")
    for paper in papers.filter(reference__in=copy.documents).order_by("id"):
        traces.leave(paper, "paper.viewed", by=by, at=now, is_told=True, why="copy", download=True)
    record("own_data.fetched", by=by, about=by, papers=len(copy.documents))
    return fetched.link_to(copy, filename=f"{copy.reference}.zip", content_type=TYPE)


def sweep_copies(*, now: datetime | None = None) -> int:
    """None of them lies there longer than its time: no version of it, no marker."""
    return sweep_fetched(OwnCopy, now or timezone.now())


def copies_with(papers: list[str]) -> list[OwnCopy]:
    """Those that may still hold one of these papers, for whoever destroys the papers."""
    return list(OwnCopy.objects.filter(documents__overlap=papers, dropped_at__isnull=True))
