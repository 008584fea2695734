"""Reminders as rules: which moments a rule names, and which of them have come. Who is told, `notifications` knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

from django.utils.translation import gettext_lazy as _

from . import days
from .book import checked, per_page
from .clocks import CLOCKS
from .days import BEIJING
from .kinds import Kind
from .loading import DataError, by_code, one_of_table

FILE = "reminders.toml"
SMS = "sms_code"
OWN_TEXT = re.compile(r"own\.[a-z0-9_.]{1,40}")
MOST = 500  # tellings of one rule on one occasion


@dataclass(frozen=True, kw_only=True)
class Reminder(Kind):
    """A rule: so many units before or after a moment these people are told, by these ways, at most so often.

    Without clocks it is for each clock that no other rule names.
    """

    counted_from: Literal["turn", "start", "due"]
    direction: Literal["after", "before"] = "after"
    clocks: tuple[str, ...] = one_of_table("clocks.clock", default=())
    steps: tuple[int, ...]
    again: int | None = None
    unit: Literal["working", "calendar", "hours", "percent"]
    most: int
    done: Literal["any", "none", "some", "all"] = "any"
    to: tuple[Literal["contacts", "concerned", "account_manager", "stand_in", "managers"], ...]
    channels: tuple[Literal["in_app", "mail"], ...]
    text: Literal["nudge", "nudge.in_vain", "clock", "sms.clock"]
    own_text: str | None = None  # the code of one of the agency's own, said instead

    @cached_property
    def in_turn(self) -> tuple[int, ...]:
        """Its steps as they come, as many as it may tell."""
        return tuple(sorted(self.steps, reverse=self.direction == "before")[: self.most])

    @property
    def is_of_turn(self) -> bool:
        return self.counted_from == "turn"


@dataclass(frozen=True, kw_only=True)
class Hours(Kind):
    """Between which full hours of a working day reminders go out, in Beijing."""

    from_hour: int
    to_hour: int


REMINDERS = by_code(FILE, "reminder", Reminder, grows=True)
HOURS = by_code(FILE, "hours", Hours)


class Step(NamedTuple):
    """The n-th telling of a rule on one occasion, counted from 0, and when it is its turn."""

    rule: Reminder
    n: int
    at: datetime


class Outlook(NamedTuple):
    """The newest step of each rule that has come, and when the next one of any comes."""

    come: list[Step]
    next_at: datetime | None


# ── Which rules ─────────────────────────────────────────────────────────────────────────────────────────────────────


@per_page
def _by_clock() -> dict[str, tuple[Reminder, ...]]:
    of_clocks = [rule for rule in REMINDERS.values() if not rule.is_of_turn]
    rest = tuple(rule for rule in of_clocks if not rule.clocks)
    named = {code: tuple(rule for rule in of_clocks if code in rule.clocks) for code in CLOCKS}
    return {"": rest} | {code: rules or rest for code, rules in named.items()}


def of_clock(kind: str) -> tuple[Reminder, ...]:
    """The rules of a clock: those that name it, else those that name none."""
    found = _by_clock()
    return found.get(kind, found[""])


@per_page
def of_turn() -> tuple[Reminder, ...]:
    """The rules of a client whose move it is."""
    return tuple(rule for rule in REMINDERS.values() if rule.is_of_turn)


# ── When ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def moments(rule: Reminder, started_at: datetime, due_at: datetime | None) -> Iterator[datetime]:
    """When the rule tells, in order and at most `most` times; nothing from before the start."""
    if rule.unit == "percent":
        length = ((due_at or started_at) - started_at) / 100
        yield from (started_at + length * step for step in rule.in_turn)
        return
    origin = due_at if rule.counted_from == "due" and due_at is not None else started_at
    begun = started_at.astimezone(BEIJING).date()
    for n in _numbers(rule):
        if rule.direction == "after":
            yield days.due(origin, n, rule.unit).at
        elif rule.unit == "hours":
            if (moment := origin - timedelta(hours=n)) >= started_at:
                yield moment
        elif (day := _days_before(origin, n, rule.unit)) >= begun:
            yield max(datetime.combine(last_working_day(day), time(), BEIJING), started_at)


def _numbers(rule: Reminder) -> Iterator[int]:
    steps = rule.in_turn
    yield from steps
    if rule.again:
        yield from (steps[-1] + rule.again * more for more in range(1, rule.most - len(steps) + 1))


def _days_before(origin: datetime, n: int, unit: str) -> date:
    day = origin.astimezone(BEIJING).date()
    if unit == "calendar":
        return day - timedelta(days=n)
    for _turn in range(n):
        day = last_working_day(day - timedelta(days=1))
    return day


def last_working_day(day: date) -> date:
    """The day itself, or the last before it on which offices in China work: told later it may be too late."""
    while not days.is_working_day(day):
        day -= timedelta(days=1)
    return day


def outlook(
    rules: Iterable[Reminder],
    started_at: datetime,
    due_at: datetime | None,
    now: datetime,
    behind: datetime | None = None,
) -> Outlook:
    """What has come of these rules by `now`, but for what had come before `behind`; after a standstill only the newest
    step of each."""
    come: list[Step] = []
    later: list[datetime] = []
    for rule in rules:
        newest: Step | None = None
        for n, moment in enumerate(moments(rule, started_at, due_at)):
            if moment > now:
                later.append(moment)
                break
            newest = Step(rule, n, moment)
        if newest is not None and (behind is None or newest.at >= behind):
            come.append(newest)
    return Outlook(come, min(later, default=None))


def hours_told(kind: str) -> list[int]:
    """The hours after its start at which somebody is reminded of this clock, but for its first moment."""
    rules = (rule for rule in of_clock(kind) if rule.unit == "hours" and rule.counted_from == "start")
    return sorted({step for rule in rules for step in rule.steps if step})


def next_open(now: datetime) -> datetime:
    """`now` where reminders may go out, else the opening hour of the next working day in Beijing."""
    hours = HOURS["telling"]
    local = now.astimezone(BEIJING)
    if days.is_working_day(local.date()) and hours.from_hour <= local.hour < hours.to_hour:
        return now
    day = local.date() if local.hour < hours.from_hour else local.date() + timedelta(days=1)
    while not days.is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(hours.from_hour), BEIJING)


# ── What a rule may say ─────────────────────────────────────────────────────────────────────────────────────────────


def _faults(rule: Reminder) -> Iterator[tuple[str, object]]:
    highest = 100 if rule.unit == "percent" else days.MOST
    last = max(rule.steps, default=0) + (rule.again or 0) * max(0, rule.most - len(rule.steps))
    if not rule.steps:
        yield "steps", _("This is needed.")
    elif max(rule.steps) > highest or last > days.MOST:
        yield "steps", _("These are too far away: %(most)s at most.") % {"most": highest}
    elif len(set(rule.steps)) < len(rule.steps):
        yield "steps", _("The same number stands twice.")
    if not 1 <= rule.most <= MOST:
        yield "most", _("A number from 1 to %(most)s is wanted.") % {"most": MOST}
    if rule.is_of_turn and rule.clocks:
        yield "clocks", _("What is counted from the client's move has no clock.")
    if rule.direction == "before" and rule.counted_from != "due":
        yield "direction", _("Only what is counted from the end of a clock can come before it.")
    if rule.unit == "percent" and rule.counted_from != "start":
        yield "unit", _("Per cent of a clock are counted from its start.")
    if rule.again is not None and (rule.direction == "before" or rule.unit == "percent"):
        yield "again", _("Only what comes after a moment can come again and again.")
    if rule.again == 0:
        yield "again", _("A number from 1 on is wanted, or none.")
    if not rule.to:
        yield "to", _("This is needed.")
    if not rule.channels:
        yield "channels", _("This is needed.")
    if rule.own_text and not OWN_TEXT.fullmatch(rule.own_text):
        yield "own_text", _("The code of a text of our own is wanted, such as own.call.")
    if (rule.text == "sms.clock") != (rule.clocks == (SMS,)):
        yield "text", _("This text is for the ministry's SMS code, and no other is.")
    elif rule.is_of_turn != rule.text.startswith("nudge"):
        yield "text", _("This text speaks of something else.")


@checked
def every_rule_makes_sense() -> None:
    for code, rule in REMINDERS.items():
        for column, sentence in _faults(rule):
            raise DataError(
                f"{FILE}, reminder {code}, {column}: {sentence}", column=column, sentence=sentence
            )
    for code, row in HOURS.items():
        if not 0 <= row.from_hour < row.to_hour <= 24:
            sentence = _("The hours must lie between 0 and 24, the first before the last.")
            raise DataError(f"{FILE}, hours {code}, to_hour: {sentence}", column="to_hour", sentence=sentence)
