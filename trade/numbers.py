"""The numbers of the trade: what each looks like, and what its check digit says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import idna
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .book import Codes
from .days import today
from .kinds import Kind
from .loading import Dated, by_code, one_of_table
from .provinces import BY_DIVISION, BY_ICP, BY_PSB, DIVISIONS_NOT_FILING, Province
from .refusal import Refused
from .words import Words

LONGEST = 512
# Only ASCII letters change case: a dotless i must not become a good I.
UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2212"
ONE_HYPHEN = {ord(hyphen): "-" for hyphen in HYPHENS}
# Cyrillic and Greek letters that look like Latin ones, and what cannot be seen at all.
LOOK_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABEKMHOPCTYXIJSAEOPCYXIJSABEZHIKMNOPTYXO",
    "\u200b\u200c\u200d\u2060\ufeff\u00ad",
)
# Where a format has neither O nor I, these can only have been meant as 0 and 1.
MEANT_AS_DIGITS = str.maketrans("\u041e\u043e\u039f\u03bf\u0406\u0456\u0399", "0000111")
# The signs of filing numbers as Hong Kong and Taiwan write them.
SIMPLIFIED = str.maketrans("備證號網滬粵蘇閩魯遼晉貴雲陝隴寧瓊贛", "备证号网沪粤苏闽鲁辽晋贵云陕陇宁琼赣")

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MISREAD = {"O": "0", "I": "1", "S": "5", "Z": "2"}
USCC_WEIGHTS = tuple(pow(3, n, 31) for n in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"

ICP_FORM = re.compile(
    r"(?P<letter>.)ICP(?:备(?P<filed>[0-9]+)|证(?P<licensed>[0-9]+))号"
    r"(?:-(?P<n>[1-9][0-9]{0,8})(?P<service>[AXK]?))?"
)
YEAR = "20"  # begins the filing numbers of ten digits
# 京B2-20260001 of a province, B2-20260001 of the whole country, 京ICP证000001号 of the old form (MIIT order 42, 2017).
COMMERCIAL_FORM = re.compile(
    r"(?:(?P<letter>[\u4e00-\u9fff]?)(?P<business>[A-Z][0-9])-(?P<digits>[0-9]+)"
    r"|(?P<old>[\u4e00-\u9fff])ICP证[0-9]{6,10}号)(?:-[0-9]{1,3})?"
)
PSB_FORM = re.compile(r"(?P<letter>.)公网安备(?P<digits>[0-9]+)号")
COUNTRY_CODES = ("+86", "0086", "86")
LANDLINE_FORM = re.compile(
    r"(?:0|(?:\+86|0086|86)-?0?)"
    r"(?:(?P<short>10|2[0-9])-?(?P<eight>[0-9]{4}-?[0-9]{4})"
    r"|(?P<long>[3-9][0-9]{2})-?(?P<local>[0-9]{3,4}-?[0-9]{4}))"
    r"(?:-(?P<extension>[0-9]{1,6}))?"
)
AREA_BRACKETS = re.compile(r"(\A|\+86-?|86-?)\((0?[0-9]{2,3})\)")
LETTERS_AND_A_DIGIT = re.compile(r"[A-Z]*[0-9][A-Z0-9]*")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
FREE_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,64}")


class Number(NamedTuple):
    """A number looked at: whether it can be, how it is written, and else why not."""

    valid: bool
    normalised: str | None
    reason: object | None
    warning: object | None = None


@dataclass(frozen=True, kw_only=True)
class Format(Kind):
    """What a number of the trade looks like, as far as no check digit says it."""

    sentence: Words
    example: str
    lengths: tuple[int, ...]
    begins: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    never_why: Words | None = None
    doubtful: tuple[str, ...] = ()
    doubt: Words | None = None
    unconfirmed: bool = False

    def takes(self, text: str) -> bool:
        return (
            len(text) in self.lengths
            and (not self.begins or text.startswith(self.begins))
            and not text.startswith(self.never)
        )


@dataclass(frozen=True, kw_only=True)
class Area(Dated):
    """The area codes of one province, by their first digits."""

    code: str = one_of_table("provinces.province")
    prefixes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Endings(Dated):
    """Top-level domains whose registry the ministry has approved (工信部批准的域名注册管理机构)."""

    code: str
    endings: tuple[str, ...]
    unconfirmed: bool = False


FORMATS = by_code("numbers.toml", "format", Format)
AREAS = by_code("areas.toml", "area", Area)
ENDINGS = by_code("tlds.toml", "list", Endings)
FILED_ENDINGS = Codes(lambda: frozenset(ending for row in ENDINGS.values() for ending in row.endings))


class Wrong(Exception):
    """A number that cannot be, with the sentence that says why."""


def check(kind: str, value: str) -> Number:
    """Whether the value can be a number of this kind; nothing is looked up anywhere."""
    if kind not in CHECKS:
        raise Refused("kind", _("This kind of number is not known."), "unknown_code")
    if not isinstance(value, str):
        raise Refused("value", _("The number must be a text."), "invalid")
    try:
        if len(value) > LONGEST:
            raise Wrong(_("This is too long to be such a number."))
        text = unicodedata.normalize("NFKC", value).strip()
        if not text:
            raise Wrong(_("The number is missing."))
        found = CHECKS[kind](text)
    except Wrong as wrong:
        return Number(False, None, wrong.args[0])
    return found if isinstance(found, Number) else Number(True, found, None)


def bare(text: str) -> str:
    """Without spaces, hyphens and look-alikes alike, in capitals."""
    return "".join(text.split()).translate(ONE_HYPHEN).translate(LOOK_ALIKE).translate(UPPER)


def unhyphened(text: str) -> str:
    """Also without the hyphens inside, for numbers that have none."""
    text = bare(text)
    return text if text.startswith("-") or text.endswith("-") else text.replace("-", "")


def digits_first(text: str) -> str:
    """The same of a number without the letters O and I: their look-alikes were meant as digits."""
    return unhyphened(text.translate(MEANT_AS_DIGITS))


def uscc(text: str) -> Number | str:
    """Unified social credit code (统一社会信用代码), GB 32100-2015."""
    text = digits_first(text)
    refuse_length("uscc", text)
    for letter in text:
        if letter not in USCC_ALPHABET:
            raise Wrong(
                format_lazy(
                    _(
                        "“{letter}” never stands in this code: it has digits and capitals without I, O, S, V and Z."
                    )
                    if letter not in MISREAD
                    else _(
                        "“{letter}” never stands in this code, nor do I, O, S, V and Z. Look whether it is a {digit}."
                    ),
                    letter=letter,
                    digit=MISREAD.get(letter, ""),
                )
            )
    if not text[2:8].isdecimal():
        raise Wrong(_("The characters 3 to 8 are the registration district and must be digits."))
    if text[17] != uscc_check(text):
        raise Wrong(_("The check digit at the end does not fit. Compare the code with the licence."))
    if text[16] != organisation_check(text[8:16]):
        return Number(
            True,
            text,
            None,
            _("The ninth to seventeenth characters are no regular organisation code. Compare them."),
        )
    return text


def refuse_length(kind: str, text: str) -> None:
    lengths = FORMATS[kind].lengths
    if len(text) not in lengths:
        raise Wrong(
            format_lazy(
                _("The number has {wanted} characters; this one has {length}."),
                wanted="/".join(map(str, lengths)),
                length=len(text),
            )
        )


def uscc_check(text: str) -> str:
    total = sum(
        USCC_ALPHABET.index(letter) * weight for letter, weight in zip(text, USCC_WEIGHTS, strict=False)
    )
    return USCC_ALPHABET[(31 - total % 31) % 31]


def organisation_check(text: str) -> str:
    """Check digit of an organisation code (组织机构代码), GB 11714-1997."""
    total = sum(int(letter, 36) * weight for letter, weight in zip(text, ORGANISATION_WEIGHTS, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11) or str(11 - total % 11)


def resident_id(text: str) -> str:
    """Number of a resident identity card (公民身份号码), GB 11643-1999."""
    text = digits_first(text)
    if re.fullmatch(r"[0-9]{15}", text):
        raise Wrong(
            _("This is the old number of 15 digits. Use the one of 18 characters on the present card.")
        )
    resident_form("resident_id", text)
    if text[:2] not in BY_DIVISION and text[:2] not in DIVISIONS_NOT_FILING:
        raise Wrong(_("The first two digits name no province."))
    resident_birth(text)
    resident_checked(text)
    return text


def residence_permit(text: str) -> str:
    """Number of a residence permit for Hong Kong, Macau and Taiwan residents, GB 11643-1999."""
    text = digits_first(text)
    resident_form("hmt_residence_permit", text)
    if not FORMATS["hmt_residence_permit"].takes(text):
        raise Wrong(FORMATS["hmt_residence_permit"].sentence)
    resident_birth(text)
    resident_checked(text)
    return text


def resident_form(kind: str, text: str) -> None:
    refuse_length(kind, text)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        raise Wrong(FORMATS["resident_id"].sentence)


def resident_birth(text: str) -> None:
    if birth_of(text) is None:
        raise Wrong(_("The digits 7 to 14 are no possible date of birth."))


def birth_of(number: str) -> date | None:
    """The date of birth in a resident ID's number, if it is one that can be."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if date(1900, 1, 1) <= born <= today() else None


