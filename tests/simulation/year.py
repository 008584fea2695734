"""The year itself: filings that walk through it, what breaks down meanwhile, and what must be true when it is over.

Who does the work that was rung for, tasks within the test or a worker of its own, is the office's affair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Protocol

from django.db import connection

from clients import sight
from tests.simulation.clock import Clock
from tests.simulation.days import BEIJING, GRID, at, day_of, on_grid, opens, works
from tests.simulation.model import FAR, LONGEST_WAIT, Model, Span, Told, mails_of
from tests.simulation.walk import Dice, World

SEED, CLIENTS, STAFF = 2026, 40, 5
HOUR = timedelta(hours=1)
AT_ANY_HOUR = {"sms.clock", "sms.missed"}
LATE = {"clock_late:1", *(f"psb_overdue:{n}" for n in range(60))}
BEGIN, END = at(date(2026, 1, 1)), at(date(2027, 1, 1))


class Office(AbstractContextManager, Protocol):
    """Where the work is done."""

    def weather(self, *, broker: bool, mail: bool) -> None:
        """What answers from now on, and what does not."""

    def ring(self, *, all_of_them: bool, beats: int = 1) -> None:
        """What beat rings for. Events have bells of their own: their relay and the digests wait for eight o'clock."""

    def rest(self, now: datetime) -> None:
        """Back when nothing is left to be done."""


