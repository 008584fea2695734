from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import tldextract

from . import numbers
from .book import Codes, per_page
from .loading import Dated, by_code, one_of_table
from .numbers import UPPER
from .provinces import BY_ICP
from .reasons import REASONS

FILE = "messages.toml"
# A message is short; what lies beyond is quotation, or an attack.
LONGEST = 20_000
AROUND = 200
KINDS = ("code", "approved", "rejected", "submitted", "other")
CHANNELS = ("sms", "email")

LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
SENTENCE_END = re.compile(r"[。!?;\n]|\.(?=\s|\Z)|\.(?=[\u4e00-\u9fff])")
CLAUSE_END = re.compile(r"[,，、]")
SIGNATURE = re.compile(r"【([^【】]{1,40})】|\[([^\[\]]{1,40})\]")
SIX_DIGITS = re.compile(r"(?<![0-9a-z.-])[0-9]{6}(?![0-9a-z]|[.-][0-9])")
CODE_WORDS = ("验证码", "校验码", "核验码", "动态码", "短信码", "code")
NEAR = 24
NOT_YET = ("尚", "还", "暂", "仍")
ADDRESS = re.compile(
    r"https?:[/\\]{2}([^\s/\\?#\u2e80-\U000323af<>\"'）),，。]*)([\u4e00-\u9fff]*(?:\.[a-z0-9-])?)"
)
MINISTRY_HOST = "miit.gov.cn"
HOST_LETTERS = re.compile(r"[a-z0-9._@-]+")
# A domain in Chinese has no bounds of its own within Chinese text: it is read only after the word for it.
NAMED_DOMAIN = re.compile(
    r"域名(?:为|是)?[:\s「“\"(]{0,3}([^\s,，。;!?「」“”\"()、:]{1,64}\.[\u4e00-\u9fff]{2,4})(?=[\s,，。;!?」”\")、]|\Z)"
)


@per_page
def icp_form() -> re.Pattern[str]:
    """An ICP number within a text; it begins with a province's character."""
    return re.compile(
        rf"([{re.escape(''.join(BY_ICP))}]) ?icp ?([备证]) ?([0-9]{{6,10}}) ?号"
        r"(?: ?- ?([1-9][0-9]{0,8}[axk]?)(?![0-9a-z]))?"
    )


@dataclass(frozen=True, kw_only=True)
class Listed(Dated):
    """A list of plain words under one code."""

    code: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OfReason(Listed):
    """Words by which a message tells a reason of the catalogue."""

    code: str = one_of_table("reasons.reason")


@dataclass(frozen=True, kw_only=True)
class Hosts(Dated):
    code: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sender(Dated):
    code: str
    names: tuple[str, ...]


class Message(NamedTuple):
    """What a message of the ministry or a provider says."""

    kind: str
    icp_number: str | None = None
    code: str | None = None
    domain: str | None = None
    reasons: tuple[str, ...] = ()


VERDICTS = by_code(FILE, "verdict", Listed)
TOPICS = by_code(FILE, "topic", Listed)
DOUBTS = by_code(FILE, "doubt", Listed)
REASON_WORDS = by_code(FILE, "reason", OfReason)
LOOKS = by_code(FILE, "look", Listed)
HOSTS = by_code("hosts.toml", "host", Hosts)
SENDERS = by_code("hosts.toml", "sender", Sender)
OF_OTHERS = Codes(lambda: frozenset(host for row in HOSTS.values() for host in row.hosts))
# Topics that stay what they are although the word for a filing stands beside them.
SPECIAL = ("public_security", "cancellation", "licence", "real_name", "audit")
SECONDARY = ("face_check", "pre_audit", "sms")
# What an approval of each topic comes to: through the provider's hands or the SMS step a filing is on its way.
GRANTED = {
    "filing": "approved",
    "": "approved",
    "pre_audit": "pre_audit_passed",
    "sms": "sms_done",
    "public_security": "psb_approved",
}
TAKEN_IN = {"submitted", "pre_audit_passed", "sms_done"}


