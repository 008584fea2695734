"""What a letter says, and what is proven of its sender. Everything in it was written by a stranger."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from anymail.inbound import AnymailInboundMessage
from lxml import etree, html

from letterbox.addresses import Meant, meant_by

LONGEST = 20_000  # signs of a letter
LONGEST_HTML = 512 * 1024
LONGEST_LINE = 200  # of a subject
MOST_ADDRESSES = 20
SILENT = ("head", "script", "style", "title", "template", "noscript", "object", "svg")
NEW_LINE = {
    "p",
    "div",
    "br",
    "tr",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "table",
    "ul",
    "ol",
    "hr",
}
DOMAIN = re.compile(r"(?:^|;)\s*d\s*=\s*([^\s;]+)", re.IGNORECASE)


class Letter(NamedTuple):
    """A letter as it is taken down; `why` says what is not proven, empty where all is."""

    key: str
    sender: str
    subject: str
    text: str
    own_words: str  # without what it quotes, where the provider found that
    meant: Meant | None
    is_authentic: bool
    is_automatic: bool


def read(message: AnymailInboundMessage, provider: str) -> Letter:
    sender, text = sender_of(message), text_of(message)
    stripped = tidy(message.stripped_text or "", LONGEST)
    return Letter(
        key=_key_of(message, sender, text),
        sender=sender,
        subject=tidy(_first(message, "Subject"), LONGEST_LINE, many_lines=False),
        text=text,
        own_words=stripped or text,
        meant=next(filter(None, map(meant_by, addresses_of(message))), None),
        is_authentic=is_authentic(message, sender, provider),
        is_automatic=is_automatic(message),
    )


def _key_of(message: AnymailInboundMessage, sender: str, text: str) -> str:
    """The same letter handed on twice has the same; another one that bears its Message-ID has not."""
    said = "\0".join([_first(message, "Message-ID"), sender, _first(message, "Date"), text])
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


# ── Who ──


def sender_of(message: AnymailInboundMessage) -> str:
    """The one address in From; empty where there are none or several."""
    found = _addresses_in(message, "From")
    return found[0].lower()[:254] if len(found) == 1 and len(message.get_all("From", [])) == 1 else ""


def addresses_of(message: AnymailInboundMessage) -> Iterator[str]:
    """Where it went: by the envelope first, then by its head."""
    yield message.envelope_recipient or ""
    for name in ("To", "Cc"):
        yield from _addresses_in(message, name)


def _addresses_in(message: AnymailInboundMessage, name: str) -> list[str]:
    try:
        return [one.addr_spec for one in message.get_address_header(name)[:MOST_ADDRESSES]]
    except Exception:  # noqa: BLE001  whatever a stranger's head makes of a parser
        return []


def is_automatic(message: AnymailInboundMessage) -> bool:
    """An answer that nobody wrote, such as one from an absence."""
    said = _first(message, "Auto-Submitted").lower() or "no"
    return said != "no" or _first(message, "Precedence").lower() in ("bulk", "junk", "auto_reply", "list")


def is_authentic(message: AnymailInboundMessage, sender: str, provider: str) -> bool:
    """The provider saw a valid DKIM signature of the sender's own domain, and SPF did not say no.

    What a provider does not report is not proven. A head that stands there twice may be the stranger's, and counts
    for nothing.
    """
    domain = sender.rpartition("@")[2]
    signed = _SIGNED.get(provider)
    return bool(domain and signed and signed(message, domain))


def _by_postmark(message: AnymailInboundMessage, domain: str) -> bool:
    """SpamAssassin's own words: a valid signature from the author's domain."""
    tests = {one.strip() for one in _only(message, "X-Spam-Tests").split(",")}
    return "DKIM_VALID_AU" in tests and not tests & {"SPF_FAIL", "DKIM_INVALID", "FORGED_REPLYTO"}


def _by_mailgun(message: AnymailInboundMessage, domain: str) -> bool:
    """It says whether the signature holds, and not whose it is: the only one there must be the domain's."""
    if _only(message, "X-Mailgun-Dkim-Check-Result").lower() != "pass":
        return False
    if _only(message, "X-Mailgun-Spf").lower() in ("fail", ""):
        return False
    named = DOMAIN.search(_only(message, "DKIM-Signature"))
    whose = named[1].lower() if named else ""
    return bool(whose) and (domain == whose or domain.endswith("." + whose))


_SIGNED: dict[str, Callable[[AnymailInboundMessage, str], bool]] = {
    "postmark": _by_postmark,
    "mailgun": _by_mailgun,
}


def _only(message: AnymailInboundMessage, name: str) -> str:
    found = message.get_all(name, [])
    return str(found[0]).strip() if len(found) == 1 else ""


def _first(message: AnymailInboundMessage, name: str) -> str:
    try:
        return str(message.get(name) or "")
    except Exception:  # noqa: BLE001  as above
        return ""


# ── What ──


def text_of(message: AnymailInboundMessage) -> str:
    """Its words; of a letter in HTML alone the text, never the HTML."""
    try:
        plain = message.text or ""
        return tidy(plain, LONGEST) or tidy(_text_in(message.html or ""), LONGEST)
    except Exception:  # noqa: BLE001  an unknown charset, a broken part
        return ""


def _text_in(source: str) -> str:
    if not source.strip():
        return ""
    try:
        # Comments and instructions are no words; a document nested without end is cut by the parser itself.
        parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
        page = html.document_fromstring(source[:LONGEST_HTML].replace("\0", ""), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    etree.strip_elements(page, *SILENT, with_tail=False)
    pieces: list[str] = []
    for event, one in etree.iterwalk(page, events=("start", "end")):
        if event == "start":
            pieces += ["\n" if one.tag in NEW_LINE else "", " ".join((one.text or "").split(" "))]
        else:
            pieces += ["\n" if one.tag in NEW_LINE else "", one.tail or ""]
    return "".join(pieces)


def tidy(text: Any, longest: int, *, many_lines: bool = True) -> str:
    """NFC, no control or direction signs, no more than one empty line at a time, cut where it is too long."""
    plain = unicodedata.normalize("NFC", str(text)[: 4 * longest]).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        sign
        if unicodedata.category(sign) not in _NO_SIGN
        else "\n"
        if sign == "\n"
        else " "
        if sign == "\t"
        else ""
        for sign in plain
    )
    lines = [re.sub(r"[ \u00a0]+", " ", line).strip() for line in kept.split("\n")]
    if not many_lines:
        return " ".join(filter(None, lines))[:longest]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:longest]


_NO_SIGN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