class People:
    """Who is meant in a filing, by their addresses."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unwilling = {one.email for one in world.contacts if not one.wants_reminders}

    def by(self, story, act) -> str:
        return self.world.person(story, act.by).email

    def of(self, story, whom: str, when: datetime) -> list[str]:
        world, found = self.world, []
        if "contacts" in whom or "concerned" in whom:
            found.append(world.contacts[story.client].email)
        if "concerned" in whom and story.client in world.answering:
            found.append(world.answering[story.client].email)
        if "staff" in whom:
            person = world.staff[story.staff]
            found.append(person.email)
            while person := self.stand_in(person, day_of(when)):
                found.append(person.email)
        return found

    def stand_in(self, person, day: date):
        return next(
            (
                by
                for away, by, first, last in self.world.covers
                if away == person and first <= day and (last is None or day <= last)
            ),
            None,
        )


class Year:
    """So many filings, and when beat, worker and broker (`silence`) or the mail server (`no_mail`) are away.

    Where it `is_sparing`, beat does not ring for nothing but at eight o'clock of a day that is worked.
    """

    def __init__(
        self,
        filings: int,
        *,
        silence: list[Span],
        no_mail: list[Span] | None = None,
        is_sparing: bool = False,
    ) -> None:
        self.is_sparing = is_sparing
        self.dice = Dice(SEED, BEGIN, END)
        self.stories = [self.dice.story(number, clients=CLIENTS, staff=STAFF) for number in range(filings)]
        self.acts = sorted(
            ((act.at, story.number, act) for story in self.stories for act in story.acts),
            key=lambda one: one[:2],
        )
        self.silence, self.no_mail = silence, no_mail or []
        self.returns = {end for _begin, end in self.silence}
        self.ends = self.returns | {end for _begin, end in self.no_mail}
        self.beats = 0

    def walk(self, office: Office) -> None:
        """From the first of January on, as the clock is set."""
        with Clock() as clock, office:
            clock.set(BEGIN)
            with sight.every_client():
                self.world = World(clients=CLIENTS, staff=STAFF)
            for now, acts in self._moments():
                clock.set(now)
                is_silent = _lies_in(now, self.silence)
                office.weather(broker=not is_silent, mail=not _lies_in(now, self.no_mail))
                for number, act in acts:
                    self.world.do(self.stories[number], act)
                is_eight = now.hour == 8 and (not self.is_sparing or works(day_of(now)))
                is_full = is_eight or now in self.returns
                if not is_silent and (is_full or not self.is_sparing or next_look() <= now):
                    self._ring(office, now, clock, is_full=is_full)
                office.rest(now)
            self.found = ledger(self.world)

    def _moments(self) -> Iterator[tuple[datetime, list]]:
        """When somebody acts or anything wants to be looked at, and what is done then."""
        now, position = BEGIN - GRID, 0
        while True:
            coming = self.acts[position][0] if position < len(self.acts) else FAR
            eight = at(day_of(now) + timedelta(days=now.hour >= 8), 8)
            back = min((end for end in self.ends if end > now), default=FAR)
            now = max(now + GRID, min(coming, eight, on_grid(next_look()), back))
            for begin, end in self.silence:
                if begin <= now < end:
                    now = min(max(coming, now), end)
            if now >= END:
                return
            done = []
            while position < len(self.acts) and self.acts[position][0] <= now:
                moment, number, act = self.acts[position]
                assert moment == now
                done.append((number, act))
                position += 1
            yield now, done

    def _ring(self, office: Office, now: datetime, clock: Clock, *, is_full: bool) -> None:
        # Now and then a second beat; and then one whose clock was set back an hour.
        is_odd = self.dice.random.random() < 0.05
        office.ring(all_of_them=is_full, beats=1 + is_odd)
        self.beats += 1
        if is_odd:
            office.rest(now)
            clock.set(now - HOUR)
            office.ring(all_of_them=True)

    # Afterwards

    def is_told_as_the_model_says(self) -> None:
        """Line by line; what was held up, at one of its next tries."""
        model = Model(self.stories, People(self.world), until=END, silence=self.silence, no_mail=self.no_mail)
        self.held = model.held
        expected = {key: told for told in model.told if (key := told._replace(sent=None)) in model.held}

        def judged(told: Told) -> Told:
            key = told._replace(sent=None)
            return expected[key] if key in expected and model.held[key].would_do(told.sent) else told

        compare(Counter(map(judged, self.found.elements())), Counter(model.told))

    def came_by_mail(self, mails: Counter) -> None:
        compare(mails, mails_of(self.found.elements(), until=END))

    def nobody_is_told_on_a_forbidden_hour(self) -> None:
        for told in self.found:
            is_at_any_hour = (
                told.channel == "in_app" or told.kind in AT_ANY_HOUR or told.kind.startswith("moved.")
            )
            assert is_at_any_hour or told.sent is None or opens(told.sent) == told.sent, told

    def every_deadline_is_met_or_reported(self) -> int:
        """Of each clock that ran out somebody was told, at the latest when beat came back and the offices opened."""
        from cases.models import Deadline

        numbers = {case.pk: number for number, case in self.world.cases.items()}
        late = {
            (told.number, told.kind) for told in self.found if told.kind == "sms.missed" or told.what in LATE
        }
        ran_out = 0
        with sight.every_client():
            for row in Deadline.objects.exclude(state="paused"):
                if (
                    row.due_at < min(row.ended_at or END, END)
                    and row.due_at < (row.ended_at or FAR) - LONGEST_WAIT
                ):
                    ran_out += 1
                    kind = "sms.missed" if row.kind == "sms_code" else "clock"
                    assert (numbers[row.case_id], kind) in late, row
        return ran_out


def _lies_in(moment: datetime, spans: list[Span]) -> bool:
    return any(begin <= moment < end for begin, end in spans)


def next_look() -> datetime:
    """The next moment at which any row wants to be looked at."""
    with sight.every_client(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT least(
                (SELECT min(remind_at) FROM cases_deadline WHERE state = 'running'),
                (SELECT min(nudge_at) FROM cases_case),
                (SELECT min(next_try_at) FROM notifications_notification WHERE state = 'planned'))"""
        )
        return cursor.fetchone()[0] or FAR


def ledger(world: World) -> Counter:
    from notifications.models import Notification

    numbers = {case.pk: number for number, case in world.cases.items()}
    found: Counter = Counter()
    with sight.every_client():
        for row in Notification.objects.select_related("recipient"):
            rule = row.data.get("rule")
            what = f"{rule}:{row.data['step']}" if rule else ""
            sent = row.sent_at.astimezone(BEIJING) if row.sent_at else None
            if row.state == "planned":
                sent = row.next_try_at.astimezone(BEIJING)
            promised = row.planned_at.astimezone(BEIJING)
            told = Told(
                row.recipient.email, numbers.get(row.case_id), row.kind, what, row.channel, promised, sent
            )
            found[told] += 1
            assert row.state in ("sent", "suppressed", "planned"), (row.state, row.reason, told)
    return found


def compare(found: Counter, expected: Counter) -> None:
    """Nothing doubled, nothing missing, nothing at another moment."""
    extra, missing = found - expected, expected - found
    show = [f"+ {n} {one}" for one, n in sorted(extra.items(), key=str)[:12]]
    show += [f"- {n} {one}" for one, n in sorted(missing.items(), key=str)[:12]]
    assert not extra and not missing, "\n".join([f"{len(extra)} too many, {len(missing)} missing", *show])
