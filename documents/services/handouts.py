"""What the worker makes to be fetched: made once, handed over by a link with a trace, gone within the hour.

Like the check of a file: the row is claimed, the work is done without a transaction, the result is written in one.
Killed at any line, the next worker begins again; the object's name is the row's, so nothing is left behind.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone, translation

from cases.models import Case
from cases.services import history, progress
from clients.models import User
from clients.sight import every_client
from documents import storage, workshop
from documents.models import DEATHS, Document, Export, Handout
from documents.permissions import may_fetch
from documents.services import fetched, traces
from documents.services.packing import ask_for_consent, list_pack, make_pack
from documents.services.printing import sheet_for
from trade import packs

log = structlog.get_logger()

BATCH = 500


# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def waiting_handouts(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Ids of what nobody is making."""
    return fetched.waiting(Handout, now, limit)


def make_handout(handout_id: int, *, now: datetime | None = None) -> None:
    """Bring one from promised to made, or to why not; does nothing where somebody else is at it."""
    for _turn in range(DEATHS + 1):
        handout = _claim(handout_id, now or timezone.now())
        if handout is None:
            return
        if handout.tries > DEATHS:
            _give_up(handout, "could_not_make")
            return
        if _make_once(handout):
            return


def _claim(handout_id: int, now: datetime) -> Handout | None:
    with every_client():
        if not Handout.objects.claim(handout_id, now):
            return None
        return Handout.objects.select_related("client", "requirement", "asked_by").get(pk=handout_id)


def _make_once(handout: Handout) -> bool:
    """One attempt; False where the child died and it may be tried again."""
    try:
        with translation.override(handout.asked_by.language):
            made, papers = _packed(handout) if handout.is_pack else (_printed(handout), [])
        written = storage.put(handout.key, made, content_type=_type_of(handout))
    except workshop.Unmakeable as refusal:
        _give_up(handout, refusal.code, refusal.detail)
    except workshop.Died:
        log.warning("handout.child_died", handout=handout.reference, tries=handout.tries)
        return not fetched.settle(handout, claimed_at=None)  # a death stays counted
    except storage.StorageAway as away:
        log.warning("handout.storage_away", handout=handout.reference, error=str(away))
        fetched.put_back(handout)
    else:
        _record(handout, written, len(made), papers)
    return True


def _printed(handout: Handout) -> bytes:
    with every_client():
        sheet = sheet_for(_case_of(handout), handout, now=timezone.now())
    return workshop.typeset(sheet)


def _packed(handout: Handout) -> tuple[bytes, list[str]]:
    with every_client():
        listed = list_pack(_case_of(handout), at=timezone.now())
    return make_pack(listed), listed.papers


def _case_of(handout: Handout) -> Case:
    return Case.objects.with_facts().prefetch_related("requirements").get(pk=handout.case_id)


def _record(handout: Handout, written: storage.Written, size: int, papers: list[str]) -> None:
    """Made, and the event of it, where this claim still stands."""
    now = timezone.now()
    with every_client():
        case = Case.objects.locked(handout.case)
        mine = Handout.objects.claimed_as(handout)
        won = mine.update(
            made_at=now,
            facts_mark=handout.facts_mark,
            size=size,
            version=written.version,
            etag=written.etag,
            documents=papers,
        )
        if not won:
            return
        told: dict[str, Any] = {"handout": handout.reference}
        if handout.requirement is not None:
            told |= traces.named(handout.requirement) | {"mark": handout.facts_mark}
        else:
            told |= {"provider": packs.provider_of(case.provider), "papers": papers}
        kind = "pack.made" if handout.is_pack else "form.made"
        history.record(case, kind, by=handout.asked_by, data=told, at=now, is_told=True)
    log.info("handout.made", handout=handout.reference, size=size)


def _give_up(handout: Handout, code: str, detail: str = "") -> None:
    fetched.settle(handout, problem=code, detail=detail)
    log.warning("handout.refused", handout=handout.reference, code=code)


# ── Fetching ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def open_handout(handout: Handout, *, by: User, now: datetime | None = None) -> str:
    """A link that dies within the minute, after its traces: of a pack one look a paper, of a form its numbers.

    Raises `Conflict` where it is gone or not yet made, `TooMany` where somebody looks at too many numbers.
    """
    now = now or timezone.now()
    if not may_fetch(by, handout):
        raise PermissionDenied
    fetched.ask_whether_there(handout, now)
    if handout.requirement is None:
        ask_for_consent(handout.case)
        papers = Document.objects.select_related("client", "case", "requirement")
        for paper in papers.filter(case=handout.case_id, reference__in=handout.documents).order_by("id"):
            traces.leave(paper, "paper.viewed", by=by, at=now, is_told=True, why="pack", download=True)
    else:
        data = traces.named(handout.requirement) | {"handout": handout.reference}
        progress.reveal_numbers(handout.case, by=by, why="", data=data, now=now)
    return fetched.link_to(handout, filename=filename_of(handout), content_type=_type_of(handout))


def filename_of(handout: Handout) -> str:
    """A name that any system takes; none of its letters came from a stranger."""
    if handout.requirement is None:
        return f"{handout.case.reference}.zip"
    wanted = packs.wanted(handout.requirement.kind, handout.requirement.of, handout.case.provider)
    return f"{wanted.file if wanted else handout.requirement.kind}-{handout.facts_mark}.pdf"


def _type_of(handout: Handout) -> str:
    return "application/zip" if handout.is_pack else "application/pdf"


# ── Clearing away ───────────────────────────────────────────────────────────────────────────────────────────────────


def sweep_handouts(*, now: datetime | None = None) -> int:
    """Nothing that was handed out lies there longer than its time: no version of it, no marker."""
    now = now or timezone.now()
    return sweep_fetched(Handout, now) + sweep_fetched(Export, now)


def sweep_fetched(kind: Any, now: datetime) -> int:
    """The same for one sort of what is fetched."""
    swept, last = 0, 0
    while True:
        with every_client():
            ended = kind.objects.ended(now).filter(pk__gt=last).order_by("pk")
            batch = list((ended.select_related("client") if kind is Handout else ended)[:BATCH])
        if not batch:
            return swept
        for one in batch:
            try:
                storage.drop_paper(one.key)
            except storage.StorageAway as away:
                log.warning("sweep.storage_away", error=str(away))
                return swept
            with every_client():
                kind.objects.filter(pk=one.pk).update(dropped_at=now)
            swept, last = swept + 1, one.pk
