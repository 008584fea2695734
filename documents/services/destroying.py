"""On its day an identity paper is destroyed: every version, marker, page, stamp and pack, and a certificate says so.

The day is promised to the client, so it comes whether or not two persons of the agency have released it; a legal hold
alone stops it, and another filing that still uses the same objects. Claimed in rows, so that a store that goes away in
the middle is gone on with, and twice is once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.models import Case
from clients.queries import the_agency
from clients.sight import every_client
from documents import destroyed, keeping, storage
from documents.models import STALE, Destruction, Document, Fetched, Handout, Preview, Reading
from documents.services import traces

log = structlog.get_logger()

BATCH = 50
Group = tuple[int, str]  # a client, and the token that names the objects
# What a higher floor has made of papers with these references.
Beside = Callable[[list[str]], Iterable[Fetched]]


def destroy_due(*, now: datetime | None = None, beside: Beside = lambda _papers: ()) -> int:
    """All whose day has come; how many papers are gone. A store that is away ends it, and the next ring goes on."""
    now, gone = now or timezone.now(), 0
    while groups := _claim(now):
        for group in groups:
            count = _destroy(group, now, beside)
            if count is None:
                return gone
            gone += count
    return gone


def replay_destroyed(*, now: datetime | None = None, beside: Beside = lambda _papers: ()) -> int:
    """What an older copy of database or store has brought back goes again; how many papers that were."""
    now, gone = now or timezone.now(), 0
    lines = destroyed.entries()
    while by_token := {line["token"]: line for line in islice(lines, 500)}:
        with every_client():
            back = keeping.stored().filter(token__in=by_token, destroying_at__isnull=True)
            found = set(back.values_list("client_id", "token"))
            back.update(destroying_at=now, claimed_at=now)
        for group in sorted(found):
            gone += _destroy(group, now, beside, line=by_token[group[1]]) or 0
    if gone:
        log.warning("documents.destroyed_again", count=gone)
    return gone


def claim_for(erasure: str, papers: Iterable[int], *, now: datetime) -> int:
    """Papers whose person wants them gone before their day: nobody opens them from here on, and the next ring destroys
    them. In the caller's transaction; what the law holds back or another filing still uses is left. How many it took.
    """
    held = Document.objects.filter(pk__in=list(papers)).order_by("id").select_for_update(of=("self",))
    tokens = set(held.values_list("token", flat=True))
    every = keeping.with_stops(keeping.stored().filter(token__in=tokens, destroying_at__isnull=True))
    free: dict[Group, list[int]] = {}
    bound: set[Group] = set()
    wanted = set(held.values_list("pk", flat=True))
    for paper in every:
        group = (paper.client_id, paper.token)
        free.setdefault(group, []).append(paper.pk)
        if paper.is_held or paper.pk not in wanted:  # type: ignore[attr-defined]
            bound.add(group)
    mine = [pk for group, pks in free.items() if group not in bound for pk in pks]
    # Begun long ago, as the sweep reads it: whoever rings next takes them.
    return Document.objects.filter(pk__in=mine).update(
        destroying_at=now, claimed_at=now - 2 * STALE, erasure=erasure
    )


# ── Whose turn it is ────────────────────────────────────────────────────────────────────────────────────────────────


def _claim(now: datetime) -> list[Group]:
    """Papers that nobody opens from here on. Their rows are held, then all is asked once more: whoever takes one over
    for another filing, or puts a hold on it, holds its row as well."""
    day = beijing_day(now)
    with every_client():
        begun = Document.objects.filter(
            destroyed_at__isnull=True, destroying_at__isnull=False, claimed_at__lt=now - STALE
        )
        free = keeping.nearing(day).filter(destroying_at__isnull=True, is_held=False, is_shared=False)
        groups = set(begun.values_list("client_id", "token")[:BATCH])
        groups |= set(free.order_by("id").values_list("client_id", "token")[:BATCH])
        if not groups:
            return []
        tokens = [token for _client, token in groups]
        every = keeping.stored().filter(token__in=tokens)
        held = set(
            every.order_by("id")
            .select_for_update(of=("self",), skip_locked=True)
            .values_list("pk", flat=True)
        )
        mine = set(free.filter(pk__in=held).values_list("pk", flat=True))
        mine |= set(begun.filter(pk__in=held).values_list("pk", flat=True))
        whole: dict[Group, bool] = {}
        for pk, client_id, token in every.values_list("pk", "client_id", "token"):
            group = (client_id, token)
            whole[group] = whole.get(group, True) and pk in mine
        won = sorted(group for group, is_mine in whole.items() if is_mine and group in groups)
        begins = Coalesce("destroying_at", Value(now), output_field=DateTimeField())
        every.filter(pk__in=held, token__in=[token for _client, token in won]).update(
            destroying_at=begins, claimed_at=now
        )
    return won


# ── Destroying ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _destroy(
    group: Group, now: datetime, beside: Beside, *, line: dict[str, Any] | None = None
) -> int | None:
    """Everything of these objects; how many papers they were. None where the store or the list is away."""
    with every_client():
        papers = _papers(group)
        if not papers:
            return 0
        references = [paper.reference for paper in papers]
        made: list[Fetched] = [
            *Handout.objects.filter(documents__overlap=references, dropped_at__isnull=True).select_related(
                "client"
            ),
            *beside(references),
        ]
    is_again, line = line is not None, line or _line(papers, now)
    try:
        if not is_again:
            destroyed.write(line)
        for paper in papers:
            if paper.upload is not None:
                storage.drop_from_quarantine(paper.upload.key)
        gone = _drop(papers, made)
    except (storage.StorageAway, OSError) as away:
        log.warning("document.not_destroyed", document=references[0], error=str(away))
        return None
    _record(group, line, gone, made, now, is_again=is_again)
    log.info("document.destroyed", documents=references, objects=len(gone))
    return len(papers)


def _papers(group: Group) -> list[Document]:
    client_id, token = group
    rows = Document.objects.filter(
        client=client_id, token=token, destroying_at__isnull=False, destroyed_at__isnull=True
    )
    rows = rows.select_related("client", "case", "requirement", "upload", "release")
    return list(rows.prefetch_related("previews").order_by("id"))


def _line(papers: list[Document], now: datetime) -> dict[str, Any]:
    """What the list keeps: enough to destroy it again and to write the same certificate."""
    first = papers[0]
    kept_days = the_agency().identity_papers_kept_days
    days = [paper.deleted_on(kept_days) for paper in papers]
    released = next((paper.release for paper in papers if paper.release and paper.release.second_by_id), None)
    persons = (
        [
            {"person": released.first_by.reference, "at": released.first_at.isoformat()},
            {"person": released.second_by.reference, "at": released.second_at.isoformat()},  # type: ignore[union-attr]
        ]
        if released
        else []
    )
    promised = max((day for day in days if day), default=None)
    return {
        "reference": first.certificate,
        "client": first.client.reference,
        "token": first.token,
        "documents": [paper.reference for paper in papers],
        "promised_on": promised.isoformat() if promised else None,
        "released": persons,
        "erasure": first.erasure,
        "at": now.isoformat(),
    }


def _drop(papers: list[Document], made: list[Fetched]) -> list[dict[str, Any]]:
    """What is gone, key by key; the bucket lists none of it when this returns."""
    hashes: dict[str, str] = {}
    known: dict[str, set[str]] = {one.key: set() for one in made}
    for paper in papers:
        versions = {
            paper.sealed_key: paper.sealed_version,
            paper.copy_key: paper.copy_version,
            paper.thumb_key: paper.thumb_version,
        } | {paper.preview_key(page.number): page.version for page in paper.previews.all()}
        for key, version in versions.items():
            known.setdefault(key, set()).update(filter(None, [version]))
        hashes[paper.copy_key] = paper.copy_sha256
        hashes |= {paper.preview_key(page.number): page.sha256 for page in paper.previews.all()}
        for key in storage.lying_below(paper.pages_prefix):  # pages that were written and never recorded
            known.setdefault(key, set())
    for key, gone in known.items():
        gone.update(storage.drop_paper(key))
    if any(key in storage.lying_below(key) for key in known):
        raise storage.StorageAway("what was dropped is still listed")
    return [
        {"key": key, "sha256": hashes.get(key, ""), "versions": sorted(versions)}
        for key, versions in known.items()
        if versions or key in hashes
    ]


def _record(
    group: Group,
    line: dict[str, Any],
    gone: list[dict[str, Any]],
    made: list[Fetched],
    now: datetime,
    *,
    is_again: bool,
) -> None:
    """The rows stay and say so; the certificate, and a line in each history."""
    with every_client():
        cases = {
            case.pk: case
            for case in Case.everything.filter(documents__in=[paper.pk for paper in _papers(group)])
            .order_by("id")
            .select_for_update(of=("self",))
        }
        papers = _papers(group)
        if not papers:
            return  # another worker was quicker
        Destruction.objects.bulk_create(
            [
                Destruction(
                    reference=line["reference"],
                    client_id=group[0],
                    token=group[1],
                    documents=line["documents"],
                    objects_gone=gone,
                    promised_on=line["promised_on"],
                    released=line["released"],
                    erasure=line.get("erasure", ""),
                    at=datetime.fromisoformat(line["at"]),
                    replayed_at=now if is_again else None,
                )
            ],
            ignore_conflicts=True,
        )
        Preview.objects.filter(document__in=papers).delete()
        Reading.objects.filter(client=group[0], token=group[1]).delete()
        for paper in papers:
            traces.leave(
                paper,
                "paper.destroyed",
                by=None,
                case=cases[paper.case_id],
                at=now,
                is_told=True,
                certificate=line["reference"],
            )
        Document.objects.filter(pk__in=[paper.pk for paper in papers]).update(
            destroyed_at=datetime.fromisoformat(line["at"]),
            filename="",
            content_hash="",
            sealed_version="",
            copy_version="",
            copy_etag="",
            thumb_version="",
            thumb_size=0,
        )
        for one in made:
            type(one).objects.filter(pk=one.pk).update(dropped_at=now)  # type: ignore[attr-defined]
