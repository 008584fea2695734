"""What the history keeps of a paper: which one, of what; never its name, its numbers or a word of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Audience, Case, CaseEvent, Requirement
from cases.services import history
from clients.models import User
from documents.models import Document


def leave(
    document: Document,
    kind: str,
    *,
    by: User | None,
    case: Case | None = None,
    note: str = "",
    reasons: list[dict[str, Any]] | None = None,
    audience: str = Audience.CLIENT,
    at: datetime | None = None,
    is_told: bool = False,
    **more: Any,
) -> CaseEvent:
    """One event about one document, in the caller's transaction."""
    which = {"document": document.reference, "version": document.version}
    return history.record(
        case or document.case,
        kind,
        by=by,
        note=note,
        reasons=reasons,
        data=which | named(document.requirement) | more,
        audience=audience,
        at=at,
        is_told=is_told,
    )


def named(requirement: Requirement) -> dict[str, str]:
    """Which paper, of whom."""
    return {
        "requirement": requirement.reference,
        "kind": requirement.kind,
        "of": requirement.of,
        "detail": requirement.detail,
    }
