"""Two verbs for one upload: a form is given out, and later called complete. No byte of a file passes through here."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case, Requirement
from cases.promise import by_its_rules
from cases.services import checklist
from clients.models import User
from clients.refusals import Conflict, Invalid, TooMany, error
from documents import storage
from documents.filenames import clean_name
from documents.inspection.bounds import MAX_BYTES
from documents.models import Document, Upload, UploadQuerySet
from documents.permissions import may_send
from documents.services import parts, traces
from documents.services.consenting import ConsentMissing, has_consent
from documents.services.printing import mark_when_sent
from documents.workflow import State
from trade.papers import IDENTITY_PAPERS

ACCEPTED_TYPES = {
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/png": "image/png",
    "image/heic": "image/heic",
    "image/heif": "image/heif",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
    "image/webp": "image/webp",
    "application/pdf": "application/pdf",
    "application/x-pdf": "application/pdf",
}
PLAIN = "application/octet-stream"
OPEN_FORMS = 20
BYTES_A_DAY = 1024**3
FORM_LIFE = timedelta(seconds=storage.FORM_SECONDS)
LATEST = timedelta(hours=24)
DAY = timedelta(days=1)

REPLACED = (State.CHECKING, State.AVAILABLE, State.ACCEPTED)


@transaction.atomic
@by_its_rules
def start_upload(
    requirement: Requirement,
    *,
    by: User,
    filename: str,
    size: int,
    content_type: str,
    asks_consent: bool = False,
    now: datetime | None = None,
) -> tuple[Upload, dict[str, Any]]:
    """A form for the browser to post one file straight to storage: `{"url", "fields"}`.

    With `asks_consent` an identity paper gets no form before the client has agreed (PIPL art. 29).
    """
    now = now or timezone.now()
    ask_before(requirement, by, asks_consent=asks_consent)
    kind = checked(size, content_type)
    upload = give_out(requirement, by, clean_name(filename), size, kind, now)
    return upload, storage.form_for(upload.key, size=size, content_type=kind)


@transaction.atomic
@by_its_rules
def start_plain_upload(
    requirement: Requirement,
    *,
    by: User,
    leads_to: Callable[[str], str],
    asks_consent: bool = False,
    now: datetime | None = None,
) -> tuple[Upload, dict[str, Any]]:
    """The same for a page without a script, which knows neither size nor type before: any file up to the limit.

    `leads_to` makes the address the browser goes to afterwards from the upload's reference.
    """
    now = now or timezone.now()
    ask_before(requirement, by, asks_consent=asks_consent)
    upload = give_out(requirement, by, _("paper"), MAX_BYTES, PLAIN, now, is_exact=False)
    then = leads_to(upload.reference)
    return upload, storage.form_for(upload.key, size=MAX_BYTES, least=1, content_type=PLAIN, then=then)


def ask_before(requirement: Requirement, by: User, *, asks_consent: bool) -> None:
    """What must be so before anything is given out: the right, an open case, the consent."""
    ask_to_send(requirement, by=by)
    ask_that_it_is_open(requirement.case)
    if asks_consent and requirement.kind in IDENTITY_PAPERS and not has_consent(requirement.client):
        raise ConsentMissing


def give_out(
    requirement: Requirement,
    by: User,
    filename: str,
    size: int,
    kind: str,
    now: datetime,
    *,
    is_exact: bool = True,
    life: timedelta = FORM_LIFE,
    mark: str = "",
) -> Upload:
    """The row behind a form or links; raises `TooMany`."""
    _ask_for_room(by, size, now)
    upload = Upload(
        client_id=requirement.client_id,
        requirement=requirement,
        by=by,
        key=f"{requirement.client.reference}/{secrets.token_hex(16)}",
        filename=filename,
        size=size,
        is_exact=is_exact,
        content_type=kind,
        created_at=now,
        expires_at=now + life,
        mark=mark,
    )
    upload.save()
    return upload


def ask_to_send(requirement: Requirement, *, by: User) -> None:
    """Whoever may not send hears so before anything they wrote is read."""
    if not may_send(by, requirement):
        raise PermissionDenied


def checked(size: int, content_type: str) -> str:
    """The type as we name it; raises `Invalid` where size or type cannot be taken."""
    errors = []
    if size < 1:
        errors.append(error("size", _("The file is empty. Choose it again, or take a new photo."), "empty"))
    elif size > MAX_BYTES:
        words = _("The file is larger than 20 MB. Send a photo, or a scan at a lower resolution.")
        errors.append(error("size", words, "too_large"))
    kind = ACCEPTED_TYPES.get(content_type.partition(";")[0].strip().lower())
    if kind is None:
        words = _("We do not take this kind of file. Send a photo (JPEG, PNG, HEIC, WebP) or a PDF.")
        errors.append(error("content_type", words, "not_accepted"))
    if errors or kind is None:
        raise Invalid(errors)
    return kind


def ask_that_it_is_open(case: Case) -> None:
    if case.is_ended:
        raise Conflict(_("This case has ended; its papers stay as they are."), "ended")


def one_at_a_time(by: User) -> None:
    """Whatever else this person begins meanwhile waits for the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x7570, by.pk % 2**31])


