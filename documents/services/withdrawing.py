"""A paper is taken back until somebody has looked at it: the checklist stands as before, and nothing of it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, RequirementState
from cases.promise import by_its_rules
from cases.services import checklist
from clients.models import User
from clients.refusals import Conflict
from clients.sight import every_client
from documents import storage
from documents.models import Document, Preview
from documents.permissions import may_withdraw
from documents.services import traces
from documents.services.checking import drop_kept
from documents.services.taking import ask_that_it_is_open
from documents.workflow import State

log = structlog.get_logger()

BATCH = 200
_TOO_LATE: dict[str, Promise] = {
    State.REFUSED: gettext_lazy("This file was not taken, so there is nothing to take back."),
    State.ACCEPTED: gettext_lazy("This paper has been accepted already. Send another one instead."),
    State.RETURNED: gettext_lazy("This paper has been returned already. Send another one instead."),
    State.SUPERSEDED: gettext_lazy("A newer version of this paper has come. Take that one back."),
    State.WITHDRAWN: gettext_lazy("This paper has been taken back already."),
}


@transaction.atomic
@by_its_rules
def withdraw_document(document: Document, *, by: User, now: datetime | None = None) -> Document:
    """Take back what nobody has looked at yet; what it had replaced stands again.

    The case is held first. A look writes its event, which needs the case as well: whichever of the two comes second
    sees the other. Raises `Conflict` after a look or a verdict.
    """
    now = now or timezone.now()
    if not may_withdraw(by, document):
        raise PermissionDenied
    case = Case.objects.locked(document.case)
    document = Document.objects.select_related("client", "case", "requirement__case").locked(document)
    if document.state in _TOO_LATE:
        raise Conflict(_TOO_LATE[document.state], str(document.state))
    ask_that_it_is_open(case)
    if _was_seen(document, by):
        raise Conflict(
            _("Somebody has looked at it already, so it stays. Send another one, and it takes its place."),
            "seen",
        )
    document.withdraw()
    document.save(update_fields=["state"])
    _put_back(document, by, now)
    traces.leave(document, "paper.withdrawn", by=by, case=case, at=now)
    return document


def may_take_back(document: Document, user: User) -> bool:
    """Whether the page offers it; what came between is told when it is asked for."""
    return (
        document.state in (State.CHECKING, State.AVAILABLE)
        and not document.case.is_ended
        and may_withdraw(user, document)
        and not _was_seen(document, user)
    )


def _was_seen(document: Document, by: User) -> bool:
    """Its sender looked at it, and so may whoever takes it back; anybody else's look counts."""
    looks = document.case.events.filter(kind="paper.viewed", data__document=document.reference)
    return looks.exclude(by__in=[document.sent_by_id, by.pk]).exists()


def _put_back(document: Document, by: User, now: datetime) -> None:
    requirement, before = document.requirement, _before(document)
    if requirement.document != document.reference or requirement.state != RequirementState.SENT:
        return  # settled by word meanwhile: it stays so
    for reference, state in before.get("papers", {}).items():
        older = Document.objects.select_for_update(of=("self",)).get(
            requirement=requirement, reference=reference
        )
        if older.state == State.SUPERSEDED and older.copy_sha256 and older.destroying_at is None:
            older.hold_again() if state == State.ACCEPTED else older.stand_again()
            older.save(update_fields=["state"])
    checklist.paper_withdrawn(
        requirement,
        before.get("document", ""),
        state=before.get("state", RequirementState.TO_DO),
        reasons=before.get("reasons", []),
        words=before.get("words", ""),
        facts_mark=before.get("facts_mark", ""),
        by=by,
        now=now,
    )


def _before(document: Document) -> dict[str, Any]:
    """What stood before it; of a paper that was replaced while it was checked nothing was kept, so what stood before
    that one."""
    before = document.before
    while before.get("state") == RequirementState.SENT:
        last = Document.objects.filter(
            requirement=document.requirement_id, reference=before["document"], copy_sha256=""
        ).first()
        if last is None:
            break
        before = last.before
    return before


def withdrawn_documents(*, limit: int = BATCH) -> list[int]:
    """Ids of papers taken back of which storage still holds something."""
    with every_client():
        found = Document.objects.filter(state=State.WITHDRAWN).exclude(copy_sha256="").order_by("id")
        return list(found.values_list("pk", flat=True)[:limit])


def destroy_withdrawn(document_id: int) -> None:
    """Storage keeps nothing of a paper taken back, save what another filing of the client took over; twice is once."""
    with every_client():
        document = (
            Document.objects.select_related("client", "case", "requirement")
            .filter(pk=document_id, state=State.WITHDRAWN)
            .exclude(copy_sha256="")
            .first()
        )
        if document is None:
            return
    try:
        drop_kept(document)
    except storage.StorageAway as away:
        log.warning("document.not_destroyed", document=document.reference, error=str(away))
        return
    with every_client():
        Preview.objects.filter(document=document).delete()
        Document.objects.filter(pk=document.pk, state=State.WITHDRAWN).update(
            copy_sha256="", content_hash="", sealed_version="", copy_version="", copy_etag="", thumb_size=0
        )
