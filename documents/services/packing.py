"""The pack for the provider: every accepted paper in one ZIP, as that provider wants to be handed it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import printing, words
from cases.deadlines import BEIJING
from cases.models import Case, RequirementState
from cases.promise import by_its_rules
from cases.workflow import is_consented, rests_for_consent
from clients.models import User
from clients.refusals import Conflict
from documents import storage, workshop
from documents.inspection import bounds
from documents.models import Document, Handout
from documents.permissions import may_judge
from documents.workflow import State
from trade import packs

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


# ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
@by_its_rules
def ask_pack(case: Case, *, by: User, now: datetime | None = None) -> Handout:
    """Promise the pack of what is accepted by then; asked again while it is being made, it is the same."""
    if not may_judge(by):
        raise PermissionDenied
    case = Case.objects.locked(case)
    ask_for_consent(case)
    making = case.handouts.filter(requirement=None, made_at__isnull=True, problem="").first()
    if making is not None:
        return making
    if not case.requirements.filter(state=RequirementState.ACCEPTED).exclude(document="").exists():
        raise Conflict(_("No paper is accepted yet, so there is nothing to pack."), "nothing_accepted")
    return Handout.objects.create(
        client_id=case.client_id, case=case, asked_by=by, asked_at=now or timezone.now()
    )


def ask_for_consent(case: Case) -> None:
    """Nothing of theirs is handed to anybody while the client's consent is taken back."""
    if rests_for_consent(case):
        raise Conflict(is_consented.sentence, is_consented.code)  # type: ignore[attr-defined]


def accepted_papers(case: Case) -> list[Document]:
    """What goes into the pack: of each paper asked for, the version that the agency found right."""
    asked = case.requirements.filter(state=RequirementState.ACCEPTED).exclude(document="")
    papers = Document.objects.select_related("client", "requirement").prefetch_related("previews")
    found = {
        one.reference: one
        for one in papers.filter(
            case=case,
            state=State.ACCEPTED,
            destroying_at__isnull=True,
            reference__in=asked.values("document"),
        )
    }
    return [found[one.document] for one in asked if one.document in found]


# ── What goes in, and how the provider wants it ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Wish:
    """One paper, and how it is wanted."""

    paper: Document
    wanted: packs.Wanted
    name: str
    whose: str
    notes: list[str]


@dataclass(frozen=True)
class PackingList:
    """All that the worker needs to know; from here on it asks the database nothing."""

    case: Case
    provider: str
    provider_name: str
    wishes: list[Wish]
    at: datetime

    @property
    def papers(self) -> list[str]:
        return [wish.paper.reference for wish in self.wishes]


@by_its_rules
def list_pack(case: Case, *, at: datetime) -> PackingList:
    """Every accepted paper that the provider takes as a file."""
    provider = packs.provider_of(case.provider)
    wishes = []
    for paper in accepted_papers(case):
        asked = paper.requirement
        if wanted := packs.wanted(asked.kind, asked.of, provider):
            notes = [_("made from older facts")] if printing.is_outdated(case, asked) else []
            wishes.append(Wish(paper, wanted, words.paper_name(asked), words.whose(asked.of, case), notes))
    return PackingList(case, provider, words.code_words("provider", provider), wishes, at)


# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Piece:
    """One file of the pack."""

    name: str
    content: bytes
    wish: Wish
    changes: list[str] = field(default_factory=list)


def make_pack(listed: PackingList) -> bytes:
    """The ZIP with its manifest. Names come from our table, never from what a sender called a file."""
    names: Counter[str] = Counter()
    pieces = []
    for wish in listed.wishes:
        for piece in _pieces(wish):
            names[piece.name] += 1
            if names[piece.name] > 1:
                stem, _dot, ending = piece.name.rpartition(".")
                piece.name = f"{stem}-{names[piece.name]}.{ending}"
            pieces.append(piece)
    if not pieces:
        raise workshop.Unmakeable("nothing")
    return _zipped(listed, pieces)