def resident_checked(text: str) -> None:
    if text[17] != resident_check(text):
        raise Wrong(_("The check digit at the end does not fit. Compare the number with the card."))


def resident_check(text: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(text, RESIDENT_WEIGHTS, strict=False))
    return RESIDENT_CHECKS[total % 11]


def icp(text: str) -> str:
    """Number of an ICP filing (ICP备案号), MIIT Order 33 of 2005 and its numbering since 2020."""
    text = bare(text).translate(SIMPLIFIED)
    found = ICP_FORM.fullmatch(text)
    if not found or not is_icp_form(found):
        raise Wrong(FORMATS["icp"].sentence)
    letter = found["letter"]
    if letter not in BY_ICP:
        if letter in BY_PSB:
            right = BY_PSB[letter]
            raise Wrong(
                format_lazy(
                    _("Filing numbers of {province} begin with {right}, not with {letter}."),
                    province=right.name,
                    right=right.icp,
                    letter=letter,
                )
            )
        raise Wrong(format_lazy(_("“{letter}” stands for no province."), letter=letter))
    return text


def is_icp_form(found: re.Match[str]) -> bool:
    filed = found["filed"]
    if filed is None:
        return FORMATS["icp_licensed"].takes(found["licensed"])
    return FORMATS["icp"].takes(filed) and (len(filed) < 10 or filed.startswith(YEAR))


