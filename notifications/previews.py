"""A message as its reader would get it, before anything is saved: for a real case, from its own rows if it has any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from cases.models import Case
from clients.models import User
from clients.queries import the_agency
from notifications import kinds, letters, recipients
from notifications.letters import About, Content, Letter, NotWanted, Task
from notifications.models import Channel, Notification
from notifications.texts import Texts, is_own, text_of
from notifications.wording import AGENCY, LANGUAGES, NAMES, Text
from trade.reasons import REASONS

LATELY = 5000  # messages are looked through for one of a kind: no index serves that, and none is worth it
NEWEST = 5  # messages of the case are looked at for one that used this text
NO_TOKEN = "x" * 43  # stands where the sender would put the link's own


@dataclass(frozen=True)
class Shown:
    """One language of a preview. `is_real`: the case has told this, and these are its own words for the names."""

    language: str
    line: str
    letter: Letter | None
    greeting: str
    is_real: bool


def preview(
    code: str, parts: Mapping[str, Mapping[str, str]], case: Case | None, viewer: User
) -> list[Shown]:
    """Both languages of a text with these parts. Read in the viewer's own sight."""
    texts = Texts(the_agency().texts_edition, {code: parts})
    return [_shown(code, texts, case, viewer, language) for language in LANGUAGES]


def lately_told(kind: str) -> int | None:
    """The case of the newest message of this kind among the newest ones at all; None where there is none."""
    newest = Notification.objects.aggregate(newest=Max("pk"))["newest"] or 0
    lately = Notification.objects.filter(pk__gt=newest - LATELY, kind=kind, channel=Channel.MAIL)
    return lately.order_by("-pk").values_list("case_id", flat=True).first()


def _shown(code: str, texts: Texts, case: Case | None, viewer: User, language: str) -> Shown:
    text = text_of(code)
    assert text is not None
    with translation.override(LANGUAGES[language]):
        row, content = _told(code, text, case, viewer)
        is_real = content is not None
        about = About(row, the_agency(), NO_TOKEN)
        known = {name: word for name, word in about.words.items() if word}
        content = content or _example(code, text)
        words = {name: str(NAMES[name].example) for name in NAMES} | known | content.words
        letter = letters.put_together(about, content, texts.fill(code, words)) if text.subject else None
        return Shown(
            language,
            texts.line(code, words) if text.line else "",
            letter,
            letters.greeting(row.recipient) if row.recipient else _("Good day,"),
            is_real,
        )


def _told(code: str, text: Text, case: Case | None, viewer: User) -> tuple[Notification, Content | None]:
    """The newest message of the case that used this text, with what it says today; else one made up for its reader."""
    kind = text.kind or code
    case = case if text.is_of_case else None
    if case is not None and text.subject and not is_own(code):
        sent = Notification.objects.filter(
            case=case, kind=kind, channel=Channel.MAIL, recipient__isnull=False
        )
        for row in sent.select_related("recipient", "case", "client").order_by("-pk")[:NEWEST]:
            try:
                content = letters.content_of(About(row, the_agency(), NO_TOKEN))
            except (NotWanted, LookupError, ArithmeticError, ValueError, TypeError):
                continue
            if content.text == code:
                return row, content
    reader = viewer
    if case is not None and text.to != AGENCY:
        reader = next(iter(recipients.contacts(case.client_id)), viewer)
    row = Notification(kind=kind, case=case, client=case.client if case else None, recipient=reader)
    if is_own(code) and case is not None:
        row.data = {"text": code}
        return row, letters.content_of(About(row, the_agency()))
    return row, None


def _example(code: str, text: Text) -> Content:
    """The portal's own parts, with made-up words: a number, the lines of a list, a thing to mend."""
    content = Content(code, label=_("Open the filing"), link="#")
    if "number" in text.names:
        content.number = (_("number"), str(NAMES["number"].example))
    if code == kinds.NUDGE:
        content.items = [f"· {NAMES['paper'].example}"]
    if "things" in text.names or code.startswith("paper."):
        rule = REASONS["id_unclear"]
        content.tasks = [Task(str(NAMES["paper"].example), str(rule.cause), str(rule.fix))]
    return content
