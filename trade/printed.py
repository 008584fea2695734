"""What stands printed on a paper, found in the lines of text that a machine read from its picture.

A hint for whoever looks at it: numbers of the kind that the paper has, until when it is valid, and whether the check
digits of its machine-readable zone fit (ICAO Doc 9303).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from .loading import Dated, rows
from .numbers import check, mrz_check

MOST_NUMBERS = 24
LONGEST_LINE = 200


@dataclass(frozen=True, kw_only=True)
class Printed(Dated):
    """A kind of paper: the kind of number that stands on it, and whether it says until when it is valid."""

    paper: str
    number: str | None = None
    expires: bool = False


class Zone(NamedTuple):
    """A machine-readable zone, as far as its own check digits bear it out."""

    number: str | None
    until: date | None
    is_right: bool


class Found(NamedTuple):
    """What was found: numbers that may be the paper's, the likeliest first, and how many of them a check digit bears
    out; until when it is valid; whether it says that it does not end; and its machine-readable zone."""

    numbers: tuple[str, ...] = ()
    sure: int = 0
    until: date | None = None
    is_without_end: bool = False
    zone: Zone | None = None


PRINTED = {row.paper: row for row in rows("printed.toml", "printed", Printed)}
# Numbers that carry a check digit of their own: what fits it is such a number and nothing else.
CHECKED = frozenset({"uscc", "resident_id", "hmt_residence_permit"})


def found_on(paper: str, lines: Sequence[str]) -> Found:
    """What stands on a paper of this kind by these lines, in the order in which they are read."""
    row = PRINTED[paper]
    lines = [unicodedata.normalize("NFKC", line)[:LONGEST_LINE].upper() for line in lines]
    zone = zone_of(lines)
    sure, others = numbers_in(row.number, lines, zone) if row.number else ((), ())
    until, is_without_end = (zone.until if zone else None), False
    if row.expires and until is None:
        until, is_without_end = end_of_validity(lines)
    numbers = tuple(dict.fromkeys((*sure, *others)))[:MOST_NUMBERS]
    return Found(numbers, len(sure), until if row.expires else None, is_without_end, zone)


# ── The machine-readable zone ───────────────────────────────────────────────────────────────────────────────────────

FILLERS = str.maketrans({"«": "<<", "《": "<<", "〈": "<", "く": "<", "〉": "<"})
# A reader takes letters for digits where only digits can stand.
MEANT_AS_DIGITS = str.maketrans("OQDILZSGB", "000112568")
DIGIT = "[0-9OQDILZSGB]"
# Second line of a passport (TD3) and of a visa-sized card (TD2): both begin alike.
LONG = re.compile(
    rf"(?P<number>[A-Z0-9<]{{9}})(?P<n>{DIGIT})[A-Z0<]{{3}}"
    rf"(?P<born>{DIGIT}{{6}})(?P<b>{DIGIT})[MFX<](?P<until>{DIGIT}{{6}})(?P<u>{DIGIT})"
)
# First and second line of a card (TD1).
CARD_FIRST = re.compile(rf"^[ACI][A-Z<][A-Z<]{{3}}(?P<number>[A-Z0-9<]{{9}})(?P<n>{DIGIT})")
CARD_SECOND = re.compile(
    rf"^(?P<born>{DIGIT}{{6}})(?P<b>{DIGIT})[MFX<](?P<until>{DIGIT}{{6}})(?P<u>{DIGIT})[A-Z<]{{3}}"
)


def zone_of(lines: Iterable[str]) -> Zone | None:
    """The zone at the foot of a passport or on the back of a card; None where none was read."""
    lines = ["".join(line.split()).translate(FILLERS) for line in lines]
    for line in lines:
        if (long := LONG.search(line)) and "<" in line:
            return _zone(long, long)
    first = next(filter(None, map(CARD_FIRST.search, lines)), None)
    second = next(filter(None, map(CARD_SECOND.search, lines)), None)
    return _zone(first, second) if first and second else None


def _zone(first: re.Match[str], second: re.Match[str]) -> Zone:
    number = _number_in(first["number"], first["n"].translate(MEANT_AS_DIGITS))
    until, born = (
        field if str(mrz_check(field)) == digit else None
        for field, digit in (
            (second[name].translate(MEANT_AS_DIGITS), second[name[0]].translate(MEANT_AS_DIGITS))
            for name in ("until", "born")
        )
    )
    day = _day_of(until) if until else None
    return Zone(number, day, is_right=None not in (number, day, born))


def _number_in(field: str, digit: str) -> str | None:
    """The number where its check digit fits; O and 0 look alike, and the digit tells them apart."""
    for one in (field, field.replace("O", "0"), field[:1] + field[1:].replace("O", "0")):
        if str(mrz_check(one)) == digit and one.strip("<"):
            return one.replace("<", "")
    return None


def _day_of(six: str) -> date | None:
    """YYMMDD; a paper of our days ends in this century."""
    return _date(f"20{six[:2]}", six[2:4], six[4:])


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

WORD = re.compile(r"[A-Z0-9]+")
NEIGHBOURS = 4  # words that a reader may have cut one number into


def numbers_in(kind: str, lines: Iterable[str], zone: Zone | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numbers of this kind: those that a check digit bears out, and what else may be one."""
    likely = [one for line in lines if "<<" not in line for one in _candidates(kind, line)]
    if kind in CHECKED:
        return tuple(dict.fromkeys(likely)), ()
    # The zone of some cards has another number than the one that the card is known by.
    in_zone = check(kind, zone.number).normalised if zone and zone.number else None
    return (in_zone,) if in_zone else (), tuple(dict.fromkeys(likely))