def commercial_licence(text: str) -> str:
    """Number of a value-added telecom licence (增值电信业务经营许可证), new form or old."""
    text = bare(text).translate(SIMPLIFIED)
    found = COMMERCIAL_FORM.fullmatch(text)
    row = FORMATS["commercial_licence"]
    if found is None or not (
        found["old"] or (len(found["digits"]) in row.lengths and found["business"] in row.begins)
    ):
        raise Wrong(row.sentence)
    letter = found["letter"] or found["old"]
    if letter and letter not in BY_ICP and letter not in BY_PSB:
        raise Wrong(format_lazy(_("“{letter}” stands for no province."), letter=letter))
    return text


def psb(text: str) -> str:
    """Number of a public security filing (公安联网备案号)."""
    text = digits_first(text).translate(SIMPLIFIED)
    found = PSB_FORM.fullmatch(text)
    if not found or not FORMATS["psb"].takes(found["digits"]):
        raise Wrong(FORMATS["psb"].sentence)
    right = BY_PSB.get(found["letter"])
    if right is None:
        raise Wrong(format_lazy(_("“{letter}” stands for no province."), letter=found["letter"]))
    if not found["digits"].startswith(right.division):
        raise Wrong(
            format_lazy(
                _("The digits of {province} begin with {division}."),
                province=right.name,
                division=right.division,
            )
        )
    return text


def mobile(text: str) -> Number | str:
    """A mobile number of the mainland, as the numbering plan (电信网编号计划) has it."""
    row, number = FORMATS["mobile"], digits_first(text)
    abroad = (number.removeprefix(code) for code in COUNTRY_CODES if number.startswith(code))
    number = next(filter(row.takes, (number, *abroad)), "")
    if not (number.isascii() and number.isdecimal()):
        raise Wrong(row.sentence)
    return Number(True, number, None, row.doubt) if number.startswith(row.doubtful) else number


