"""How papers look from outside: as the API shows them, and the redirect that leads to one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.words import paper_name
from clients.models import User
from clients.templatetags.look import day
from documents.models import Document
from documents.permissions import may_see_small
from documents.reasons import NOTES, sentence_of
from documents.services import Standing, may_take_back
from documents.workflow import State
from trade.reasons import AS_WRITTEN, REASONS

REUSED = gettext_lazy("Taken over from your earlier filing. We look at it once more.")
STORAGE_AWAY = gettext_lazy("The store does not answer just now. Try again in a minute.")

WAITS_FOR = {
    "scanner": gettext_lazy("The virus scanner does not answer just now. The check goes on by itself."),
    "storage": gettext_lazy("The store does not answer just now. The check goes on by itself."),
}


def leading_to(link: str) -> HttpResponse:
    """A redirect that no cache keeps, and that tells the store nothing of where the reader came from."""
    answer = HttpResponse(status=302)
    answer["Location"] = link
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def shown(document: Document) -> dict[str, Any]:
    """A document as the contract has it, and what the pages show beside it."""
    return {
        "reference": document.reference,
        "requirement": document.requirement.reference,
        "filename": document.filename,
        "state": document.state,
        "reasons": [
            {
                "code": one["code"],
                "text": reason_text(one["code"], one.get("note") or document.note),
                "note": one.get("note", ""),
            }
            for one in document.reasons
        ],
        "note": document.note,
        "version": document.version,
        "notes": [{"code": code, "text": note_text(code)} for code in document.notes],
        "waits_for": document.waits_for or None,
        "sent_at": document.sent_at,
        "on_behalf": document.is_on_behalf,
        "consent_outstanding": document.is_consent_outstanding,
    }


def parts_told(standing: Standing) -> list[dict[str, Any]]:
    """The parts of a file, each come or with its link."""
    return [
        {"number": one.number, "size": one.size, "arrived": one.arrived, "url": one.url or None}
        for one in standing.parts
    ]


# How a state is drawn in a list of files: the mark, and its words.
_MARKS: dict[str, tuple[str, Promise]] = {
    State.CHECKING: ("checking", gettext_lazy("being checked")),
    State.AVAILABLE: ("checking", gettext_lazy("arrived, we look at it next")),
    State.REFUSED: ("redo", gettext_lazy("not taken, please send another")),
    State.ACCEPTED: ("accepted", gettext_lazy("accepted")),
    State.RETURNED: ("redo", gettext_lazy("please send another")),
    State.SUPERSEDED: ("waived", gettext_lazy("replaced by a newer one")),
    State.WITHDRAWN: ("waived", gettext_lazy("taken back")),
}


# In these a file is received, and whoever sent it may go.
_RECEIVED = (State.CHECKING, State.AVAILABLE, State.ACCEPTED)


def rows(documents: list[Document], user: User) -> list[dict[str, Any]]:
    """All files of a paper, the newest first; the receipt stands in the newest that is received."""
    told = [row(one, user) for one in documents]
    for later in [one for one in told if one["received"]][1:]:
        later["received"] = None
    return told


def row(document: Document, user: User) -> dict[str, Any]:
    """What `components/file.html` takes to draw this document; while it is checked, the row asks for itself again."""
    mark, words = _MARKS[document.state]
    if document.destroyed_at is not None:
        mark, words = "waived", _("destroyed on %(day)s") % {"day": day(document.destroyed_at)}  # type: ignore[assignment]
    said = [*reasons_told(document), document.note]
    said += [str(WAITS_FOR[document.waits_for])] if document.waits_for else []
    said += [note_text(code) for code in document.notes if code == "duplicate"]
    return {
        "id": f"file-{document.reference}",
        "name": document.filename or str(paper_name(document.requirement)),
        "size": document.size or _announced(document),
        "at": document.sent_at,
        "state": mark,
        "words": words,
        "note": " ".join(text for text in said if text),
        "received": document if document.state in _RECEIVED else None,
        "poll": reverse("documents:state", args=[document.reference])
        if document.state == State.CHECKING
        else "",
        "link": reverse("documents:content", args=[document.reference]) if document.is_viewable else "",
        "back": reverse("documents:withdraw", args=[document.reference])
        if may_take_back(document, user)
        else "",
        "thumb": reverse("documents:thumbnail", args=[document.reference])
        if document.is_viewable and document.thumb_size and may_see_small(user, document)
        else "",
    }


def _announced(document: Document) -> int | None:
    """The size of a file that is still being checked, where its form told it."""
    return document.upload.size if document.upload and document.upload.is_exact else None


def reasons_told(document: Document) -> list[str]:
    """Each reason of a paper that came back, and what was written to it; the paper's own note stands beside."""
    notes = [one["note"] for one in document.reasons if one.get("note")]
    codes = [one["code"] for one in document.reasons]
    return reasons_beside(codes, note="".join(notes) + document.note) + notes


def reasons_beside(codes: list[str], *, note: str) -> list[str]:
    """The reasons as they stand beside a note: what only points to the note is left out where there is one."""
    return [reason_text(code) for code in codes if not (note and code == AS_WRITTEN)]


def reason_text(code: str, note: str = "") -> str:
    """What is wrong and what to do: of a file that was not taken, or of a paper the agency returned."""
    if code == AS_WRITTEN:
        return note or str(REASONS[code].fix)
    if code in REASONS:
        return f"{REASONS[code].cause} {REASONS[code].fix}"
    return sentence_of(code)


def note_text(code: str) -> str:
    """What the machine saw."""
    return str(NOTES.get(code, code))
