"""What a message means for a filing under way: finer than its kind, with all that may tell which filing it is."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from . import days, numbers
from .book import per_page
from .messages import (
    CLAUSE_END,
    LONGEST,
    LOOKS,
    LOWER,
    SENTENCE_END,
    Message,
    addresses,
    client_domains,
    has_false_ministry,
    icp_form,
    icp_numbers,
    is_about_filing,
    is_maybe,
    is_of_others,
    plainly,
    read_message,
    verdicts,
)
from .provinces import BY_PSB

MEANINGS = ("code", "approved", "rejected", "submitted", "psb_approved", "psb_rejected", "other")
MOST_DOMAINS = 20
DAY_FORM = re.compile(r"(?<![0-9])(20[0-9]{2}) ?[-/.年] ?([0-9]{1,2}) ?[-/.月] ?([0-9]{1,2})(?![0-9])")
NEAR_DAY = 40
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{5,79}")
MOST_WORDS = 400
# Six digits by themselves, or with a blank or dash between them, as codes are read out.
CODE = re.compile(r"(?<![0-9])(?<![0-9][ -])[0-9](?:[ -]?[0-9]){5}(?![ -]?[0-9])")
LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{11,18}[0-9Xx]?(?![0-9A-Za-z])")
HIDDEN = "••••••"
CHINESE_SIGNS = re.compile("([，：；！？（）])")  # stay as they were written


class Result(NamedTuple):
    """A message as a filing's desk needs it; `said` are its verdicts in full."""

    meaning: str
    message: Message
    said: frozenset[str] = frozenset()
    psb_number: str | None = None
    icp_numbers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    on: date | None = None


def read_result(text: str) -> Result:
    """Like `read_message`, and the answers of the police, who are not its business, besides."""
    message, plain = read_message(text), plainly(text)
    said: set[str] = set()
    if is_about_filing(plain) and not has_false_ministry(plain) and not has_false_police(plain):
        said = verdicts(plain) | ({"sms_done"} if is_sms_done(plain) else set())
        said |= {"handed_over"} if "submitted" in said and names_bureau(plain) else set()
    meaning = message.kind
    if meaning == "other":
        meaning = next((word for word in ("psb_rejected", "psb_approved") if word in said), "other")
    return Result(
        meaning,
        message,
        frozenset(said),
        psb_number(plain),
        tuple(icp_numbers(plain)),
        tuple(dict.fromkeys(client_domains(plain)))[:MOST_DOMAINS],
        day_of(plain),
    )


def has_false_police(text: str) -> bool:
    """Whether an address only looks like one where filings are kept."""
    hosts = [host for host, _tail in addresses(text)]
    return any(
        ("mps" in host or "beian" in host) and not host.endswith(".gov.cn") and not is_of_others(host)
        for host in hosts
    )


def is_sms_done(text: str) -> bool:
    """Whether it says that all have entered the ministry's code."""
    for sentence in SENTENCE_END.split(text):
        for clause in CLAUSE_END.split(sentence):
            for word in LOOKS["sms_done"].words:
                before, found, after = clause.partition(word)
                if found and not is_maybe(before, after):
                    return True
    return False


def names_bureau(text: str) -> bool:
    return any(word in text for word in LOOKS["bureau"].words)


@per_page
def psb_form() -> re.Pattern[str]:
    return re.compile(rf"([{re.escape(''.join(BY_PSB))}]) ?公网安备 ?([0-9]{{14}}) ?号")


def psb_number(text: str) -> str | None:
    """The first number of the police that can be one."""
    for found in psb_form().finditer(text):
        if number := numbers.check("psb", f"{found[1]}公网安备{found[2]}号").normalised:
            return number
    return None


def day_of(text: str) -> date | None:
    """The day that is named as that of the result, and has come in Beijing."""
    for found in DAY_FORM.finditer(text):
        before = text[max(0, found.start() - NEAR_DAY) : found.start()]
        if not any(word in before for word in LOOKS["day_of_result"].words):
            continue
        try:
            named = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            continue
        if named <= days.today():
            return named
    return None


def words_in(text: str) -> list[str]:
    """What in the message may be a number of a server or an order."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST])
    return list(dict.fromkeys(found[0] for found in WORD.finditer(plain)))[:MOST_WORDS]


def parents(domain: str) -> list[str]:
    """A name and those above it that can be filed: `www.harbour.example`, `harbour.example`."""
    labels = domain.split(".")
    return [".".join(labels[place:]) for place in range(len(labels) - 1)]


def redacted(text: str) -> str:
    """The message without any code and without long numbers of people; numbers of filings stay readable."""
    parts = CHINESE_SIGNS.split(text[:LONGEST])
    plain = "".join(
        part if CHINESE_SIGNS.fullmatch(part) else unicodedata.normalize("NFKC", part) for part in parts
    )[:LONGEST]
    folded = plain.translate(LOWER)
    kept = [found.span() for form in (icp_form(), psb_form()) for found in form.finditer(folded)]

    def hide(found: re.Match[str]) -> str:
        is_kept = any(start <= found.start() and found.end() <= end for start, end in kept)
        return found[0] if is_kept else HIDDEN

    return LONG_NUMBER.sub(hide, CODE.sub(hide, plain))
