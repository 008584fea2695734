from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from . import kinds
from .amounts import amount
from .book import checked
from .loading import DataError, Dated, by_code
from .provinces import PROVINCES
from .words import Words

LONGEST = 512
HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")


@dataclass(frozen=True, kw_only=True)
class Rule(Dated):
    code: str
    sentence: Words
    words: tuple[str, ...] = ()


RULES = by_code("names.toml", "rule", Rule)
NEEDED = {
    "fewest", "digits", "latin", "domain", "special", "province_latin", "national", "forbidden", "individual"
}  # fmt: skip


@checked
def each_rule_stands() -> None:
    if set(RULES) != NEEDED:
        words = _("The naming rules are those that the portal looks for, at all times.")
        raise DataError(f"names.toml: {words}", column="valid_to", sentence=words)


def problem(
    name: str,
    *,
    subject_kind: str | None = None,
    domain: str | None = None,
    province: str | None = None,
) -> Words | None:
    """What is against the name of a site (网站名称), by the first rule that it breaks; null where nothing is."""
    code = broken_rule(name, subject_kind=subject_kind, domain=domain, province=province)
    return RULES[code].sentence if code else None


def broken_rule(
    name: str,
    *,
    subject_kind: str | None = None,
    domain: str | None = None,
    province: str | None = None,
) -> str | None:
    text = unicodedata.normalize("NFKC", name[:LONGEST]).strip()
    letters = [letter for letter in text if letter != " "]
    if letters and all(letter in "0123456789" for letter in letters):
        return "digits"
    if letters and all(is_latin(letter) for letter in letters):
        return "latin"
    if domain and text.lower() == unicodedata.normalize(
        "NFKC", domain[:LONGEST]
    ).strip().lower().removesuffix("."):
        return "domain"
    if len(HAN.findall(text)) < amount("site_name_characters"):
        return "fewest"
    if not all(letter in "0123456789" or is_latin(letter) or HAN.match(letter) for letter in letters):
        return "special"
    home = PROVINCES.get(province or "")
    if home and not home.latin_site_names and any(is_latin(letter) for letter in letters):
        return "province_latin"
    kind = kinds.SUBJECT_KINDS.get(subject_kind or "")
    if text.startswith(RULES["national"].words) and not (kind and kind.public_body):
        return "national"
    if any(word in text for word in RULES["forbidden"].words):
        return "forbidden"
    if kind and kind.is_individual and any(word in text for word in RULES["individual"].words):
        return "individual"
    return None


def is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()
