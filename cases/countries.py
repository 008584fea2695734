"""Countries: two letters are kept; people write names in English or Chinese, and read them in their own language."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from babel import Locale
from babel.core import get_global
from django.utils.translation import get_language, to_locale

# Codes of the Unicode data that are nobody's nationality: unions, islands of others, and those made up for tests.
_NO_COUNTRIES = frozenset(
    ["ZZ", "XA", "XB", "EU", "EZ", "UN", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"]
)
_CHINESE = "zh_Hans"

# What else people write, as spoken or as their passport has it.
_OTHER_NAMES = {
    "AE": "UAE, Emirates, 阿联酋",
    "BN": "Brunei Darussalam",
    "CD": "DRC, DR Congo, Democratic Republic of the Congo, 刚果民主共和国",
    "CG": "Republic of the Congo, 刚果共和国",
    "CI": "Ivory Coast, 象牙海岸",
    "CN": "PRC, People's Republic of China, Mainland China, 中华人民共和国, 中国大陆, 大陆",
    "CV": "Cabo Verde",
    "CZ": "Czech Republic, 捷克共和国",
    "DE": "Federal Republic of Germany, 德意志联邦共和国",
    "FR": "French Republic, 法兰西共和国",
    "GB": "UK, Great Britain, Britain, England, Scotland, Wales, Northern Ireland, "
    "United Kingdom of Great Britain and Northern Ireland, 大不列颠, 联合王国, 英格兰, 苏格兰, 威尔士, 北爱尔兰",
    "HK": "Hong Kong, Hong Kong SAR, Hong Kong China, 香港, 中国香港, 香港特别行政区",
    "IE": "Republic of Ireland, Eire",
    "IR": "Islamic Republic of Iran",
    "KP": "DPRK, Democratic People's Republic of Korea, 北朝鲜, 朝鲜民主主义人民共和国",
    "KR": "Korea, Republic of Korea, 南韩, 大韩民国",
    "LA": "Lao PDR, Lao People's Democratic Republic",
    "MD": "Republic of Moldova",
    "MK": "Macedonia, 马其顿",
    "MO": "Macau, Macao, Macao SAR, Macau SAR, Macao China, 澳门, 中国澳门, 澳门特别行政区",
    "NL": "Holland, The Netherlands, Kingdom of the Netherlands, 荷兰王国",
    "NZ": "纽西兰",
    "PS": "Palestine, State of Palestine, 巴勒斯坦",
    "RU": "Russian Federation, 俄国, 俄罗斯联邦",
    "SA": "沙特",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland, 斯威士兰王国",
    "TL": "East Timor",
    "TR": "Turkey, 土耳其共和国",
    "TW": "Taiwan China, Taiwan Province of China, 中国台湾, 台湾省, 台湾地区, 台灣",
    "TZ": "United Republic of Tanzania",
    "US": "USA, America, United States of America, the United States, 美利坚合众国",
    "VA": "Vatican, Holy See, 梵蒂冈城国",
    "VN": "Viet Nam, Socialist Republic of Vietnam",
}


def code_of(text: str) -> str:
    """The two letters of a country by its name, its two letters or its three; empty for what is none."""
    plain = _folded(text)
    return _known().get(plain) or _known().get(plain.removesuffix("国籍").removesuffix("籍"), "")


def name_of(code: str) -> str:
    """A country by its name in the reader's language; what is no country as it is."""
    return _territories(to_locale(get_language() or "en")).get(code, code)


def names() -> list[str]:
    """All countries by name in the reader's language, for a box that offers them."""
    return _names(to_locale(get_language() or "en"))


def _folded(text: str) -> str:
    """Small letters without blanks, signs and accents, full width as half: what two people would call the same."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("&", " and ")
    plain = re.sub(r"\bsaint\b", "st", plain)
    return "".join(sign for sign in plain if sign.isalnum())


@cache
def _territories(locale: str) -> dict[str, str]:
    return dict(Locale.parse(locale).territories)


@cache
def _names(locale: str) -> list[str]:
    return sorted(name for code, name in _territories(locale).items() if _is_country(code))


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES


@cache
def _known() -> dict[str, str]:
    """Every word by which a country is known; a word that two of them share is nobody's."""
    found = {_folded(code): code for code in _territories("en") if _is_country(code)}
    for code, (one, *others) in get_global("territory_aliases").items():
        if len(code) == 3 and code.isalpha() and not others and _is_country(one):
            found[_folded(code)] = one
    shared = set()
    for code, word in [*_spelled("en"), *_spelled(_CHINESE)]:
        if found.setdefault(word, code) != code:
            shared.add(word)
    for word in shared:
        del found[word]
    for code, others in _OTHER_NAMES.items():
        found |= {_folded(name): code for name in others.split(",")}
    return found


def _spelled(locale: str) -> list[tuple[str, str]]:
    """Names as they are, and of “Myanmar (Burma)” each of the two; in Chinese only both together name one."""
    told = []
    for code, name in _territories(locale).items():
        if _is_country(code):
            parts = re.split(r"[()]", name) if locale != _CHINESE and "(" in name else []
            told += [(code, word) for word in map(_folded, [name, *parts]) if word]
    return told
