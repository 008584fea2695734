"""People sort: a letter becomes a note of the agency's, its files become papers, or all of it is discarded."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Audience, Case, Requirement
from cases.queries import cases_for
from cases.records import LONGEST_NOTE
from cases.services import progress
from clients.models import User
from clients.refusals import Conflict
from documents.models import Document
from documents.services import take_from_quarantine
from letterbox.models import Letter, LetterFile, State
from trade.results import redacted


@transaction.atomic
def file_letter(letter: Letter, case: Case, *, by: User) -> None:
    """Somebody of the agency says which filing it is about. It is their note, for nobody knows who wrote it."""
    _ask(by, case)
    row = _open(letter)
    row.case, row.client_id = case, case.client_id
    _settle(row, State.FILED, by)
    LetterFile.objects.filter(letter=row).update(client_id=case.client_id)
    head = _("A letter that says it comes from %(sender)s:") % {"sender": row.sender or "?"}
    text = redacted(row.words[1])
    note = f"{head}\n{text}"[:LONGEST_NOTE]
    progress.write_note(case, note, by=by, audience=Audience.INTERNAL)


@transaction.atomic
def discard(letter: Letter, *, by: User) -> None:
    """Nothing of it is wanted; its files are destroyed by the next sweep."""
    _ask(by)
    row = _open(letter)
    _settle(row, State.DISCARDED, by)
    LetterFile.objects.filter(letter=row, is_settled=False).update(is_settled=True)


@transaction.atomic
def take_file(file: LetterFile, requirement: Requirement, *, by: User) -> Document:
    """Somebody of the agency says which paper it is: from here on it goes the way of every file that was sent."""
    _ask(by, requirement.case)
    row = LetterFile.objects.select_for_update(of=("self",)).select_related("letter").get(pk=file.pk)
    if row.is_settled:
        raise Conflict(_("This is settled already."), "settled")
    if row.letter.case_id != requirement.case_id:
        raise PermissionDenied
    document = take_from_quarantine(
        requirement,
        by=by,
        key=row.key,
        filename=row.filename,
        size=row.size,
        content_type=row.content_type,
    )
    row.document, row.is_settled, row.dropped_at = (
        document,
        True,
        timezone.now(),
    )  # the papers' own sweep has it now
    row.save(update_fields=["document", "is_settled", "dropped_at"])
    return document


@transaction.atomic
def drop_file(file: LetterFile, *, by: User) -> None:
    _ask(by)
    if not LetterFile.objects.filter(pk=file.pk, is_settled=False).update(is_settled=True):
        raise Conflict(_("This is settled already."), "settled")


def _ask(by: User, case: Case | None = None) -> None:
    if not by.standing.is_agency or (case is not None and not cases_for(by).filter(pk=case.pk).exists()):
        raise PermissionDenied


def _open(letter: Letter) -> Letter:
    row = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if row.state != State.UNSORTED:
        raise Conflict(_("This is settled already."), "settled")
    return row


def _settle(row: Letter, state: str, by: User) -> None:
    row.state, row.settled_by, row.settled_at = state, by, timezone.now()
    row.save(update_fields=["state", "case", "client", "settled_by", "settled_at"])