def landline(text: str) -> Number | str:
    """A landline of the mainland, with its area code."""
    text = AREA_BRACKETS.sub(r"\1\2", bare(text.translate(MEANT_AS_DIGITS)), count=1)
    row, bare_number = FORMATS["landline"], text.removeprefix("+86").removeprefix("0086").lstrip("-")
    if bare_number.startswith(row.never):
        raise Wrong(row.never_why or row.sentence)
    found = LANDLINE_FORM.fullmatch(text)
    if not found or (found["long"] or "").startswith(row.never):
        raise Wrong(row.sentence)
    area, local = (found["short"], found["eight"]) if found["short"] else (found["long"], found["local"])
    if not row.takes(local.replace("-", "")):
        raise Wrong(row.sentence)
    parts = [f"0{area}", local.replace("-", "")]
    if found["extension"]:
        parts.append(found["extension"])
    number = "-".join(parts)
    if area_province(area) is None:
        return Number(True, number, None, _("No province has this area code. Compare it."))
    return number


def area_province(area: str) -> str | None:
    """The province of an area code without its 0; the longest row that fits counts."""
    fitting = [
        (prefix, row.code) for row in AREAS.values() for prefix in row.prefixes if area.startswith(prefix)
    ]
    return max(fitting, key=lambda fit: len(fit[0]))[1] if fitting else None


def passport(text: str) -> str:
    """Number of a passport, ICAO Doc 9303."""
    text = unhyphened(text)
    if not FORMATS["passport"].takes(text) or not LETTERS_AND_A_DIGIT.fullmatch(text):
        raise Wrong(FORMATS["passport"].sentence)
    return text


def mrz_check(text: str) -> int:
    """The check digit of a field of a machine-readable zone, ICAO Doc 9303 part 3."""
    values = (0 if letter == "<" else int(letter, 36) for letter in text)
    return sum(value * (7, 3, 1)[n % 3] for n, value in enumerate(values)) % 10


def hk_macau_permit(text: str) -> str:
    """Number of a mainland travel permit for Hong Kong and Macau residents (港澳居民来往内地通行证)."""
    text = digits_first(text)
    if not FORMATS["hk_macau_permit"].takes(text) or not re.fullmatch(r"[A-Z][0-9]+", text):
        raise Wrong(FORMATS["hk_macau_permit"].sentence)
    return text


def taiwan_permit(text: str) -> str:
    """Number of a mainland travel permit for Taiwan residents (台湾居民来往大陆通行证)."""
    text = digits_first(text)
    if not FORMATS["taiwan_permit"].takes(text) or not re.fullmatch(r"[0-9]+", text):
        raise Wrong(FORMATS["taiwan_permit"].sentence)
    return text


def foreign_pr_card(text: str) -> Number | str:
    """Number of a foreign permanent resident ID card (外国人永久居留身份证), both patterns."""
    text = unhyphened(text)
    if FORMATS["foreign_pr_card"].takes(text) and re.fullmatch(r"[A-Z0-9]+", text):
        return text
    if not FORMATS["foreign_pr_card_2023"].takes(text) or not re.fullmatch(r"[0-9]+[0-9X]", text):
        raise Wrong(FORMATS["foreign_pr_card"].sentence)
    if text[17] != resident_check(text):
        return Number(
            True,
            text,
            None,
            _("The check digit at the end does not fit. Compare the number with the card."),
        )
    return text


def temporary_id(text: str) -> str:
    raise Wrong(_("Temporary identity cards are not accepted."))


def organisation(text: str) -> Number | str:
    """Number on an organisation's certificate: its credit code, or on older ones another number."""
    if re.fullmatch(r"[0-9A-Z]{18}", unhyphened(text)):
        return uscc(text)
    text = " ".join(text.split())
    if not FREE_TEXT.fullmatch(text):
        raise Wrong(_("The number on a certificate has at most 64 characters."))
    return text


