"""Where the strokes of a chart lie: plain arithmetic; a template draws them, CSS gives them their ink.

A chart is 680 units wide, as large as its text is to be read. Whole numbers only, so that no language writes a comma.
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

WIDTH = 680
ROW = 34  # from one bar to the next
BAR = 12


@dataclass
class Chart:
    """Lists of strokes, each a dict of its attributes."""

    height: int
    grid: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    dots: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)


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
    """Bars one below the other, with their names before them and a grid of whole numbers behind."""

    def __init__(self, rows: int, most: int, *, left: int, right: int = 60) -> None:
        self.left, self.step = left, step_of(most)
        self.end = ceil(most / self.step) * self.step or self.step
        self.room = WIDTH - left - right
        self.chart = Chart(height=rows * ROW + 32)
        for value in range(0, self.end + 1, self.step):
            x = self.x(value)
            self.chart.grid.append({"ink": "grid", "d": f"M{x} 6v{rows * ROW}"})
            self.text(x, rows * ROW + 26, str(value), ink="axis", anchor="middle")

    def x(self, value: int) -> int:
        return self.left + round(value * self.room / self.end)

    def bar(self, row: int, start: int, stop: int, ink: str) -> None:
        if stop > start:
            x = self.x(start)
            self.chart.bars.append({"ink": ink, "x": x, "y": row * ROW + 18, "width": self.x(stop) - x})

    def text(self, x: int, y: int, words: str, *, ink: str = "", anchor: str = "") -> None:
        self.chart.texts.append({"x": x, "y": y, "words": words, "ink": ink, "anchor": anchor})

    def name(self, row: int, words: str) -> None:
        self.text(0, row * ROW + 29, words)

    def value(self, row: int, at: int, words: str, *, is_late: bool = False) -> None:
        self.text(self.x(at) + 8, row * ROW + 29, words, ink="late" if is_late else "")


def stages(spent: list[Spent], name: Callable[[str], str]) -> Chart:
    """Half of the stays strong, four in five pale, a stroke where the clocks end, red beyond it."""
    rows = _Rows(len(spent), max((max(one.most, one.limit or 0) for one in spent), default=1), left=150)
    for row, one in enumerate(spent):
        limit = one.most if one.limit is None else one.limit
        rows.name(row, _cut(name(one.stage), 20))
        rows.bar(row, 0, min(one.most, limit), "span")
        rows.bar(row, 0, min(one.half, limit), "bar")
        rows.bar(row, limit, one.most, "late")
        if one.limit is not None:
            rows.chart.limits.append({"d": f"M{rows.x(one.limit)} {row * ROW + 13}v22"})
        end = one.most if one.limit is None or abs(one.limit - one.most) > rows.end // 12 else one.limit
        words = f"{one.half} / {one.most}"
        rows.value(row, max(end, one.most), words, is_late=one.most > limit)
    return rows.chart


def reasons(returned: list[Returned], name: Callable[[str], str]) -> Chart:
    """How often each was named: by the provider strong, by the bureau pale behind it."""
    rows = _Rows(len(returned), max((one.times for one in returned), default=1), left=270)
    for row, one in enumerate(returned):
        rows.name(row, _cut(name(one.code), 38))
        rows.bar(row, 0, one.by_provider, "bar")
        rows.bar(row, one.by_provider, one.times, "span")
        rows.value(row, one.times, str(one.times))
    return rows.chart


def people(loads: list[Load]) -> Chart:
    """Open cases pale, of them their own move strong; what is overdue in words."""
    rows = _Rows(len(loads), max((one.open for one in loads), default=1), left=150, right=110)
    for row, one in enumerate(loads):
        rows.name(row, _cut(one.name or _("Nobody yet"), 20))
        rows.bar(row, 0, one.open, "span")
        rows.bar(row, 0, one.their_move, "bar")
        words = str(one.open)
        if one.overdue:
            words = _("%(n)d, %(late)d overdue") % {"n": one.open, "late": one.overdue}
        rows.value(row, one.open, words, is_late=one.overdue > 0)
    return rows.chart


def accuracy(found: Accuracy, *, by_month: bool) -> Chart:
    """Of each week or month the typical case as a ring and the latest as a dot; red where it missed by three days."""
    top, left, height = 14, 50, 160
    offs = [off for one in found.spans for off in (one.typical, one.worst)]
    low, high = min([*offs, -2]), max([*offs, 2])
    step = max(2, step_of(high - low))
    low, high = -ceil(-low / step) * step, ceil(high / step) * step

    def y(value: int) -> int:
        return top + round((high - value) * height / (high - low))

    chart = Chart(height=height + 76)
    for value in range(low, high + 1, step):
        chart.grid.append(
            {"ink": "grid" if value else "base", "d": f"M{left} {y(value)}h{WIDTH - left - 10}"}
        )
        words = str(value) if not value else f"{'+' if value > 0 else '−'}{abs(value)}"
        chart.texts.append(
            {"x": left - 10, "y": y(value) + 4, "words": words, "ink": "axis", "anchor": "end"}
        )
    for place, one in enumerate(found.spans):
        x = left + round((place + 0.5) * (WIDTH - left - 10) / len(found.spans))
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
