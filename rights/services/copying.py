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
from clients.refusals import Conflict, TooMany
from clients.services.traces import record
from clients.sight import every_client, sight_of
from documents import storage
from documents.models import DEATHS, Document
from documents.services import traces
from documents.services.exports import sight_mark
from documents.services.handouts import sweep_fetched
from rights.models import OwnCopy
from rights.queries import own_files
from rights.services.telling import Chapter, chapters

log = structlog.get_logger()

MOST_A_DAY = 3
SPOOLED = 2_000_000  # bytes kept in memory before a file takes them
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
    with every_client():
        return OwnCopy.objects.ids_waiting(now or timezone.now(), limit)


def make_copy(copy_id: int, *, now: datetime | None = None) -> None:
    """Bring one from promised to made; does nothing where somebody else is at it."""
    copy = _claim(copy_id, now or timezone.now())
    if copy is None:
        return
    if copy.tries > DEATHS:
        _end(copy, problem="could_not_make")
        return
    with every_client():
        person = User.objects.get(pk=copy.asked_by_id)
        seen = sight_mark(person)
    if not person.standing.is_member:
        _end(copy, problem="not_yours")
        return
    try:
        with tempfile.SpooledTemporaryFile(SPOOLED) as file, translation.override(person.language):
            held = _write(file, person)
            size = file.tell()
            file.seek(0)
            written = storage.put(copy.key, file, content_type=TYPE)  # type: ignore[arg-type]
    except storage.StorageAway as away:
        log.warning("own_copy.storage_away", copy=copy.reference, error=str(away))
        _end(copy, claimed_at=None, tries=copy.tries - 1)
        return
    with every_client():
        OwnCopy.objects.claimed_as(copy).update(
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
        there = {}
        for paper in papers:
            content = _bytes_of(paper)
            if content is not None:
                archive.writestr(named[paper.reference], content, zipfile.ZIP_STORED)
                there[paper.reference] = named[paper.reference]
        with sight_of(person):
            told = chapters(person, there)
        archive.writestr("data.json", _as_json(told))
        page = {"chapters": told, "person": person, "at": timezone.now(), "agency": the_agency()}
        archive.writestr("data.html", render_to_string("rights/copy.html", page))
    return sorted(there)


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


def _claim(copy_id: int, now: datetime) -> OwnCopy | None:
    with every_client():
        return OwnCopy.objects.get(pk=copy_id) if OwnCopy.objects.claim(copy_id, now) else None


def _end(copy: OwnCopy, **told) -> None:
    with every_client():
        OwnCopy.objects.claimed_as(copy).update(**told)


# ── Fetching ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def open_copy(copy: OwnCopy, *, by: User, now: datetime | None = None) -> str:
    """A link that dies within the minute, after its traces: one look a paper in it; `Conflict` where it is gone."""
    now = now or timezone.now()
    gone = Conflict(_("This is not there any more. Ask for it anew."), "gone")
    if copy.asked_by_id != by.pk or not copy.is_there(now):
        raise gone
    if copy.seen != sight_mark(by):
        raise Conflict(_("What you may see has changed since. Ask for it anew."), "gone")
    if not storage.stands(copy.key, version=copy.version, size=copy.size, etag=copy.etag):
        raise gone
    papers = Document.objects.select_related("client", "case", "requirement")
    for paper in papers.filter(reference__in=copy.documents).order_by("id"):
        traces.leave(paper, "paper.viewed", by=by, at=now, is_told=True, why="copy", download=True)
    record("own_data.fetched", by=by, about=by, papers=len(copy.documents))
    return storage.link_to(
        copy.key,
        version=copy.version,
        filename=f"{copy.reference}.zip",
        content_type=TYPE,
        inline=False,
    )


def sweep_copies(*, now: datetime | None = None) -> int:
    """None of them lies there longer than its time: no version of it, no marker."""
    return sweep_fetched(OwnCopy, now or timezone.now())
