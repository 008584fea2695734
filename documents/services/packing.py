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
    making = case.handouts.filter(requirement=None, made_at__isnull=True, problem="").first()
    if making is not None:
        return making
    if not case.requirements.filter(state=RequirementState.ACCEPTED).exclude(document="").exists():
        raise Conflict(_("No paper is accepted yet, so there is nothing to pack."), "nothing_accepted")
    return Handout.objects.create(
        client_id=case.client_id, case=case, asked_by=by, asked_at=now or timezone.now()
    )


def accepted_papers(case: Case) -> list[Document]:
    """What goes into the pack: of each paper asked for, the version that the agency found right."""
    asked = case.requirements.filter(state=RequirementState.ACCEPTED).exclude(document="")
    papers = Document.objects.select_related("client", "requirement").prefetch_related("previews")
    found = {
        one.reference: one
        for one in papers.filter(case=case, state=State.ACCEPTED, reference__in=asked.values("document"))
    }
    return [found[one.document] for one in asked if one.document in found]


# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Piece:
    """One file of the pack."""

    name: str
    content: bytes
    paper: Document
    changes: list[str] = field(default_factory=list)


def make_pack(handout: Handout, case: Case, papers: list[Document]) -> bytes:
    """The ZIP with its manifest. Names come from our table, never from what a sender called a file."""
    provider = packs.provider_of(case.provider)
    names: Counter[str] = Counter()
    pieces = []
    for paper in papers:
        for piece in _pieces(paper, provider):
            names[piece.name] += 1
            if names[piece.name] > 1:
                stem, _dot, ending = piece.name.rpartition(".")
                piece.name = f"{stem}-{names[piece.name]}.{ending}"
            pieces.append(piece)
    if not pieces:
        raise workshop.Unmakeable("nothing")
    return _zipped(handout, case, provider, pieces)


def _pieces(paper: Document, provider: str) -> Iterator[Piece]:
    wanted = packs.wanted(paper.requirement.kind, paper.requirement.of, provider)
    if wanted is None:
        return
    ending = ENDINGS[paper.copy_type]
    if ending != "pdf":
        yield _picture(paper, wanted, _read(paper.copy_key, paper.copy_version, paper.copy_sha256), ending)
    elif "pdf" in wanted.formats and paper.copy_size <= wanted.bytes:
        content = _read(paper.copy_key, paper.copy_version, paper.copy_sha256)
        yield Piece(f"{wanted.file}.pdf", content, paper)
    else:
        for page in paper.previews.all():
            content = _read(paper.preview_key(page.number), page.version, page.sha256)
            piece = _picture(paper, wanted, content, "jpg")
            piece.changes.insert(0, _("page %(n)d of the PDF as a picture") % {"n": page.number})
            yield piece


def _picture(paper: Document, wanted: packs.Wanted, content: bytes, ending: str) -> Piece:
    is_page = paper.copy_type == "application/pdf"
    side = bounds.PAGE_SIDE if is_page else min(max(paper.width, paper.height), bounds.COPY_SIDE)
    if len(content) <= wanted.bytes and ending in wanted.formats and side <= wanted.side:
        return Piece(f"{wanted.file}.{ending}", content, paper)
    # A photograph saved as PNG becomes small enough as a JPEG only.
    kind = "png" if ending == "png" and "jpg" not in wanted.formats else "jpg"
    try:
        made = workshop.fit(content, most_bytes=wanted.bytes, side=wanted.side, kind=kind)
    except workshop.Unmakeable as refusal:
        raise workshop.Unmakeable(refusal.code, wanted.file) from None
    change = _("from %(before)s to %(after)s bytes") % {"before": len(content), "after": len(made)}
    return Piece(f"{wanted.file}.{kind}", made, paper, [change])


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


def _zipped(handout: Handout, case: Case, provider: str, pieces: list[Piece]) -> bytes:
    at = handout.asked_at.astimezone(BEIJING)
    listed = {
        "case": case.reference,
        "domain": case.domain_name,
        "provider": provider,
        "made_at": at.isoformat(timespec="seconds"),
        "files": [_entry(piece, case) for piece in pieces],
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:

        def put(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content)

        put("manifest.json", json.dumps(listed, ensure_ascii=False, indent=2).encode())
        put("manifest.txt", _readable(listed, case).encode())
        for piece in pieces:
            put(piece.name, piece.content)
    return out.getvalue()


def _entry(piece: Piece, case: Case) -> dict[str, Any]:
    paper = piece.paper
    notes = [_("made from older facts")] if printing.is_outdated(case, paper.requirement) else []
    return {
        "file": piece.name,
        "paper": paper.requirement.kind,
        "name": words.paper_name(paper.requirement),
        "of": paper.requirement.of,
        "whose": words.whose(paper.requirement.of, case),
        "document": paper.reference,
        "version": paper.version,
        "original_sha256": paper.copy_sha256,
        "sha256": hashlib.sha256(piece.content).hexdigest(),
        "bytes": len(piece.content),
        "changes": piece.changes,
        "notes": notes,
    }


def _readable(listed: dict[str, Any], case: Case) -> str:
    """The same for people, in the language of whoever asked."""
    provider = words.code_words("provider", listed["provider"])
    lines = [f"{case.reference}  {case.domain_name}  {provider}  {listed['made_at']}", ""]
    for one in listed["files"]:
        lines.append(one["file"])
        lines.append(f"  {one['name']} · {one['whose']} · {one['document']} · {one['bytes']} B")
        lines.append(f"  SHA-256 {one['sha256']}")
        lines += [f"  {said}" for said in (*one["changes"], *one["notes"])]
        lines.append("")
    return "\n".join(lines)
