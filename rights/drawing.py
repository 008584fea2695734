"""What goes and what stays, in words: for whoever asks, for whoever decides, and afterwards from the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.errands import paper_title
from cases.models import Case
from cases.words import part_name
from clients.templatetags.look import day
from notifications.erasing import until_words
from rights.models import Remainder
from rights.weighing import FACTS, Weighed
from trade.keeping import AGREED, COMPANY, DEEDS, TERMS


@dataclass(frozen=True)
class Line:
    """Something that stays: what, why, until when, and by which law."""

    what: str
    why: str
    until: str
    source: str


def goes(found: Weighed) -> list[str]:
    """What goes at once."""
    told = [
        _(
            "Your account: name, e-mail address, WeChat, passkeys, sign-ins, API tokens and your calendar's address."
        ),
        _(
            "What you wrote: notes and messages in the history, letters by mail, and the names you gave to files."
        ),
        _(
            "Your address in the list of what you were told, and your name in what others wrote about your filings."
        ),
    ]
    filings = len({person.case_id for person in found.facts})
    if filings:
        told.append(
            ngettext(
                "What %(n)d filing that is over says of you: name, ID, birth date, phones, addresses.",
                "What %(n)d filings that are over say of you: name, ID, birth date, phones, addresses.",
                filings,
            )
            % {"n": filings}
        )
    if found.papers:
        told.append(
            ngettext(
                "%(n)d paper of yours; a certificate says that the store has nothing of it any more.",
                "%(n)d papers of yours; a certificate of each says that the store has nothing of it any more.",
                len(found.papers),
            )
            % {"n": len(found.papers)}
        )
    return told


def stays(found: Weighed) -> list[Line]:
    """Each of what stays, what concerns the person's filings first."""
    told = [
        _line(
            _named(
                stay.case, stay.of, stay.kind, [paper_title(one.requirement, one.case) for one in stay.papers]
            ),
            stay.rule,
            stay.until,
        )
        for stay in found.stays
    ]
    return told + always()


def always() -> list[Line]:
    """What stays of everybody, and names nobody."""
    return [_line(str(TERMS[code].name), code, None) for code in (DEEDS, AGREED, COMPANY)]


def remains(rows: list[Remainder]) -> list[Line]:
    """What stayed of somebody who is erased, and until when; what has gone since says so."""
    told = []
    for row in rows:
        line = _line(_named(row.case, row.of, row.kind, []), row.rule, row.until)
        if row.gone_at:
            until = _("gone on %(day)s") % {"day": day(row.gone_at)}
            line = Line(line.what, line.why, until, line.source)
        told.append(line)
    return told


def _named(case: Case, of: str, kind: str, titles: list[str]) -> str:
    site = case.domain_name or case.reference
    if kind == FACTS:
        return _("What the filing of %(site)s says: %(part)s") % {"site": site, "part": part_name(of)}
    what = ", ".join(titles) or _("Papers: %(part)s") % {"part": part_name(of)}
    return f"{site}: {what}"


def _line(what: str, rule: str, until: date | None) -> Line:
    row = TERMS.get(rule)
    if row is None:  # an agency may have taken it back since
        return Line(what, "", day(until) if until else "", "")
    return Line(what, str(row.plain), until_words(rule, until), row.source)
