"""Where the strokes of a chart lie: plain arithmetic; a template draws them, CSS gives them their ink.

A chart is as wide as its text is to be read: 680 units, or 330 for a phone, where the name of a bar stands above it.
Whole numbers only, so that no language writes a comma.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.reports import Accuracy, Load, Returned, Spent
from clients.templatetags.look import is_chinese

WIDE, NARROW = 680, 330
ROW, TALL_ROW = 34, 50  # from one bar to the next
WORDS = 56  # as wide as the figures behind a bar; a stroke does not run through them


@dataclass
class Chart:
    """Lists of strokes, each a dict of its attributes."""

    height: int
    width: int = WIDE
    grid: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    dots: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)


def both(draw: Callable[..., Chart], *of: Any, **more: Any) -> list[Chart]:
    """For a desk and for a phone; the page shows one of them."""
    return [draw(*of, **more, is_narrow=is_narrow) for is_narrow in (False, True)]


def step_of(most: int, ticks: int = 6) -> int:
    """The distance of the grid's lines: 1, 2, 5 and their tens, so that no more than so many are drawn."""
    size = 1
    while True:
        for one in (1, 2, 5):
            if most <= one * size * ticks:
                return one * size
        size *= 10


def _cut(words: str, latin: int) -> str:
    """What fits; a Chinese character is twice as wide."""
    room = latin // 2 + 1 if is_chinese() else latin
    return words if len(words) <= room else f"{words[: room - 1]}…"


class _Rows:
    """Bars one below the other, their names before or above them, a grid of whole numbers behind."""

    def __init__(self, rows: int, most: int, *, left: int, right: int = 60, is_narrow: bool = False) -> None:
        self.row = TALL_ROW if is_narrow else ROW
        self.foot = self.row - 5  # of a bar's text, from the top of its row
        self.letters = 46 if is_narrow else (left - 4) // 7  # of a name
        self.left, self.step = 6 if is_narrow else left, step_of(most)
        self.end = ceil(most / self.step) * self.step or self.step
        width = NARROW if is_narrow else WIDE
        self.room = width - self.left - right
        self.chart = Chart(height=rows * self.row + 32, width=width)
        self.is_narrow = is_narrow
        for value in range(0, self.end + 1, self.step):
            x = self.x(value)
            self.chart.grid.append({"ink": "grid", "d": f"M{x} 6v{rows * self.row}"})
            self.text(x, rows * self.row + 26, str(value), ink="axis", anchor="middle")

    def x(self, value: int) -> int:
        return self.left + round(value * self.room / self.end)

    def bar(self, row: int, start: int, stop: int, ink: str) -> None:
        if stop > start:
            x = self.x(start)
            y = row * self.row + self.foot - 11
            self.chart.bars.append({"ink": ink, "x": x, "y": y, "width": self.x(stop) - x})

    def limit(self, row: int, at: int) -> None:
        self.chart.limits.append({"d": f"M{self.x(at)} {row * self.row + self.foot - 16}v22"})

    def text(self, x: int, y: int, words: str, *, ink: str = "", anchor: str = "") -> None:
        self.chart.texts.append({"x": x, "y": y, "words": words, "ink": ink, "anchor": anchor})

    def name(self, row: int, words: str) -> None:
        self.text(0, row * self.row + self.foot - (17 if self.is_narrow else 0), _cut(words, self.letters))

    def value(self, row: int, at: int, words: str, *, is_late: bool = False) -> None:
        self.text(self.x(at) + 8, row * self.row + self.foot, words, ink="late" if is_late else "")


