"""How both sides of a search are written: folded, and what is Chinese also as it sounds, in toneless Pinyin.

The sound of a name is filed in capitals, which nothing folded has. So a word of Latin letters is looked for in both,
Chinese signs in themselves and, as they sound, in what was written in Latin letters; and they never find other signs
of the same sound, of which there are many.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db.models import Q

LONGEST = 80  # letters of a query that are looked at
MOST_BYTES = 2000  # of what a row is filed under: it stands in indexes that take no longer rows
# Signs of which the index of cases keeps windows; a shorter sound stands in half of all English words.
WINDOW = 4

HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
# By and large: what they take too many are words that are found by their letters all the same.
_BEGIN = "(?:[zcs]h|[bpmfdtnlgkhjqxzcsryw])"
_SYLLABLE = f"{_BEGIN}?(?:[aeiou]++|(?<=[ln])ve?)(?:ng?+|(?<=e)r(?![aeiou]))?+"
SYLLABLE, PINYIN = re.compile(_SYLLABLE), re.compile(f"(?:{_SYLLABLE})++")
PIECE = re.compile(f"(?:ng|[ngr]|ve?)?(?:{_SYLLABLE})*+{_BEGIN}?")  # of Pinyin, wherever it begins and ends

Way = tuple[str, ...]  # all of them must stand there
Unit = tuple[Way, ...]  # one of these ways will do


def folded(text: str) -> str:
    """Lower case, full width made half, no accents, no blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign) and sign.isalnum())


def joined(texts: Iterable[str]) -> str:
    """Folded, one behind the other; a blank stands between them and nowhere else."""
    return fitting(filter(None, map(folded, texts)))


def fitting(words: Iterable[str]) -> str:
    """One behind the other, as much of it as an index takes."""
    return " ".join(words).encode()[:MOST_BYTES].decode(errors="ignore")


def filed(*names: str) -> str:
    """What somebody with these names is found by: each folded, then how those that are Chinese sound."""
    words = [word for word in map(folded, names) if word]
    return fitting([*words, *(_filed_sound(_sound(word)) for word in words if HAN.search(word))])


def units_asked(query: str) -> list[Unit]:
    """What a query asks for, word by word; whatever is found holds one way of each."""
    runs: list[list[str]] = []
    for word in filter(None, map(folded, query[:LONGEST].split())):
        if runs and _goes_on(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [_unit(*run) for run in runs]


def holding(units: Sequence[Unit]) -> Q:
    """Rows whose `filed_under` holds one way of each unit."""
    found = Q()
    for unit in units:
        ways = Q()
        for way in unit:
            ways |= Q(*(Q(filed_under__contains=word) for word in way))
        found &= ways
    return found


def _goes_on(before: str, word: str) -> bool:
    """A syllable belongs to the Pinyin beside it (`cha yu`): for itself it would stand in nearly every name."""
    return all(map(PINYIN.fullmatch, (before, word))) and any(map(SYLLABLE.fullmatch, (before, word)))


def _unit(*run: str) -> Unit:
    together = "".join(run)
    if HAN.search(together):
        sound = _sound(together)
        # ü is written as u or as v in names of companies.
        spelled = sorted({one for one in (sound, sound.replace("v", "u")) if len(one) >= WINDOW})
        return (run, *((one,) for one in spelled))
    return (run, (_filed_sound(together),)) if PIECE.fullmatch(together) else (run,)


def _filed_sound(sound: str) -> str:
    """In capitals; ü, which the library and keyboards write as v, is u here on both sides (`lü`, `lv`, `lu`)."""
    return sound.replace("v", "u").upper()


def _sound(text: str) -> str:
    """Chinese signs as they sound in the words they stand in (重庆 is chongqing); the rest as it is.

    One reading only: a name is filed by the one that its words give, which is what people type who know it.
    """
    return "".join(_library().lazy_pinyin(text))


@cache
def _library() -> Any:
    """Its phrases take 57 MB and a sixth of a second: only who names a client in Chinese, or asks so, loads them."""
    import pypinyin

    pypinyin.load_phrases_dict(
        {"朝阳": [["cháo"], ["yáng"]]}
    )  # the district and the city, not the morning sun
    return pypinyin