def domain(text: str) -> Number | str:
    """A domain name, RFC 1035 and RFC 5891; an ending that the ministry has not approved warns."""
    text = re.sub(r"\s*([.\u3002])\s*", ".", text)
    if "://" in text or text.lower().startswith(("http:", "https:")):
        raise Wrong(_("Give the domain alone, without http:// in front."))
    if "@" in text:
        raise Wrong(_("This is an e-mail address. Give the domain alone."))
    if "/" in text or "?" in text or "#" in text:
        raise Wrong(_("Give the domain alone, without a path behind it."))
    if ":" in text:
        raise Wrong(_("Give the domain alone, without a port or an IP address."))
    labels = [ascii_label(label) for label in text.removesuffix(".").split(".")]
    if len(labels) < 2:
        raise Wrong(_("A domain has at least two parts, such as example.cn."))
    if labels[-1].isdecimal():
        raise Wrong(_("A domain does not end in a number. An IP address is no domain."))
    name = ".".join(labels)
    if len(name) > 253:
        raise Wrong(_("A domain has at most 253 characters."))
    if not may_be_filed(name):
        words = _(
            "The ministry's list does not have the ending “.{ending}”. Such a domain is not filed as a rule."
        )
        return Number(True, name, None, format_lazy(words, ending=ending_of(name)))
    return name


def ending_of(name: str) -> str:
    """The top-level domain as people write it."""
    last = name.rpartition(".")[2]
    try:
        return idna.ulabel(last) if last.startswith("xn--") else last
    except (idna.IDNAError, UnicodeError):
        return last


def may_be_filed(name: str) -> bool:
    """Whether the ending is on the ministry's list of registries, or reserved for examples and asked of nobody."""
    return ending_of(name) in FILED_ENDINGS


def ascii_label(label: str) -> str:
    wrong = Wrong(
        _(
            "Each part of a domain has 1 to 63 letters, digits or hyphens, with no hyphen first or last, and no space."
        )
    )
    if len(label) > 63:
        raise wrong
    label = label.lower()
    try:
        if not label.isascii():
            label = idna.alabel(label).decode("ascii")
        elif label.startswith("xn--"):
            idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        raise wrong from None
    if not LABEL.fullmatch(label):
        raise wrong
    return label


CHECKS: dict[str, Callable[[str], Number | str]] = {
    "uscc": uscc,
    "resident_id": resident_id,
    "icp": icp,
    "psb": psb,
    "mobile": mobile,
    "landline": landline,
    "passport": passport,
    "domain": domain,
    "commercial_licence": commercial_licence,
    "hk_macau_permit": hk_macau_permit,
    "taiwan_permit": taiwan_permit,
    "foreign_pr_card": foreign_pr_card,
    "hmt_residence_permit": residence_permit,
    "temporary_id": temporary_id,
    "business_licence": uscc,
    "organisation_certificate": organisation,
    "rep_office_certificate": organisation,
}
# What strangers may ask about; the others serve the portal's own forms.
PUBLIC_KINDS = (
    "uscc",
    "resident_id",
    "icp",
    "psb",
    "mobile",
    "landline",
    "passport",
    "domain",
    "hk_macau_permit",
    "taiwan_permit",
    "foreign_pr_card",
    "hmt_residence_permit",
    "commercial_licence",
)


def icp_province(number: str) -> str | None:
    """The code of the province that gave this filing number, null where it is none."""
    found = check("icp", number)
    return BY_ICP[found.normalised[0]].code if found.normalised else None


def is_icp_of(number: str, province: str) -> bool:
    """Whether this is a well-formed filing number of that province."""
    return icp_province(number) == province


def is_psb_of(number: str, province: str) -> bool:
    """Whether this is a well-formed public security number of that province."""
    return psb_province(number) == province


def psb_province(number: str) -> str | None:
    """The code of the province that gave this public security number, null where it is none."""
    found = check("psb", number)
    return BY_PSB[found.normalised[0]].code if found.normalised else None


def id_province(number: str) -> str | None:
    """The province in which a resident ID was first given, null where it names none."""
    found = check("resident_id", number)
    home: Province | None = BY_DIVISION.get(found.normalised[:2]) if found.normalised else None
    return home.code if home else None


def uscc_province(number: str) -> str | None:
    """The province in whose registry an organisation stands, null where the code names none."""
    found = check("uscc", number)
    home: Province | None = BY_DIVISION.get(found.normalised[2:4]) if found.normalised else None
    return home.code if home else None


def landline_province(number: str) -> str | None:
    """The province of a landline's area code, null where it is not known."""
    found = check("landline", number)
    if not found.normalised:
        return None
    return area_province(found.normalised.partition("-")[0].removeprefix("0"))