def _candidates(kind: str, line: str) -> Iterator[str]:
    words = WORD.findall(line)
    for count in range(1, NEIGHBOURS + 1):
        for place in range(len(words) - count + 1):
            found = check(kind, "".join(words[place : place + count]))
            if found.normalised and found.warning is None:
                yield found.normalised


# ── Until when ──────────────────────────────────────────────────────────────────────────────────────────────────────

DAY = r"([12][0-9]{3})\s*[.\-/年]\s*([01]?[0-9])\s*[.\-/月]\s*([0-3]?[0-9])\s*日?"
UNTIL = r"(?:[-~—–―_至到]|TO(?![A-Z]))+"
# A card of permanent residence (永久居留) ends all the same.
NO_END = r"长\s*期|无固定期限|不约定期限|永久(?!\s*居)|\*{3,}"
TERM = re.compile(rf"{DAY}\s*{UNTIL}\s*(?:{DAY}|({NO_END}))")
NUMBERED = re.compile(DAY)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WRITTEN = re.compile(rf"\b([0-3]?[0-9])\s*({'|'.join(MONTHS)})[A-Z]*\.?\s*(?:/\s*\w+\s*)?(20[0-9]{{2}})\b")
BEGUN = re.compile(rf"(?:{DAY}|{WRITTEN.pattern})\s*{UNTIL}")
ENDS = re.compile(r"有效期|期限|EXPIR|VALID\s*(UNTIL|TO|THRU)|EXPIRATION")
WITHOUT_END = re.compile(NO_END)
BELOW = 4  # lines in which a value stands below its label


def end_of_validity(lines: Sequence[str]) -> tuple[date | None, bool]:
    """The last day of a printed term or beside its label; or that it says 长期 or the like, without end."""
    text = "\n".join(lines)  # a term may be broken over lines
    if term := TERM.search(text):
        return (None, True) if term[7] else (_date(term[4], term[5], term[6]), False)
    lines = BEGUN.sub(_only_breaks, text).split("\n")
    for place, line in enumerate(lines):
        if not ENDS.search(line):
            continue
        for near in lines[place : place + BELOW]:
            if WITHOUT_END.search(near):
                return None, True
            if days := _days_in(near):
                return max(days), False
    return None, False


def _only_breaks(begun: re.Match[str]) -> str:
    """The day on which a term begins is none on which it ends; the lines below keep their place."""
    return "\n" * begun[0].count("\n")


def _days_in(line: str) -> list[date]:
    written = [_date(year, MONTHS.index(month) + 1, day) for day, month, year in WRITTEN.findall(line)]
    return [day for day in (*written, *(_date(*one) for one in NUMBERED.findall(line))) if day]


def _date(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