def read_message(text: str) -> Message:
    """What kind of message this is, and what it carries; unknown stays unknown.

    By the words of the messages of MIIT's filing system (12381) and of hosting providers; no wording is fixed.
    """
    plain = plainly(text)
    domain = client_domain(plain)
    if code := ministry_code(plain):
        return Message("code", code=code, domain=domain)
    if not is_about_filing(plain) or has_false_ministry(plain):
        return Message("other", domain=domain)
    said = verdicts(plain)
    if "rejected" in said:
        return Message("rejected", domain=domain, reasons=reasons_in(plain))
    if "approved" in said:
        return Message("approved", icp_number=icp_number(plain), domain=domain)
    return Message("submitted" if said & TAKEN_IN else "other", domain=domain)


def plainly(text: str) -> str:
    """Full width made half, lower case, no longer than a message is: what all words are looked for in."""
    return unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST].translate(LOWER)


def ministry_code(text: str) -> str | None:
    """The code of MIIT's SMS verification (短信核验), null where the message is not the ministry's."""
    about = ("备案" in text or "icp" in text) and ("核验" in text or "verif" in text)
    if not about or not is_from_ministry(text) or opens_elsewhere(text):
        return None
    return next((found[0] for found in SIX_DIGITS.finditer(text) if is_code(text, found)), None)


def is_code(text: str, found: re.Match[str]) -> bool:
    """Whether the six digits are called a code, just before or just after."""
    before = text[max(0, found.start() - NEAR) : found.start()]
    after = text[found.end() : found.end() + 10]
    named = any(word in before for word in CODE_WORDS) or any(word in after for word in CODE_WORDS)
    return named and not re.search(r"[0-9]{6}", before)


def is_from_ministry(text: str) -> bool:
    signatures = [first or second for first, second in SIGNATURE.findall(text)]
    if any(name in signature for signature in signatures for name in SENDERS["ministry"].names):
        return True
    foreign = SENDERS["other"].names
    if any(name in signature for signature in signatures for name in foreign):
        return False
    if not any(name in text for name in SENDERS["ministry"].names):
        return False
    return not any(name in text for name in foreign)


def opens_elsewhere(text: str) -> bool:
    """Whether an address in the message leads to another host than the ministry's."""
    return any(not is_ministry(host) or "." in tail for host, tail in addresses(text))


def addresses(text: str) -> Iterator[tuple[str, str]]:
    for found in ADDRESS.finditer(text):
        yield found[1].rpartition("@")[2].partition(":")[0].rstrip("."), found[2]


def is_ministry(host: str) -> bool:
    return host == MINISTRY_HOST or host.endswith("." + MINISTRY_HOST)


def has_false_ministry(text: str) -> bool:
    """Whether an address only looks like the ministry's: a sign of phishing."""
    hosts = [host for host, tail in addresses(text)]
    return any("miit" in host and not is_ministry(host) and not host.endswith(".gov.cn") for host in hosts)


def is_about_filing(text: str) -> bool:
    return "备案" in text or "icp" in text or "管局" in text or "filing" in text or "短信核验" in text


def verdicts(text: str) -> set[str]:
    """What the clauses of the message say of a filing, maybes left out."""
    said: set[str] = set()
    earlier = ""
    for sentence in SENTENCE_END.split(text):
        for clause in CLAUSE_END.split(sentence):
            said.update(clause_verdicts(clause, earlier))
            earlier = (earlier + "," + clause)[-AROUND:]
    return said


def clause_verdicts(clause: str, earlier: str) -> Iterator[str]:
    for verdict in VERDICTS.values():
        for word in verdict.words:
            start = clause.find(word)
            while start >= 0:
                before, after = clause[max(0, start - AROUND) : start], clause[start + len(word) :][:AROUND]
                if meaning := judged(verdict.code, word, before, after, earlier):
                    yield meaning
                start = clause.find(word, start + len(word))


def judged(verdict: str, word: str, before: str, after: str, earlier: str) -> str | None:
    """What one word of verdict comes to where it stands."""
    if verdict == "submitted":
        if holds(before, "asking") or is_maybe_after(after):
            return None
    elif is_maybe(before, after):
        return None
    topic = passed_topic(after) or topic_of(before, word, earlier)
    if verdict == "approved":
        if after.startswith(DOUBTS["aside"].words) and not after.startswith(DOUBTS["certain"].words):
            return None
        if before.endswith(("未", "不", "没", "没有", "无法", "未能", "not ", "n't ")) or "尚" in before[-4:]:
            return None
        return GRANTED.get(topic)
    if verdict == "rejected":
        if any(past in before for past in DOUBTS["earlier"].words) or before.endswith(NOT_YET):
            return None
        if topic == "public_security":
            return "psb_rejected"
        return None if topic in ("licence", "real_name", "audit", "unrelated") else "rejected"
    return None if topic in (*SPECIAL, "unrelated") else "submitted"


