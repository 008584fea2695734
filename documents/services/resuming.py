"""A file that takes longer than one line holds: begun in parts, asked after, gone on with, cancelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Requirement
from cases.promise import by_its_rules
from clients.models import User
from clients.refusals import Conflict, Invalid, error
from clients.sealing import keyed_hash
from clients.sight import every_client
from documents import storage
from documents.filenames import clean_name
from documents.models import Document, Upload
from documents.services import parts
from documents.services.taking import ask_before, ask_to_send, checked, give_out, has_ended, one_at_a_time
from documents.workflow import State

log = structlog.get_logger()

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Part:
    """One part: where to put exactly `size` bytes, or that they have come."""

    number: int
    size: int
    arrived: bool
    url: str


@dataclass(frozen=True)
class Standing:
    """How far an upload has come: `open` with its parts, `sent` with its document, or `ended`."""

    upload: Upload
    state: str
    document: Document | None
    parts: list[Part]


@transaction.atomic
@by_its_rules
def start_parts(
    requirement: Requirement,
    *,
    by: User,
    filename: str,
    size: int,
    content_type: str,
    sha256: str = "",
    asks_consent: bool = False,
    now: datetime | None = None,
) -> Standing:
    """Links for the parts of one file, each for exactly so many bytes.

    Where `sha256` tells which file it is, the same file of the same person for the same paper is the same upload, from
    whatever tab or device; and the worker refuses another one than was announced.
    """
    now = now or timezone.now()
    ask_before(requirement, by, asks_consent=asks_consent)
    kind, mark = checked(size, content_type), _mark(requirement, sha256)
    one_at_a_time(by)
    if mark and (known := _known(requirement, by, size, mark, now)):
        return standing_of(known, now=now)
    upload = give_out(
        requirement, by, clean_name(filename), size, kind, now, life=parts.PARTS_LIFE, mark=mark
    )
    upload.parts_id = storage.begin_parts(upload.key, content_type=kind)
    upload.save(update_fields=["parts_id"])
    return Standing(upload, "open", None, _told(upload, set()))


def _mark(requirement: Requirement, sha256: str) -> str:
    if sha256 and not SHA256.fullmatch(sha256):
        raise Invalid([error("sha256", _("This value is not of the kind expected here."))])
    # The same hash as a paper's own, so that the worker can hold one against the other.
    return keyed_hash(sha256, kind=f"paper:{requirement.client.reference}") if sha256 else ""


def _known(requirement: Requirement, by: User, size: int, mark: str, now: datetime) -> Upload | None:
    """This file on its way, or just arrived and not judged."""
    same = Upload.objects.filter(requirement=requirement, by=by, size=size, mark=mark)
    on_its_way = same.open(now).exclude(parts_id="")  # type: ignore[attr-defined]
    arrived = same.filter(document__state__in=(State.CHECKING, State.AVAILABLE))
    found = on_its_way.order_by("id").first() or arrived.order_by("-id").first()
    if found:
        found.requirement = requirement
    return found


def standing_of(upload: Upload, *, with_links: bool = True, now: datetime | None = None) -> Standing:
    """How far it has come, by the store's own word, with fresh links for what is missing.

    Changes nothing: links end of themselves, the upload when its time is over.
    """
    now = now or timezone.now()
    document = Document.objects.select_related("client", "case", "requirement").filter(upload=upload).first()
    if document:
        return Standing(upload, "sent", document, [])
    if has_ended(upload, now):
        return Standing(upload, "ended", None, [])
    if not upload.is_in_parts:
        return Standing(upload, "open", None, [])
    try:
        come = set(parts.whole_of(upload))
    except parts.WrongWhole:
        return Standing(upload, "ended", None, [])  # the completion says so, and the sweep drops it
    except storage.Missing:
        come = set(range(1, len(parts.sizes_of(upload.size)) + 1))  # joined, and not yet called complete
    return Standing(upload, "open", None, _told(upload, come, with_links=with_links))


def _told(upload: Upload, come: set[int], *, with_links: bool = True) -> list[Part]:
    def link(number: int, size: int) -> str:
        if number in come or not with_links:
            return ""
        return storage.part_link(upload.key, upload.parts_id, number, size=size)

    sizes = enumerate(parts.sizes_of(upload.size), start=1)
    return [Part(number, size, number in come, link(number, size)) for number, size in sizes]


@transaction.atomic
def cancel_upload(upload: Upload, *, by: User, now: datetime | None = None) -> None:
    """Whoever may send thinks better of it; said twice it is said once. Raises `Conflict` where it has been sent."""
    ask_to_send(upload.requirement, by=by)
    upload = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if upload.completed_at:
        raise Conflict(_("This file has been sent already. Take the paper back instead."), "sent")
    parts.put_an_end_to(upload, now=now or timezone.now())


def unfinished_of(requirement: Requirement, *, by: User, now: datetime | None = None) -> list[Upload]:
    """What this person began to send here and may go on with, the newest first."""
    rows = Upload.objects.filter(requirement=requirement, by=by).open(now or timezone.now())  # type: ignore[attr-defined]
    return list(rows.exclude(parts_id="").order_by("-id"))


def drop_cancelled(upload_id: int) -> None:
    """Nothing of it stays in storage. Its links die with it; the sweep comes again for a part that was on its way."""
    with every_client():
        upload = Upload.objects.filter(pk=upload_id, swept_at=None, completed_at=None).first()
    if upload is None or upload.cancelled_at is None or not upload.is_in_parts:
        return
    try:
        storage.drop_from_quarantine(upload.key)
    except storage.StorageAway as away:
        log.warning("upload.not_dropped", upload=upload.reference, error=str(away))
        return
    with every_client():
        Upload.objects.filter(pk=upload.pk, swept_at=None).update(swept_at=timezone.now())
