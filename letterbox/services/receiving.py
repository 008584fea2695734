"""A letter comes in. With a token of ours, from the person's own address, signed by its domain, it is theirs: a note,
or what they say of a result. Anything less waits to be sorted by people. Nothing here moves a case.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from anymail.inbound import AnymailInboundMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Audience, Case
from cases.queries import may_see
from cases.records import LONGEST_NOTE
from cases.services import listening, progress
from clients import sight, source
from clients.models import User
from clients.refusals import Invalid, Refusal
from documents import storage
from documents.filenames import clean_name
from documents.inspection.bounds import MAX_BYTES
from letterbox import reading
from letterbox.models import Letter, LetterFile, State
from trade.results import read_result, redacted

log = structlog.get_logger()

MOST_UNSORTED = 2000
MOST_FILES = 10
FOLDER = "letters"


class BoxFull(Exception):
    """Nobody sorts; the provider keeps the letter and comes again."""


def receive(message: AnymailInboundMessage, provider: str, *, now: datetime | None = None) -> Letter:
    """Take one letter down; handed on twice it is one. Raises `BoxFull`, or `StorageAway` for its files."""
    now = now or timezone.now()
    read = reading.read(message, provider)
    with sight.every_client(), source.coming_from("mail"):
        if known := Letter.objects.filter(key=read.key).first():
            return known
        if Letter.objects.filter(state=State.UNSORTED).count() >= MOST_UNSORTED:
            raise BoxFull
        letter = Letter(key=read.key, sender=read.sender, at=now)
        case, person, letter.why = _proven(read)
        if read.is_automatic:
            letter.state, letter.why = State.DISCARDED, "automatic"
        files = [] if read.is_automatic else _in_quarantine(message, read.key)
        result = read_result(read.own_words)
        is_code = result.meaning == "code"  # of which nothing is kept
        letter.write("" if is_code else read.subject, "" if is_code else read.text)
        if case is not None and person is not None and not letter.why:
            letter.why = _say(case, person, read.own_words, result.meaning, len(files))
            if not letter.why:
                letter.case, letter.client_id, letter.person = case, case.client_id, person
                letter.state = State.FILED
        if letter.state != State.UNSORTED:
            letter.settled_at = now
        letter.save()
        for one in files:
            one.letter, one.client_id = letter, letter.client_id
        LetterFile.objects.bulk_create(files)
    log.info("letter." + letter.state, letter=letter.reference, why=letter.why, count=len(files))
    return letter


def _proven(read: reading.Letter) -> tuple[Case | None, User | None, str]:
    """Case and person that the letter's address was made for, and what is not proven of it."""
    if read.meant is None:
        return None, None, "no_token"
    case = Case.objects.select_related("client").filter(reference=read.meant.case).first()
    person = User.objects.filter(reference=read.meant.person, is_active=True).first()
    if case is None or person is None or not may_see(person, case.client_id, case):
        return None, None, "no_place"
    if read.sender != person.email.lower():
        return case, person, "other_sender"
    return case, person, "" if read.is_authentic else "not_proven"


def _say(case: Case, person: User, words: str, meaning: str, files: int) -> str:
    """As if they had written it in the portal; the code of what stood in the way."""
    if case.is_ended:
        return "not_taken"
    try:
        with transaction.atomic():
            if meaning != "other" and not person.standing.is_agency:
                listening.report_message(case, words, by=person)
                return ""
    except (Refusal, Invalid):
        if meaning == "code":
            return "not_taken"  # a note of it would keep what nobody keeps
    audience = Audience.INTERNAL if person.standing.is_agency else Audience.CLIENT
    progress.write_note(case, _note(words, files, person.language), by=person, audience=audience)
    return ""


def _note(words: str, files: int, language: str) -> str:
    """Without codes and long numbers, for the history is never cleaned; what is too long stands in the letter."""
    with translation.override(language):
        lines = []
        if files:
            lines.append(
                ngettext("(by mail, with %(n)d file)", "(by mail, with %(n)d files)", files) % {"n": files}
            )
        text = redacted(words).strip()
        room = LONGEST_NOTE - 100
        if len(text) > room:
            text = text[:room] + "…"
            lines.append(_("(cut; the agency has the whole letter)"))
        return "\n".join([*filter(None, [text]), *lines]) or _("(an empty letter by mail)")


# ── Files ──


def _in_quarantine(message: AnymailInboundMessage, key: str) -> list[LetterFile]:
    """Each file by itself into quarantine, unopened; what is too large or too many is left out."""
    files = []
    for number, part in enumerate(message.attachments[:MOST_FILES]):
        content = _content_of(part)
        if not 0 < len(content) <= MAX_BYTES:
            continue
        # Named by the letter, so that one handed on again writes over the first.
        name = f"{FOLDER}/{key[:32]}-{number}"
        kind = part.get_content_type()[:80]
        storage.leave_in_quarantine(name, content)
        shown = clean_name(part.get_filename() or "")
        files.append(LetterFile(key=name, filename=shown, size=len(content), content_type=kind))
    return files


def _content_of(part: AnymailInboundMessage) -> bytes:
    try:
        return part.get_content_bytes() or b""
    except Exception:  # noqa: BLE001  a letter within the letter, a broken part
        return b""