def _pieces(wish: Wish) -> Iterator[Piece]:
    paper, wanted = wish.paper, wish.wanted
    ending = ENDINGS[paper.copy_type]
    if ending != "pdf":
        yield _picture(wish, _read(paper.copy_key, paper.copy_version, paper.copy_sha256), ending)
    elif "pdf" in wanted.formats and paper.copy_size <= wanted.bytes:
        content = _read(paper.copy_key, paper.copy_version, paper.copy_sha256)
        yield Piece(f"{wanted.file}.pdf", content, wish)
    else:
        for page in paper.previews.all():
            content = _read(paper.preview_key(page.number), page.version, page.sha256)
            piece = _picture(wish, content, "jpg")
            piece.changes.insert(0, _("page %(n)d of the PDF as a picture") % {"n": page.number})
            yield piece


def _picture(wish: Wish, content: bytes, ending: str) -> Piece:
    paper, wanted = wish.paper, wish.wanted
    is_page = paper.copy_type == "application/pdf"
    side = bounds.PAGE_SIDE if is_page else min(max(paper.width, paper.height), bounds.COPY_SIDE)
    if len(content) <= wanted.bytes and ending in wanted.formats and side <= wanted.side:
        return Piece(f"{wanted.file}.{ending}", content, wish)
    # A photograph saved as PNG becomes small enough as a JPEG only.
    kind = "png" if ending == "png" and "jpg" not in wanted.formats else "jpg"
    try:
        made = workshop.fit(content, most_bytes=wanted.bytes, side=wanted.side, kind=kind)
    except workshop.Unmakeable as refusal:
        raise workshop.Unmakeable(refusal.code, wanted.file) from None
    change = _("from %(before)s to %(after)s bytes") % {"before": len(content), "after": len(made)}
    return Piece(f"{wanted.file}.{kind}", made, wish, [change])


def _read(key: str, version: str, sha256: str) -> bytes:
    """The bytes that were looked at and found right; others are handed to nobody."""
    try:
        content = storage.get(key, version=version)
    except storage.Missing:
        raise workshop.Unmakeable("lost") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise workshop.Unmakeable("lost")
    return content


# ── The manifest ────────────────────────────────────────────────────────────────────────────────────────────────────


def _zipped(listed: PackingList, pieces: list[Piece]) -> bytes:
    at = listed.at.astimezone(BEIJING)
    manifest = {
        "case": listed.case.reference,
        "domain": listed.case.domain_name,
        "provider": listed.provider,
        "made_at": at.isoformat(timespec="seconds"),
        "files": [_entry(piece) for piece in pieces],
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:

        def put(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content)

        put("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2).encode())
        put("manifest.txt", _readable(manifest, listed.provider_name).encode())
        for piece in pieces:
            put(piece.name, piece.content)
    return out.getvalue()


def _entry(piece: Piece) -> dict[str, Any]:
    paper = piece.wish.paper
    return {
        "file": piece.name,
        "paper": paper.requirement.kind,
        "name": piece.wish.name,
        "of": paper.requirement.of,
        "whose": piece.wish.whose,
        "document": paper.reference,
        "version": paper.version,
        "original_sha256": paper.copy_sha256,
        "sha256": hashlib.sha256(piece.content).hexdigest(),
        "bytes": len(piece.content),
        "changes": piece.changes,
        "notes": piece.wish.notes,
    }


def _readable(manifest: dict[str, Any], provider: str) -> str:
    """The same for people, in the language of whoever asked."""
    lines = ["  ".join((manifest["case"], manifest["domain"], provider, manifest["made_at"])), ""]
    for one in manifest["files"]:
        lines.append(one["file"])
        lines.append(f"  {one['name']} · {one['whose']} · {one['document']} · {one['bytes']} B")
        lines.append(f"  SHA-256 {one['sha256']}")
        lines += [f"  {said}" for said in (*one["changes"], *one["notes"])]
        lines.append("")
    return "\n".join(lines)