def _ask_for_room(by: User, size: int, now: datetime) -> None:
    """At most so many open forms and so much a day for one person, counted one call at a time."""
    one_at_a_time(by)
    mine = Upload.objects.filter(by=by)
    ends = list(mine.open(now).order_by("expires_at").values_list("expires_at", flat=True)[:OPEN_FORMS])
    if len(ends) >= OPEN_FORMS:
        wait = max(1, round((ends[0] - now).total_seconds()))
        words = _("Twenty files of yours are on their way already. Let them finish, or wait ten minutes.")
        if wait > storage.FORM_SECONDS:
            words = _("Twenty files of yours are on their way already. Finish some, or cancel them.")
        raise TooMany(words, "too_many_uploads", wait=wait)
    today = mine.filter(created_at__gt=now - DAY).exclude(completed_at=None, expires_at__lte=now)
    _ask_for_another(mine, now)
    if (today.aggregate(sum=Sum("size"))["sum"] or 0) + size > BYTES_A_DAY:
        words = _(
            "You have sent one gigabyte within a day. Go on tomorrow, or ask your agency to take the rest by hand."
        )
        raise TooMany(words, "too_many_bytes", wait=3600)


def _ask_for_another(mine: UploadQuerySet, now: datetime) -> None:
    """Tiny files in an endless loop fill no storage, but the worker's time and the history."""
    within = mine.filter(created_at__gt=now - DAY)
    most = settings.UPLOADS_A_DAY
    latest = list(within.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(latest) >= most:
        words = _("You have sent %(n)d files within a day. Go on tomorrow, or ask your agency for help.")
        wait = max(1, round((latest[-1] + DAY - now).total_seconds()))
        raise TooMany(words % {"n": most}, "too_many_files", wait=wait)


@by_its_rules
def finish_upload(upload: Upload, *, by: User, now: datetime | None = None) -> Document:
    """The browser says the file is there: it becomes the newest version of its paper, to be checked.

    Said twice, or twenty times at once, it is one document. What came in parts is counted and joined before.
    """
    now = now or timezone.now()
    ask_to_send(upload.requirement, by=by)
    try:
        with transaction.atomic():
            if upload.is_in_parts:
                _join(upload, now)
            return _finish(upload, by, now)
    except parts.WrongWhole:
        parts.put_an_end_to(upload, now=now)  # kept, where all else is rolled back
        raise


def _join(upload: Upload, now: datetime) -> None:
    """Before the case is held: nobody else waits for the store."""
    held = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if held.completed_at or has_ended(held, now):
        return
    ask_that_it_is_open(upload.requirement.case)
    parts.join(held)


def has_ended(upload: Upload, now: datetime) -> bool:
    """Whether it is too late to call it complete."""
    if upload.swept_at or upload.cancelled_at:
        return True
    return upload.expires_at <= now if upload.is_in_parts else upload.created_at < now - LATEST


def _finish(upload: Upload, by: User, now: datetime) -> Document:
    case = Case.objects.locked(upload.requirement.case)
    upload = Upload.objects.select_for_update(of=("self",)).select_related("client").get(pk=upload.pk)
    if known := Document.objects.filter(upload=upload).first():
        return known
    if has_ended(upload, now):
        raise Conflict(
            _("This upload was never finished and has been cleared away. Start again."), "upload_ended"
        )
    ask_that_it_is_open(case)
    requirement = Requirement.everything.select_related("case").get(pk=upload.requirement_id)
    upload.completed_at = now
    upload.save(update_fields=["completed_at"])
    before = list(requirement.documents.filter(state__in=REPLACED).select_for_update())
    document = Document(
        client_id=upload.client_id,
        case=case,
        requirement=requirement,
        upload=upload,
        version=(requirement.documents.aggregate(last=Max("version"))["last"] or 0) + 1,
        filename=upload.filename,
        sent_by=by,
        sent_at=now,
        is_on_behalf=by.standing.is_agency,
        is_consent_outstanding=requirement.kind in IDENTITY_PAPERS and not has_consent(upload.client),
        token=secrets.token_hex(16),
        before=standing_before(requirement, before),
    )
    document.save()
    for older in before:
        older.supersede()
        older.save(update_fields=["state"])
    mark = mark_when_sent(case, requirement)
    checklist.paper_sent(requirement, document.reference, by=by, now=now, facts_mark=mark)
    traces.leave(
        document,
        "paper.sent",
        by=by,
        case=case,
        at=now,
        on_behalf=document.is_on_behalf,
        supersedes=[older.reference for older in before],
    )
    return document


@transaction.atomic
@by_its_rules
def take_from_quarantine(
    requirement: Requirement,
    *,
    by: User,
    key: str,
    filename: str,
    size: int,
    content_type: str,
    now: datetime | None = None,
) -> Document:
    """What lies in quarantine already, for it came by another door: the same questions, and the same way from here."""
    now = now or timezone.now()
    ask_before(requirement, by, asks_consent=False)
    kind = checked(size, content_type)
    upload = Upload(
        client_id=requirement.client_id,
        requirement=requirement,
        by=by,
        key=key,
        filename=clean_name(filename),
        size=size,
        content_type=kind,
        created_at=now,
        expires_at=now,  # nobody has a form for it
    )
    upload.save()
    return finish_upload(upload, by=by, now=now)


def standing_before(requirement: Requirement, papers: Iterable[Document]) -> dict[str, Any]:
    """The line of the checklist and the papers that a new one takes the place of."""
    return {
        "state": requirement.state,
        "document": requirement.document,
        "reasons": requirement.reasons,
        "words": requirement.words,
        "facts_mark": requirement.facts_mark,
        "papers": {paper.reference: paper.state for paper in papers},
    }