def stages(spent: list[Spent], name: Callable[[str], str], *, is_narrow: bool = False) -> Chart:
    """Half of the stays strong, four in five pale, a stroke where the clocks end, red beyond it."""
    most = max((max(one.most, one.limit or 0) for one in spent), default=1)
    rows = _Rows(len(spent), most, left=150, is_narrow=is_narrow)
    for row, one in enumerate(spent):
        limit = one.most if one.limit is None else one.limit
        rows.name(row, name(one.stage))
        rows.bar(row, 0, min(one.most, limit), "span")
        rows.bar(row, 0, min(one.half, limit), "bar")
        rows.bar(row, limit, one.most, "late")
        if one.limit is not None:
            rows.limit(row, one.limit)
        is_near = one.limit is not None and abs(rows.x(one.limit) - rows.x(one.most)) < WORDS
        end = one.limit if is_near and one.limit is not None else one.most
        words = f"{one.half} / {one.most}"
        rows.value(row, max(end, one.most), words, is_late=one.most > limit)
    return rows.chart


def reasons(returned: list[Returned], name: Callable[[str], str], *, is_narrow: bool = False) -> Chart:
    """How often each was named: by the provider strong, by the bureau pale behind it."""
    most = max((one.times for one in returned), default=1)
    rows = _Rows(len(returned), most, left=270, is_narrow=is_narrow)
    for row, one in enumerate(returned):
        rows.name(row, name(one.code))
        rows.bar(row, 0, one.by_provider, "bar")
        rows.bar(row, one.by_provider, one.times, "span")
        rows.value(row, one.times, str(one.times))
    return rows.chart


def people(loads: list[Load], *, is_narrow: bool = False) -> Chart:
    """Open cases pale, of them their own move strong; what is overdue in words."""
    most = max((one.open for one in loads), default=1)
    rows = _Rows(len(loads), most, left=150, right=110, is_narrow=is_narrow)
    for row, one in enumerate(loads):
        rows.name(row, one.name or _("Nobody yet"))
        rows.bar(row, 0, one.open, "span")
        rows.bar(row, 0, one.their_move, "bar")
        words = str(one.open)
        if one.overdue:
            words = _("%(n)d, %(late)d overdue") % {"n": one.open, "late": one.overdue}
        rows.value(row, one.open, words, is_late=one.overdue > 0)
    return rows.chart


def accuracy(found: Accuracy, *, by_month: bool, is_narrow: bool = False) -> Chart:
    """Of each week or month the typical case as a ring and the latest as a dot; red where it missed by three days."""
    top, left, height = 14, 36 if is_narrow else 50, 160
    width = NARROW if is_narrow else WIDE
    offs = [off for one in found.spans for off in (one.typical, one.worst)]
    low, high = min([*offs, -2]), max([*offs, 2])
    step = max(2, step_of(high - low))
    low, high = -ceil(-low / step) * step, ceil(high / step) * step

    def y(value: int) -> int:
        return top + round((high - value) * height / (high - low))

    chart = Chart(height=height + 76, width=width)
    for value in range(low, high + 1, step):
        chart.grid.append(
            {"ink": "grid" if value else "base", "d": f"M{left} {y(value)}h{width - left - 10}"}
        )
        words = str(value) if not value else f"{'+' if value > 0 else '−'}{abs(value)}"
        chart.texts.append(
            {"x": left - 10, "y": y(value) + 4, "words": words, "ink": "axis", "anchor": "end"}
        )
    for place, one in enumerate(found.spans):
        x = left + round((place + 0.5) * (width - left - 10) / len(found.spans))
        chart.dots.append({"ink": "late" if one.worst > 2 else "dot", "x": x + 6, "y": y(one.worst)})
        chart.dots.append({"ink": "ring", "x": x - 6, "y": y(one.typical)})
        label = str(one.begins.month if by_month else one.begins.isocalendar().week)
        chart.texts.append(
            {"x": x, "y": height + top + 26, "words": label, "ink": "axis", "anchor": "middle"}
        )
    words = (
        pgettext("axis", "month of the licence")
        if by_month
        else pgettext("axis", "calendar week of the licence")
    )
    chart.texts.append({"x": left, "y": height + top + 50, "words": words, "ink": "axis", "anchor": ""})
    return chart
