"""Looking at a paper: first the trace, then a link that dies within the minute."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Audience, Case
from cases.services import checklist
from clients.models import User
from clients.refusals import Conflict
from clients.templatetags.look import day
from documents import storage
from documents.models import Document
from documents.permissions import may_see_small
from documents.services import traces
from documents.workflow import State


@dataclass(frozen=True)
class Opened:
    """Links to one paper, or the news that storage no longer has it as it was; then there are none."""

    link: str = ""
    pages: list[str] = field(default_factory=list)
    is_lost: bool = False


@transaction.atomic
def open_document(
    document: Document, *, by: User, why: str = "view", is_download: bool = False, now: datetime | None = None
) -> Opened:
    """Record that this person looks, then sign links to the clean copy and to its pages.

    The event stands in the request's transaction and the answer leaves after its end, so a link that reaches a browser
    has its trace. Raises `Conflict` where there is nothing to look at, `StorageAway` where nobody can say.
    """
    now = now or timezone.now()
    if not document.is_viewable:
        raise Conflict(*_nothing(document))
    if not storage.stands(
        document.copy_key, version=document.copy_version, size=document.copy_size, etag=document.copy_etag
    ):
        _lose(document, now)
        return Opened(is_lost=True)
    traces.leave(document, "paper.viewed", by=by, at=now, is_told=True, why=why, download=is_download)
    # The event held the case: whoever took the paper back before that is seen here, whoever comes now sees the event.
    document.refresh_from_db(fields=["state", "destroying_at"])
    if not document.is_viewable:
        raise Conflict(*_nothing(document))
    link = storage.link_to(
        document.copy_key,
        version=document.copy_version,
        filename=document.copy_filename,
        content_type=document.copy_type,
        inline=not is_download,
    )
    pages = [
        storage.link_to(
            document.preview_key(page.number),
            version=page.version,
            filename=f"{page.number}.jpg",
            content_type="image/jpeg",
        )
        for page in document.previews.all()
    ]
    return Opened(link, pages)


def small_picture(document: Document, *, by: User) -> str:
    """A link to the stamp of a paper for whoever sent it; empty for everybody else, who look with a trace or not."""
    if not (document.is_viewable and document.thumb_size and may_see_small(by, document)):
        return ""
    return storage.link_to(
        document.thumb_key,
        version=document.thumb_version,
        filename="small.jpg",
        content_type="image/jpeg",
    )


def _lose(document: Document, now: datetime) -> None:
    """Storage lost it, or holds something else: nobody is shown that, the client is asked again, staff are told."""
    case = Case.objects.locked(document.case)
    document = Document.objects.select_related("client", "case", "requirement__case").locked(document)
    if document.state in (State.AVAILABLE, State.ACCEPTED):
        document.lose()
        document.reasons = [{"code": "lost", "note": ""}]
        document.save(update_fields=["state", "reasons"])
        checklist.paper_refused(document.requirement, document.reference, reasons=["lost"], now=now)
        traces.leave(document, "paper.refused", by=None, case=case, at=now, reasons=document.reasons)
    traces.leave(
        document, "paper.trouble", by=None, case=case, at=now, audience=Audience.INTERNAL, code="lost"
    )


def _nothing(document: Document) -> tuple[str, str]:
    """Why there is nothing to look at, and its code."""
    if document.destroyed_at is not None:
        gone = _("This paper was destroyed on %(day)s. Its certificate lists what was.")
        return gone % {"day": day(document.destroyed_at)}, "destroyed"
    if document.destroying_at is not None:
        return _("This paper is being destroyed: its day has come."), "destroyed"
    return _NOTHING[document.state](), "not_available"


_NOTHING = {
    State.CHECKING: lambda: _("This file is still being checked. It can be looked at in a moment."),
    State.REFUSED: lambda: _("This file was not taken, and nothing of it was kept."),
    State.SUPERSEDED: lambda: _("This file was replaced before it was checked, and nothing of it was kept."),
    State.WITHDRAWN: lambda: _("This file was taken back by its sender, and nothing of it was kept."),
    State.AVAILABLE: lambda: _("There is nothing to look at."),
    State.ACCEPTED: lambda: _("There is nothing to look at."),
    State.RETURNED: lambda: _("There is nothing to look at."),
}
