"""When a rule of reminders would tell next of one case, as that case stands now; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cases import words
from cases.models import Case, DeadlineState
from cases.models.case import WaitingOn
from trade import book, reminders
from trade.reminders import Reminder

SHOWN = 6


@dataclass(frozen=True)
class Ahead:
    """One telling to come: of what, and when it goes out."""

    about: str
    at: datetime


def tellings(rule: Reminder, page: book.Page, case: Case, now: datetime) -> list[Ahead]:
    """The next ones of this rule, the first first; none where it does not speak of the case now."""
    with book.using(page):
        found = list(_of_turn(rule, case, now) if rule.is_of_turn else _of_clocks(rule, case, now))
    return sorted(found, key=lambda one: one.at)[:SHOWN]


def _of_turn(rule: Reminder, case: Case, now: datetime) -> Iterator[Ahead]:
    if case.waiting_on == WaitingOn.CLIENT:
        yield from _ahead(rule, words.party(case.waiting_on), case.waiting_since, None, now)


def _of_clocks(rule: Reminder, case: Case, now: datetime) -> Iterator[Ahead]:
    for clock in case.deadlines.filter(state=DeadlineState.RUNNING):
        if any(one.code == rule.code for one in reminders.of_clock(clock.kind)):
            yield from _ahead(rule, words.clock_name(clock.kind), clock.started_at, clock.due_at, now)


def _ahead(
    rule: Reminder, about: str, started_at: datetime, due_at: datetime | None, now: datetime
) -> Iterator[Ahead]:
    """By mail in the hours in which reminders go out, two of one morning once; the ministry's code at any hour."""
    waits = rule.text != "sms.clock" and "mail" in rule.channels
    moments = (moment for moment in reminders.moments(rule, started_at, due_at) if moment > now)
    told = (reminders.next_open(moment) if waits else moment for moment in moments)
    yield from (Ahead(about, at) for at in islice(dict.fromkeys(islice(told, 40)), SHOWN))
