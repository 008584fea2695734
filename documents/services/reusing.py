"""Accepted papers outlive their case: while they are valid, the client's next filing may use them again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.deadlines import beijing_day
from cases.models import Case, Person, Requirement
from cases.promise import by_its_rules
from cases.services import checklist
from clients.models import User
from clients.queries import the_agency
from clients.refusals import Conflict
from clients.sight import every_client
from documents.models import Document, Preview
from documents.queries import documents_for
from documents.services import traces
from documents.services.consenting import ConsentMissing, has_consent
from documents.services.taking import REPLACED, ask_that_it_is_open, ask_to_send, standing_before
from documents.workflow import State
from trade.papers import ID_PAPERS, IDENTITY_PAPERS, SUBJECT_PAPERS

LOOKED_THROUGH = 10

# What is the same bytes, so the same words about them.
COPIED = (
    "filename",
    "token",
    "kind",
    "size",
    "content_hash",
    "sealed_version",
    "copy_type",
    "copy_size",
    "copy_sha256",
    "copy_version",
    "copy_etag",
    "width",
    "height",
)


def reusable(requirement: Requirement, *, by: User) -> Document | None:
    """The newest accepted paper of this kind and of the same holder in another case of this client, if still valid."""
    if requirement.kind not in ID_PAPERS and requirement.kind not in SUBJECT_PAPERS:
        return None
    holder = holder_of(requirement.case, requirement.of)
    if holder is None or not holder.has_number:
        return None
    earlier = (
        documents_for(by)
        .filter(
            client=requirement.client_id,
            requirement__kind=requirement.kind,
            state=State.ACCEPTED,
            destroying_at__isnull=True,
        )
        .exclude(case=requirement.case_id)
        .select_related("case__subject")
        .prefetch_related("case__people")
        .order_by("-id")
    )
    return next((one for one in earlier[:LOOKED_THROUGH] if _fits(one, holder)), None)


def holder_of(case: Case, of: str) -> Any:
    """Whose paper it is: the applicant, or one of the two people."""
    if of == "subject":
        return case.subject
    return case.head if of == "head" else case.manager_or_head


def _fits(document: Document, holder: Any) -> bool:
    """The same holder by number, not run out, and not due for deletion."""
    then = holder_of(document.case, document.requirement.of)
    if then is None or then.id_number_hash != holder.id_number_hash:
        return False
    today = beijing_day(timezone.now())
    until = holder.id_valid_until if isinstance(holder, Person) else holder.licence_valid_until
    gone = document.deleted_on(the_agency().identity_papers_kept_days)
    return (until is None or until > today) and (gone is None or gone > today)


@transaction.atomic
@by_its_rules
def reuse_document(
    requirement: Requirement, *, by: User, asks_consent: bool = False, now: datetime | None = None
) -> Document:
    """The earlier paper becomes the newest version of this one; the agency looks at it and accepts it once more.

    Raises `Conflict` where there is none, `ConsentMissing` for an identity paper before the client has agreed.
    """
    now = now or timezone.now()
    ask_to_send(requirement, by=by)
    case = Case.objects.with_facts().locked(requirement.case)
    ask_that_it_is_open(case)
    requirement = Requirement.everything.select_related("client").get(pk=requirement.pk)
    requirement.case = case
    consented = has_consent(requirement.client)
    if asks_consent and requirement.kind in IDENTITY_PAPERS and not consented:
        raise ConsentMissing
    earlier = reusable(requirement, by=by)
    # Its row is held, so that it is not destroyed meanwhile; one that is on its way is not there any more.
    stays = earlier is not None and (
        Document.objects.select_for_update(of=("self",))
        .filter(pk=earlier.pk, destroying_at__isnull=True)
        .exists()
    )
    if earlier is None or not stays or not requirement.is_open:
        raise Conflict(_("There is no earlier paper to use here. Please send it."), "nothing_earlier")
    before = list(requirement.documents.filter(state__in=REPLACED).select_for_update())
    document = Document(
        client_id=requirement.client_id,
        case=case,
        requirement=requirement,
        version=(requirement.documents.aggregate(last=Max("version"))["last"] or 0) + 1,
        state=State.AVAILABLE,
        sent_by=by,
        sent_at=now,
        checked_at=now,
        is_on_behalf=by.standing.is_agency,
        is_consent_outstanding=requirement.kind in IDENTITY_PAPERS and not consented,
        notes=["duplicate"],
        duplicate_of=earlier,
        before=standing_before(requirement, before),
        **{name: getattr(earlier, name) for name in COPIED},
    )
    document.save()
    _share_pages(earlier, document)
    for older in before:
        older.supersede()
        older.save(update_fields=["state"])
    checklist.paper_sent(requirement, document.reference, by=by, now=now)
    told: dict[str, Any] = {"same_as": earlier.reference, "sha256": document.copy_sha256}
    traces.leave(document, "paper.sent", by=by, case=case, at=now, on_behalf=document.is_on_behalf, **told)
    traces.leave(document, "paper.available", by=None, case=case, at=now, **told)
    return document


def _share_pages(earlier: Document, document: Document) -> None:
    """Its pages are those of the earlier one; only the worker's sight writes pages."""
    pages = list(earlier.previews.all())
    with every_client():
        Preview.objects.bulk_create(
            Preview(
                document=document,
                client_id=document.client_id,
                number=page.number,
                version=page.version,
                size=page.size,
                sha256=page.sha256,
            )
            for page in pages
        )
