"""The agency looks at a paper and says yes, or says what is wrong; said by two at once, one is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.facts import tidy
from cases.models import Case, Requirement
from cases.promise import by_its_rules
from cases.services import checklist
from clients.models import User
from clients.refusals import Conflict, Invalid, error
from documents.models import Document
from documents.permissions import may_judge
from documents.services import traces
from documents.services.packing import ask_for_consent
from documents.workflow import State
from trade.reasons import REASONS

LONGEST_NOTE = 2000
MOST_REASONS = 20

_NOT_NOW: dict[str, Promise] = {
    State.CHECKING: gettext_lazy("This file is still being checked. Wait until it has arrived."),
    State.REFUSED: gettext_lazy("This file was not taken, so there is nothing to judge."),
    State.ACCEPTED: gettext_lazy("This paper has been accepted already."),
    State.RETURNED: gettext_lazy("This paper has been returned already."),
    State.WITHDRAWN: gettext_lazy("This paper was taken back by its sender."),
    State.SUPERSEDED: gettext_lazy("A newer version of this paper has come. Look at that one."),
}


@transaction.atomic
@by_its_rules
def accept_document(document: Document, *, by: User, now: datetime | None = None) -> Document:
    """The agency found these very bytes right: their hash stands in the event, and the paper is met."""
    now = now or timezone.now()
    case, document, requirement = _look(document, by)
    if document.is_identity_paper:
        ask_for_consent(case)
    document.accept()
    document.decided_by, document.decided_at = by, now
    document.save(update_fields=["state", "decided_by", "decided_at"])
    checklist.paper_accepted(requirement, document.reference, by=by, now=now)
    traces.leave(document, "paper.accepted", by=by, case=case, at=now, sha256=document.copy_sha256)
    return document


@transaction.atomic
@by_its_rules
def return_document(
    document: Document, *, by: User, reasons: Any, note: Any = "", now: datetime | None = None
) -> Document:
    """The agency wants another, for reasons of the catalogue: codes, or `{"code", "note"}`."""
    now = now or timezone.now()
    case, document, requirement = _look(document, by)
    named, text = clean_reasons(reasons), _clean_note(note, "note")
    document.send_back()
    document.decided_by, document.decided_at = by, now
    document.reasons, document.note = named, text
    document.save(update_fields=["state", "decided_by", "decided_at", "reasons", "note"])
    codes = [one["code"] for one in named]
    checklist.paper_returned(
        requirement, document.reference, by=by, reasons=codes, note=_words(named, text), now=now
    )
    traces.leave(
        document,
        "paper.returned",
        by=by,
        case=case,
        at=now,
        note=text,
        reasons=named,
        sha256=document.copy_sha256,
    )
    return document


def ask_to_judge(*, by: User) -> None:
    """Whoever may not judge hears so before anything they wrote is read."""
    if not may_judge(by):
        raise PermissionDenied


def _look(document: Document, by: User) -> tuple[Case, Document, Requirement]:
    """The case is locked before its papers, here as everywhere."""
    ask_to_judge(by=by)
    case = Case.objects.locked(document.case)
    document = Document.objects.select_related("client", "case", "requirement__case").locked(document)
    if document.state != State.AVAILABLE:
        raise Conflict(_NOT_NOW[document.state], str(document.state))
    if case.is_ended:
        raise Conflict(_("This case has ended; its papers stay as they are."), "ended")
    return case, document, document.requirement


def clean_reasons(reasons: Any) -> list[dict[str, str]]:
    """Reasons of the catalogue, at least one, each once."""
    if not isinstance(reasons, list) or not reasons or len(reasons) > MOST_REASONS:
        raise Invalid([error("reasons", _("Give at least one reason of the catalogue."), "missing")])
    named: dict[str, dict[str, str]] = {}
    for place, reason in enumerate(reasons):
        path = f"reasons.{place}"
        given = {"code": reason} if isinstance(reason, str) else reason
        if not isinstance(given, dict) or set(given) - {"code", "note", "requirements"}:
            raise Invalid([error(path, _("A reason has a code and a note."))])
        code = given.get("code")
        if not isinstance(code, str) or code not in REASONS:
            raise Invalid([error(f"{path}.code", _("This reason is not in the catalogue."), "unknown_code")])
        named[code] = {"code": code, "note": _clean_note(given.get("note"), f"{path}.note")}
    return list(named.values())


def _clean_note(note: Any, field: str) -> str:
    try:
        return tidy(note, LONGEST_NOTE, many_lines=True)
    except ValueError as refused:
        raise Invalid([error(field, refused)]) from None


def _words(named: list[dict[str, str]], note: str) -> str:
    """What the client reads beside the paper: the note, and what was written to each reason."""
    return "\n".join(text for text in [note, *(one["note"] for one in named)] if text)