def is_maybe(before: str, after: str) -> bool:
    return holds(before, "before") or is_maybe_after(after)


def holds(before: str, doubt: str) -> bool:
    """Whether one of the doubting words stands there, and not within a word that is certain."""
    for word in DOUBTS["certain"].words:
        before = before.replace(word, "_")
    return any(word in before for word in DOUBTS[doubt].words)


def is_maybe_after(after: str) -> bool:
    return after.startswith(DOUBTS["after"].words) and not after.startswith(DOUBTS["certain"].words)


def passed_topic(after: str) -> str:
    """What was passed, or not, where its name comes behind: the provider's own review, a yearly check."""
    after = re.split(r"[:(]", after, maxsplit=1)[0][:12]
    codes = ("pre_audit", "audit", "real_name", "public_security", "face_check", "sms")
    return next((code for code in codes if any(word in after for word in TOPICS[code].words)), "")


def topic_of(before: str, word: str, earlier: str) -> str:
    """What the verdict is about: by its clause, else by the clauses before it."""
    here = before + word
    if topic := topic_in(here):
        return topic
    for clause in reversed(earlier.split(",")):
        if topic := topic_in(clause):
            return topic
    return ""


def topic_in(clause: str) -> str:
    for code in SPECIAL:
        if any(word in clause for word in TOPICS[code].words):
            return code
    nearest, found = -1, ""
    for code in (*SECONDARY, "filing"):
        for word in TOPICS[code].words:
            place = clause.rfind(word)
            if place >= 0 and (code in SECONDARY or place > nearest):
                if code in SECONDARY:
                    return code
                nearest, found = place, code
    if found:
        return found
    return "unrelated" if any(word in clause for word in TOPICS["unrelated"].words) else ""


def reasons_in(text: str) -> tuple[str, ...]:
    """Codes of the catalogue whose words stand together in one sentence, in the catalogue's order."""
    sentences = SENTENCE_END.split(text)
    return tuple(
        code
        for code in REASONS
        if code in REASON_WORDS
        and any(
            all(part in sentence for part in words.split("+"))
            for sentence in sentences
            for words in REASON_WORDS[code].words
        )
    )


def icp_number(text: str) -> str | None:
    """The filing number in the message, the site's before the subject's."""
    numbers_found = icp_numbers(text)
    with_suffix = (number for number in numbers_found if not number.endswith("号"))
    return next(with_suffix, numbers_found[0] if numbers_found else None)


def icp_numbers(text: str) -> list[str]:
    """All filing numbers, those of sites with their suffix, in the order they stand."""
    numbers_found = []
    for found in icp_form().finditer(text):
        suffix = f"-{found[4]}" if found[4] else ""
        looked = numbers.check("icp", f"{found[1]}ICP{found[2]}{found[3]}号{suffix}".translate(UPPER))
        if looked.normalised:
            numbers_found.append(looked.normalised)
    return list(dict.fromkeys(numbers_found))


def client_domain(text: str) -> str | None:
    """The first domain that is not an authority's, a provider's or a mailer's."""
    return next(client_domains(text), None)


def client_domains(text: str) -> Iterator[str]:
    """All such domains; those in Chinese, which only their word tells, behind the others."""
    for found in HOST_LETTERS.finditer(text):
        if domain := own_domain(found[0]):
            yield domain
    for named in NAMED_DOMAIN.finditer(text):
        if domain := numbers.check("domain", named[1]).normalised:
            yield domain


def own_domain(token: str) -> str | None:
    token = token.strip(".-_")
    if "@" in token or "." not in token or len(token) > 253:
        return None
    ending = token.rpartition(".")[2]
    if ending in LOOKS["file"].words:
        return None
    name = numbers.check("domain", token).normalised
    if name is None or is_of_others(name):
        return None
    return name if ending in LOOKS["reserved"].words or suffixes()(name).suffix else None


def is_of_others(name: str) -> bool:
    labels = name.split(".")
    return any(".".join(labels[n:]) in OF_OTHERS for n in range(len(labels)))


@cache
def suffixes() -> tldextract.TLDExtract:
    """The public suffixes of the list that comes with the package; nothing is fetched."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
