"""What a machine saw on a paper, held against the facts as they are now: hints for whoever looks, never a verdict."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.deadlines import beijing_day
from cases.models import Case, Person
from documents.models import Document, Reading
from trade.printed import PRINTED, Printed


class Seen(NamedTuple):
    """A line of the page; `mark`: agrees, differs or unsure, or nothing where there is nothing to hold it against."""

    label: str
    value: str
    mark: str = ""


def seen_on(document: Document) -> list[Seen]:
    """Nothing for kinds of paper on which nothing is looked for."""
    kind = document.requirement.kind
    if kind not in PRINTED:
        return []
    reading = Reading.objects.get_queryset().of(document).first()  # type: ignore[attr-defined]
    if reading is None and not settings.READING:
        return []
    if reading is None or reading.read_at is None:
        is_coming = settings.READING and reading is not None and not reading.problem
        return [
            Seen(
                _("Number and expiry"),
                _("being read; look again in a minute") if is_coming else _("not read"),
            )
        ]
    holder = _holder(document.case, document.requirement.of)
    return [
        _clarity(reading),
        *_number(reading, PRINTED[kind], holder),
        *_end(reading, PRINTED[kind], holder),
        *_zone(reading),
    ]


def _holder(case: Case, of: str) -> Any:
    """Whose paper it is."""
    if of == "subject":
        return case.subject
    return case.head if of == "head" else case.manager_or_head


def _clarity(reading: Reading) -> Seen:
    if reading.is_clear:
        return Seen(_("Readable"), pgettext("readable", "well"), "agrees")
    return Seen(_("Readable"), pgettext("readable", "hardly; a sharper picture may be needed"), "unsure")


def _number(reading: Reading, printed: Printed, holder: Any) -> list[Seen]:
    if printed.number is None:
        return []
    if holder is None or not holder.has_number:
        return [Seen(_("Number"), _("the facts have none yet"))]
    if reading.mark_of(holder.id_number_hash) in reading.numbers:
        return [Seen(_("Number"), _("on the paper as in the facts"), "agrees")]
    if reading.sure:
        return [Seen(_("Number"), _("another number of this kind stands on it"), "differs")]
    return [Seen(_("Number"), _("not found on the paper; look closely"), "unsure")]


def _end(reading: Reading, printed: Printed, holder: Any) -> list[Seen]:
    if not printed.expires:
        return []
    is_licence = holder is not None and not isinstance(holder, Person)
    fact = getattr(holder, "licence_valid_until" if is_licence else "id_valid_until", None)
    if reading.until is None and not reading.is_without_end:
        return [Seen(_("Expires"), _("not found on the paper; look closely"), "unsure")] if fact else []
    value, mark = _against(reading.until, fact, is_licence)
    return [Seen(_("Expires"), value, mark)]


def _against(until: date | None, fact: date | None, is_licence: bool) -> tuple[str, str]:
    """The day on the paper beside that of the facts; only of a licence no day says that it has no end."""
    day = until.isoformat() if until else _("without end (长期)")
    told = {"day": day, "fact": fact.isoformat() if fact else ""}
    if until and until < beijing_day(timezone.now()):
        return _("%(day)s: it has run out") % told, "differs"
    if fact == until and (fact or is_licence):
        return _("%(day)s, as in the facts") % told, "agrees"
    if fact is None:
        return _("%(day)s; the facts say nothing") % told, ""
    return _("%(day)s; the facts say %(fact)s") % told, "differs"


def _zone(reading: Reading) -> list[Seen]:
    if reading.is_zone_right is None:
        return []
    right = pgettext("check digits", "right")
    wrong = pgettext("check digits", "do not fit; look closely")
    value, mark = (right, "agrees") if reading.is_zone_right else (wrong, "unsure")
    return [Seen(_("Check digits"), value, mark)]
