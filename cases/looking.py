"""One look at a live site, as any visitor has it: what its home page shows, or why nobody could look."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from clients.fetching import PUBLIC, Fetched, NotFetched, Terms, fetch
from trade import Refused, footer

HTML = ("text/html", "application/xhtml+xml")
# The site answers, but not with a page that could be read here: of its foot nothing is known.
UNREAD = frozenset({"type", "too_large", "encoding", "unread", "by_script"})
NOBODY = ("name", "connect")
SHELL = 200  # letters: a page of scripts with less than this is drawn in the browser
BEGINNING = 2048
CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
NAMED = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
# What pages of the trade are written in; all else is read as UTF-8, for some of Python's codecs are traps.
LETTERS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),  # each is a part of the last
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252"), "cp1252"),
    "utf-16": "utf-16",
}


@dataclass(frozen=True)
class Look:
    """`finding` is `ok` or what is wrong; empty where `why` says that nobody could look."""

    finding: str = ""
    why: str = ""
    shows_psb: bool = False
    certificate_until: datetime | None = None

    @property
    def is_reached(self) -> bool:
        return not self.why or self.why in UNREAD


def look_at(
    domain_name: str, icp_number: str, psb_number: str = "", *, psb_is_due: bool, terms: Terms = PUBLIC
) -> Look:
    """Ask for the home page and judge its foot; the number of the police counts once its time has come."""
    page = _home_page(domain_name, replace(terms, kinds=HTML))
    if isinstance(page, Look):
        return page
    seen = _judged(page, icp_number, psb_number, psb_is_due=psb_is_due)
    return replace(seen, certificate_until=page.certificate_until)


def _judged(page: Fetched, icp_number: str, psb_number: str, *, psb_is_due: bool) -> Look:
    html = _text_of(page)
    try:
        looked = footer.inspect(html, icp_number)
        if looked.verdict == "missing" and _is_shell(html):
            return Look(why="by_script")
        if looked.verdict != "ok" or not psb_number:
            return Look(looked.verdict)
        looked = footer.inspect(html, icp_number, psb_number)
    except Refused as refused:
        return Look(why="too_large" if refused.code == "too_large" else "unread")
    if looked.verdict == "ok":
        return Look("ok", shows_psb=True)
    return Look(f"psb_{looked.verdict}" if psb_is_due else "ok")


def _home_page(domain_name: str, terms: Terms) -> Fetched | Look:
    """By the ways a visitor would try; the first one that answers at all is the site."""
    why = ""
    for start in (f"https://{domain_name}/", f"http://{domain_name}/", f"http://www.{domain_name}/"):
        try:
            page = fetch(start, terms)
        except NotFetched as refused:
            if refused.code in UNREAD:
                return Look(why=refused.code)
            why = _said_most(why, refused.code)
        else:
            if page.status == 200:
                return page
            why = _said_most(why, "status")
    return Look(why=why)


def _said_most(before: str, now: str) -> str:
    """The first that tells of a server; that none is there says least."""
    return now if not before or (before in NOBODY and now not in NOBODY) else before


def _text_of(page: Fetched) -> str:
    """In the letters that the answer or the page names; wrong bytes become marks."""
    found = NAMED.search(page.content_type)
    named = found[1] if found else ""
    if not named and (told := CHARSET.search(page.body[:BEGINNING])):
        named = told[1].decode()
    return page.body.decode(LETTERS.get(named.lower(), "utf-8"), "replace")


def _is_shell(html: str) -> bool:
    return "<script" in html.lower() and len(footer.read_page(html).text.strip()) < SHELL
