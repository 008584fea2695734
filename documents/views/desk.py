"""Review of a paper: the picture left, the facts it must agree with right, a verdict by key or button."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from cases import facts, words
from cases.models import Case
from clients.bodies import found
from clients.refusals import Conflict, Invalid
from clients.views.doors import agency_only
from documents import answers, queries, services, storage
from documents.handouts import mark_told
from documents.machine import Seen, seen_on
from documents.models import Document
from documents.workflow import State
from trade.papers import KINDS as PAPERS
from trade.reasons import AS_WRITTEN, REASONS

QUEUE = 100  # papers waiting that are looked through for the next one
STRIP = 6
TYPES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "application/pdf": "PDF",
    "image/heic": "HEIC",
    "image/webp": "WebP",
}

# What a paper is held against that names no facts of its own.
OTHERS = ("subject.name", "head.name", "domain.name", "site.name")


@agency_only
@require_GET
def review(request: HttpRequest, reference: str) -> HttpResponse:
    """Opening the page opens the picture: the view is recorded, and its links live a minute."""
    return _page(request, _document(request, reference))


@agency_only
@require_POST
def acceptance(request: HttpRequest, reference: str) -> HttpResponse:
    """These very bytes are right."""
    document = _document(request, reference)
    if not _was_opened(request, document):
        return _open_first(request, document)
    following = _next_of(request, document)
    try:
        services.accept_document(document, by=request.user)
    except Conflict as refused:
        if _is_theirs(document, State.ACCEPTED, request):
            return _go_on(document, following)
        return _page(request, _document(request, reference), refusal=str(refused), status=409)
    messages.success(request, _("Accepted: %(paper)s.") % {"paper": _title(document)})
    return _go_on(document, following)


@agency_only
@require_POST
def returning(request: HttpRequest, reference: str) -> HttpResponse:
    """The client is asked for another, and told why."""
    document = _document(request, reference)
    if not _was_opened(request, document):
        return _open_first(request, document)
    following = _next_of(request, document)
    reasons, note = request.POST.getlist("reason"), request.POST.get("note", "")
    if AS_WRITTEN in reasons and not note.strip():
        lacks = _("Write to the client what is wrong: this reason says nothing by itself.")
        return _page(request, document, lacks_note=lacks, status=422)
    try:
        services.return_document(document, by=request.user, reasons=reasons, note=note)
    except Conflict as refused:
        if _is_theirs(document, State.RETURNED, request):
            return _go_on(document, following)
        return _page(request, _document(request, reference), refusal=str(refused), status=409)
    except Invalid as refused:
        return _page(request, document, refusal=str(refused), status=422)
    messages.success(request, _("Returned: %(paper)s.") % {"paper": _title(document)})
    return _go_on(document, following)


# ── Finding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _document(request: HttpRequest, reference: str) -> Document:
    rows: QuerySet[Document] = queries.documents_for(request.user).select_related(
        "client",
        "requirement",
        "case__client",
        "case__subject",
        "case__domain",
        "case__server",
        "case__site",
        "sent_by",
        "decided_by",
        "duplicate_of",
    )
    return found(rows.prefetch_related("case__people", "previews"), reference)


def _was_opened(request: HttpRequest, document: Document) -> bool:
    """No verdict without having looked at exactly this version."""
    seen = document.case.events.filter(kind="paper.viewed", by=request.user)
    return seen.filter(data__document=document.reference).exists()


def _is_theirs(document: Document, verdict: str, request: HttpRequest) -> bool:
    """The same verdict of the same person stands already: a second click says nothing new."""
    stands = Document.objects.filter(pk=document.pk, state=verdict, decided_by=request.user)
    return stands.exists()


def _open_first(request: HttpRequest, document: Document) -> HttpResponse:
    messages.warning(request, _("Look at the picture first, then decide."))
    return redirect("documents:review", document.reference)


def _waiting(request: HttpRequest, document: Document) -> list[Document]:
    """What waits to be judged, papers of one case together: one's own cases first, the longest waiting before others.

    The order is the same from each of its papers, so that whoever only looks comes round to all of them.
    """
    rows = queries.to_review(request.user)
    own = rows.filter(case__account_manager=request.user)[:QUEUE]
    by_case: dict[int, dict[int, Document]] = {}
    for one in (*own, *rows[:QUEUE], *rows.filter(case=document.case_id)):
        by_case.setdefault(one.case_id, {})[one.pk] = one
    return [one for papers in by_case.values() for one in papers.values()]


def _next_of(request: HttpRequest, document: Document) -> str:
    """The paper after this one in the queue, or its first; empty where nothing else waits."""
    waiting = [one.reference for one in _waiting(request, document)]
    if document.reference in waiting:
        place = waiting.index(document.reference)
        waiting = waiting[place + 1 :] + waiting[:place]
    return waiting[0] if waiting else ""


def _go_on(document: Document, following: str) -> HttpResponse:
    return redirect("documents:review", following) if following else redirect(document.case)


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _page(
    request: HttpRequest, document: Document, *, refusal: str = "", lacks_note: str = "", status: int = 200
) -> HttpResponse:
    case, requirement = document.case, document.requirement
    waiting = _waiting(request, document)
    told: dict[str, Any] = {
        "document": document,
        "case": case,
        "title": _title(document),
        "refusal": refusal,
        "lacks_note": lacks_note,
        "may_judge": document.state == State.AVAILABLE and not case.is_ended,
        "facts": _facts(document),
        "machine": _machine(document),
        "form": mark_told(requirement, case),
        "reasons": _reasons(requirement.kind, set(request.POST.getlist("reason"))),
        "note": request.POST.get("note", ""),
        "said": answers.reasons_told(document),
        "others": _versions(document),
        **_queue(document, waiting),
        **_picture(request, document),
    }
    response = render(request, "documents/review.html", told, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _title(document: Document) -> str:
    requirement = document.requirement
    return f"{words.paper_name(requirement)} · {words.whose(requirement.of, document.case)}"


def _picture(request: HttpRequest, document: Document) -> dict[str, Any]:
    """Links to the pages, once the view stands in the history; or why there is nothing to see."""
    try:
        opened = services.open_document(document, by=request.user, why="review")
    except Conflict as refused:
        return {"pages": [], "nothing": str(refused)}
    except storage.StorageAway:
        return {"pages": [], "nothing": str(answers.STORAGE_AWAY)}
    if opened.is_lost:
        return {"pages": [], "nothing": answers.reason_text("lost"), "may_judge": False}
    return {"pages": opened.pages, "nothing": ""}


def _facts(document: Document) -> list[dict[str, Any]]:
    """What the case says, to be held against the picture."""
    case, requirement = document.case, document.requirement
    drawn = []
    for path in (PAPERS[requirement.kind].agrees if requirement.kind in PAPERS else ()) or OTHERS:
        place = path.replace("*", requirement.of)
        value = words.value_words(place, _value(case, place))
        thing, _dot, name = place.rpartition(".")
        is_plain = path.startswith("*") or thing == requirement.of
        drawn.append(
            {
                "label": words.capital(str(words.field_label(thing, name)))
                if is_plain
                else words.label_of(place),
                "value": value,
                "is_number": name in ("id_number", "mobile") or name.endswith(("_on", "_date", "_until")),
                "is_masked": name == "id_number" and bool(value),
                "lang": "zh-Hans" if name in ("name_zh", "certificate_address") else "",
                "edit": thing if thing in facts.OBJECTS else "case",
            }
        )
    return drawn


def _value(case: Case, path: str) -> Any:
    thing, _dot, name = path.rpartition(".")
    holder = facts.holder_of(case, thing or "case")
    if holder is None and thing == "manager":
        holder = case.head
    return facts.value_of(holder, name) if holder is not None else None


def _machine(document: Document) -> list[Seen]:
    """What was read on it and what the check found; hints, never a verdict."""
    pages = len(document.previews.all())
    found_out = [
        (_("Kind of file"), TYPES.get(document.kind, document.kind)),
        (_("Pages"), str(pages) if pages else ""),
        (_("Size"), f"{document.width} × {document.height}" if document.width else ""),
        (_("Name"), document.filename),
        (_("Notes"), " ".join(answers.note_text(code) for code in document.notes)),
    ]
    if document.duplicate_of is not None:
        found_out.append((_("Same file as"), document.duplicate_of.reference))
    if document.waits_for:
        found_out.append((_("Waits"), str(answers.WAITS_FOR[document.waits_for])))
    return [*seen_on(document), *(Seen(label, value) for label, value in found_out if value)]


def _reasons(kind: str, ticked: set[str]) -> list[dict[str, Any]]:
    """The catalogue as far as it is about this kind of paper: reasons that name it first, with a key each."""
    fitting = [rule for rule in REASONS.values() if rule.may_open(kind)]
    fitting.sort(key=lambda rule: rule.opens == "any")
    return [
        {
            "code": rule.code,
            "cause": rule.cause,
            "fix": rule.fix,
            "ticked": rule.code in ticked,
            "key": str(place) if place < 10 else "",
        }
        for place, rule in enumerate(fitting, 1)
    ]


def _versions(document: Document) -> list[Document]:
    """Other versions of the same paper that can be looked at."""
    others = queries.versions_of(document.requirement).exclude(pk=document.pk)
    return [one for one in others[:STRIP] if one.is_viewable]


def _queue(document: Document, waiting: list[Document]) -> dict[str, Any]:
    names = [one.reference for one in waiting]
    place = names.index(document.reference) if document.reference in names else -1
    more = len(waiting) - STRIP
    start = max(0, min(place, more)) if place > 0 else 0
    told: dict[str, Any] = {
        "previous": names[place - 1] if place > 0 else "",
        "following": names[place + 1] if place + 1 < len(names) else "",
        "strip": [
            {
                "reference": one.reference,
                "name": words.paper_name(one.requirement),
                "whose": one.client.called if one.client_id != document.client_id else "",
                "here": one.pk == document.pk,
            }
            for one in waiting[start : start + STRIP]
        ],
        "position": "",
    }
    if len(waiting) >= QUEUE:
        told["position"] = _("more than %(n)d wait") % {"n": QUEUE - 1}
    elif place >= 0:
        told["position"] = _("%(n)d of %(all)d waiting") % {"n": place + 1, "all": len(waiting)}
    elif waiting:
        told["position"] = ngettext("%(n)d waits", "%(n)d wait", len(waiting)) % {"n": len(waiting)}
    return told
