"""Search in what a case is filed under: domain, reference, numbers of licences, and its client's names in every script.

Two Chinese characters make no trigram, so pg_trgm would scan. The index holds the four signs that stand at each place
of each text (fewer where the text ends): a word of up to three signs is the beginning of such a window, a longer one
has some that few cases share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func

from clients.spelling import WINDOW, Unit, Way, fitting, joined

if TYPE_CHECKING:
    from cases.models import Case
    from clients.models import Client

ASKED_FOR = 3  # words of a query, or windows of one, that the index is asked for
MANY = 0.01  # of all cases


class Windows(Func):
    """The windows of a text, as PostgreSQL takes them."""

    function = "cases_windows"
    output_field = SearchVectorField()


def filed_under(case: Case, client: Client) -> str:
    """What a case is found by, each text folded. Names of people and numbers of papers are not among it."""
    return filed(
        case.reference,
        case.domain_name,
        case.icp_number,
        case.psb_number,
        case.licence_number,
        client=client.filed_under,
    )


def filed(*facts: str, client: str) -> str:
    """The facts of a case, and behind them what its client is filed under."""
    return fitting(filter(None, (joined(facts), client)))


def rarest(units: Sequence[Unit], shares: Mapping[str, float]) -> str:
    """Of the windows that a case with these words has, those that the fewest have, as PostgreSQL asks for them.

    `shares` tells of how many cases the common ones are; of one that it does not name, fewer.
    """
    first, *others = sorted(_clause(unit, shares, is_alone=len(units) == 1) for unit in units)
    return " & ".join(
        [first.asked, *(one.asked for one in others if first.is_dear or not one.is_dear)][:ASKED_FOR]
    )


class _Clause(NamedTuple):
    share: float
    asked: str
    is_dear: bool


def _clause(unit: Unit, shares: Mapping[str, float], *, is_alone: bool) -> _Clause:
    ways = [_chosen(sorted(_windows(way, shares)), is_alone=is_alone) for way in unit]
    words = " | ".join(" & ".join(window.asked for window in way) for way in ways)
    return _Clause(sum(way[0].share for way in ways), f"({words})", any(way[0].is_dear for way in ways))


class _Window(NamedTuple):
    share: float
    asked: str
    place: int  # in its way

    @property
    def is_dear(self) -> bool:
        """All that begin so are gathered before any is looked at: worth it only where there is nothing better."""
        return self.asked.endswith(":*") and self.share >= MANY


def _windows(way: Way, shares: Mapping[str, float]) -> Iterator[_Window]:
    begin = 0
    for word in way:
        if len(word) < WINDOW:
            known = sum(share for one, share in shares.items() if one.startswith(word))
            # Each of the windows that begin so may be rare; of letters and digits there are many.
            yield _Window(max(known, MANY if word.isascii() else 0.0), f"'{word}':*", begin)
        for place in range(len(word) - WINDOW + 1):
            window = word[place : place + WINDOW]
            yield _Window(shares.get(window, 0.0), f"'{window}'", begin + place)
        begin += max(WINDOW, len(word))


def _chosen(windows: list[_Window], *, is_alone: bool) -> list[_Window]:
    """Those that share no sign: where one of two neighbours is, the other mostly is too. A word alone has them all."""
    first, *rest = windows
    rest = [window for window in rest if not window.is_dear]
    apart = [first]
    for window in rest:
        if all(abs(window.place - one.place) >= WINDOW for one in apart):
            apart.append(window)
    if is_alone:
        return [*apart, *(window for window in rest if window not in apart)][:ASKED_FOR]
    return apart[: ASKED_FOR - 1]
