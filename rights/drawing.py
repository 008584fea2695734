"""What goes and what stays, in words: for whoever asks, for whoever decides, and afterwards from the record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

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


@dataclass
class Kept:
    """What one rule keeps: why, by which law, and each thing with its day; of what names nobody only the rule."""

    title: str
    why: str = ""
    source: str = ""
    until: str = ""
    things: list[tuple[str, str]] = field(default_factory=list)


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


def stays(found: Weighed) -> list[Kept]:
    """What concerns the person's filings by its rules, then what stays of everybody and names nobody."""
    told = [
        (
            stay.rule,
            _named(
                stay.case, stay.of, stay.kind, [paper_title(one.requirement, one.case) for one in stay.papers]
            ),
            until_words(stay.rule, stay.until),
        )
        for stay in found.stays
    ]
    always = [_kept(code) for code in (DEEDS, AGREED, COMPANY)]
    for one in always:
        one.until = until_words("", None)
    return _by_rule(told) + always


def remains(rows: Iterable[Remainder]) -> list[Kept]:
    """What stayed of somebody who is erased, and until when; what has gone since says so."""
    return _by_rule(
        (
            row.rule,
            _named(row.case, row.of, row.kind, []),
            _("gone on %(day)s") % {"day": day(row.gone_at)}
            if row.gone_at
            else until_words(row.rule, row.until),
        )
        for row in rows
    )


def _by_rule(told: Iterable[tuple[str, str, str]]) -> list[Kept]:
    found: dict[str, Kept] = {}
    for rule, what, until in told:
        found.setdefault(rule, _kept(rule)).things.append((what, until))
    return list(found.values())


def _kept(rule: str) -> Kept:
    row = TERMS.get(rule)  # an agency may have taken it back since
    return Kept(str(row.name), str(row.plain), row.source_words) if row else Kept(rule)


def _named(case: Case, of: str, kind: str, titles: list[str]) -> str:
    site = case.domain_name or case.reference
    if kind == FACTS:
        return _("What the filing of %(site)s says: %(part)s") % {"site": site, "part": part_name(of)}
    what = ", ".join(titles) or _("Papers: %(part)s") % {"part": part_name(of)}
    return f"{site}: {what}"
