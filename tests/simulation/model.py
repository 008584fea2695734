"""Who must be told what and when, reckoned from what happened alone.

The rules stand here a second time, as one would explain them to a new colleague; nothing of the portal is asked. What
the portal's ledger says is compared with what comes out here, line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from tests.simulation.days import (
    at,
    day_of,
    due,
    end_of,
    on_grid,
    opens,
    worked_before,
    working_after,
    working_between,
    works,
)
from tests.simulation.walk import Act, Story

FAR = at(date(2030, 1, 1))
LONGEST_WAIT = timedelta(hours=4)  # between two tries of a mail
Span = tuple[datetime, datetime]
HERE, BOTH = ("in_app",), ("in_app", "mail")

CLOCKS = {
    "provider_pre_audit": (2, "working"),
    "photo": (3, "working"),
    "sms_code": (24, "hours"),
    "miit_review": (20, "working"),
    "returned_fix": (45, "calendar"),
    "psb_filing": (30, "calendar"),
    "psb_review": (10, "working"),
    "psb_footer": (30, "calendar"),
}
SMS_COMES_AFTER = timedelta(minutes=5)

# What happened, who of the client's hears of it by which way; whoever has the case hears of it in the portal.
EVENTS = {
    "open": ("case.opened", "contacts", HERE),
    "submit": ("moved.submit", "concerned", BOTH),
    "pass": ("moved.pass_pre_audit", "concerned", BOTH),
    "return": ("moved.return_for_changes", "contacts", BOTH),
    "photo": ("moved.finish_photo", "concerned", BOTH),
    "reject": ("moved.reject", "contacts", BOTH),
    "licence": ("moved.grant_licence", "contacts", BOTH),
    "psb": ("moved.file_psb", "contacts", BOTH),
    "withdraw": ("moved.withdraw", "contacts", BOTH),
    "hold": ("moved.hold", "contacts", HERE),
    "resume": ("moved.resume", "contacts", HERE),
}
# Of these the other side hears, in the portal.
OTHER_SIDE = {"codes": "sms.entered", "hand_in": "psb.handed_in"}
SWITCHED_OFF_WITH_REMINDERS = {"clock", "nudge", "nudge.in_vain", "aftercare", "moved.submit"}


class Told(NamedTuple):
    """A line of the ledger: whose, about which filing, what, promised when, and sent when (None where it was not)."""

    person: str
    number: int | None
    kind: str
    what: str  # the rule and its step; for others nothing
    channel: str
    promised: datetime
    sent: datetime | None


class Held(NamedTuple):
    """A mail whose server was away when it was to go: when at the earliest and latest, and whether it still should."""

    earliest: datetime
    latest: datetime
    is_so: bool | None  # None where something came between the two

    def would_do(self, sent: datetime | None) -> bool:
        if sent is None:
            return not self.is_so
        return self.is_so is not False and self.earliest <= sent <= self.latest


# ── What is true from when to when ──────────────────────────────────────────────────────────────────────────────────


@dataclass
class Run:
    """A clock that runs to the same end from one moment to another; what lies before `after` is not told any more."""

    begin: datetime
    end: datetime
    due: datetime
    after: datetime | None


@dataclass
class Clock:
    kind: str
    started: datetime
    runs: list[Run] = field(default_factory=list)
    state: str = "running"
    ended: datetime | None = None
    paused: datetime | None = None

    @property
    def due(self) -> datetime:
        return self.runs[-1].due

    def runs_at(self, moment: datetime) -> bool:
        return any(run.begin <= moment < run.end for run in self.runs)


class Life:
    """One filing: its clocks, and when it was the client's move without a break."""

    def __init__(self, story: Story, beat: Callable[[datetime], datetime]) -> None:
        self.story, self.beat = story, beat
        self.clocks: list[Clock] = []
        self.turns: list[list[datetime]] = []  # [since, until]
        self.missed: list[tuple[Clock, datetime]] = []
        self.licensed: tuple[datetime, date] | None = None
        self.stage, self.held, self.face_checked, self.handed_in = "draft", False, False, False
        for act in story.acts:
            self._miss_before(act.at)
            self._do(act)
            self._whose_move(act.at)
        self._miss_before(FAR)

    def _do(self, act: Act) -> None:
        now = act.at
        if act.what == "withdraw":
            self._end(now, "stopped")
            self.stage = "withdrawn"
        elif act.what == "submit":
            self._end(now, "met", "returned_fix")
            self._start("provider_pre_audit", now, now)
            self.stage = "pre_audit"
        elif act.what == "pass":
            self._end(now, "met", "provider_pre_audit")
            self._start("photo", now, now)
            self.stage = "photo"
        elif act.what in ("return", "reject"):
            self._end(now, "met", "provider_pre_audit", "miit_review")
            self._end(now, "stopped")
            self._start("returned_fix", now, now)
            # A code that nobody entered is no fault of the papers: it is handed in again as it is.
            self.stage = "draft" if act.what == "return" else "to be handed in again"
        elif act.what == "photo":
            self._end(now, "met", "photo")
            self._start("sms_code", now + SMS_COMES_AFTER, now)
            self._start("miit_review", now, now)
            self.stage, self.face_checked = "miit", True
        elif act.what == "codes":
            self._end(now, "met", "sms_code")
            self._end(now, "stopped", "miit_review")
            self._start("miit_review", now, now)
        elif act.what == "licence":
            self._end(now, "met", "sms_code", "miit_review")
            self._start("psb_filing", at(act.on, 12), now)
            self.stage, self.licensed = "licensed", (now, act.on)
        elif act.what == "hand_in":
            self._end(now, "met", "psb_filing")
            self._start("psb_review", at(act.on, 12), now)
            self.handed_in = True
        elif act.what == "psb":
            self._end(now, "met", "psb_review")
            self._start("psb_footer", at(act.on, 12), now)
            self.stage = "filed"
        elif act.what == "footer":
            self._end(now, "met", "psb_footer")
        elif act.what == "hold":
            self.held = True
            for clock in self._open_clocks():
                clock.runs[-1].end, clock.paused = now, now
        elif act.what == "resume":
            self.held = False
            for clock in self._open_clocks():
                clock.runs.append(Run(now, FAR, self._later(clock, now), now))
                clock.paused = None

    def _later(self, clock: Clock, now: datetime) -> datetime:
        """What was left when the filing was put on hold is left now."""
        left_at, end, unit = clock.paused, clock.due, CLOCKS[clock.kind][1]
        if unit == "hours":
            return end + (now - left_at)
        if end <= left_at:
            return end
        first, last = day_of(left_at), day_of(end)
        if unit == "calendar":
            return due(now, (last - first).days, unit)
        return due(now, working_between(first, last), unit)

    def _open_clocks(self) -> list[Clock]:
        return [clock for clock in self.clocks if clock.ended is None]

    def _start(self, kind: str, started: datetime, now: datetime) -> None:
        self.clocks.append(Clock(kind, started, [Run(now, FAR, due(started, *CLOCKS[kind]), None)]))

    def _end(self, now: datetime, state: str, *kinds: str) -> None:
        for clock in self._open_clocks():
            if not kinds or clock.kind in kinds:
                clock.state = "missed" if state == "met" and now > clock.due else state
                clock.ended = now
                clock.runs[-1].end = min(clock.runs[-1].end, now)

    def _miss_before(self, now: datetime) -> None:
        """The day of the ministry's code was over before this act."""
        for clock in self._open_clocks():
            if clock.kind == "sms_code" and self.beat(clock.due) < now:
                over = self.beat(clock.due)
                clock.state, clock.ended, clock.runs[-1].end = "missed", over, over
                self.missed.append((clock, over))
                self._whose_move(over)

    def _whose_move(self, now: datetime) -> None:
        running = {clock.kind for clock in self._open_clocks()}
        is_clients = not self.held and (
            self.stage == "draft"
            or (self.stage == "photo" and not self.face_checked)  # once is enough
            or (self.stage == "miit" and "sms_code" in running)
            or (self.stage == "licensed" and not self.handed_in)
        )
        is_open = bool(self.turns) and self.turns[-1][1] == FAR
        if is_clients and not is_open:
            self.turns.append([now, FAR])
        elif is_open and not is_clients:
            self.turns[-1][1] = now


# ── The rules of reminders, in other words ──────────────────────────────────────────────────────────────────────────


class Moment(NamedTuple):
    rule: str
    n: int
    at: datetime
    who: str
    channels: tuple[str, ...]


def of_clock(kind: str, started: datetime, ends: datetime) -> Iterator[Moment]:
    """When somebody is told of a clock that started and ends so."""
    if kind == "sms_code":
        yield Moment("sms_at_once", 0, started, "concerned and staff", HERE)
        for n, hours in enumerate((1, 6, 12, 20, 23)):
            moment = started + timedelta(hours=hours)
            yield Moment("sms_by_the_hour", n, moment, "concerned and staff", BOTH)
        return
    if kind not in ("psb_filing", "psb_footer"):
        length = ends - started
        yield Moment("clock_half", 0, started + length / 2, "staff", HERE)
        yield Moment("clock_late", 0, started + length * 4 / 5, "staff", BOTH)
        yield Moment("clock_late", 1, ends, "staff", BOTH)
        return
    who = "contacts and staff" if kind == "psb_filing" else "staff"
    n = 0
    for days in (30, 14, 7, 3, 1):
        day = day_of(ends) - timedelta(days=days)
        if day >= day_of(started):  # a shorter clock leaves it out
            yield Moment(f"{kind}_near", n, max(at(worked_before(day)), started), who, BOTH)
            n += 1
    for n in range(60):
        yield Moment("psb_overdue", n, end_of(working_after(day_of(ends), n)), "staff", BOTH)


def of_turn(since: datetime) -> Iterator[Moment]:
    """When somebody is told of a client whose move it has been since then."""
    for n, days in enumerate((2, 5, 9, 14, 19)):
        yield Moment("client_waits", n, due(since, days, "working"), "contacts", BOTH)
    yield Moment("client_is_called", 0, due(since, 20, "working"), "staff", BOTH)


# ── What the ledger must say ────────────────────────────────────────────────────────────────────────────────────────


class Model:
    """All lines of the ledger, and how many mails of them, from the stories and the silence of the beat.

    `people` gives who is meant in a filing at a moment: contacts, concerned, staff and who stands in for them; and
    who did an act. What is `held` up by a mail server that is away counts as sent at its earliest.
    """

    def __init__(
        self, stories: list[Story], people, *, until: datetime, silence: list[Span], no_mail: list[Span]
    ) -> None:
        self.people, self.until, self.silence, self.no_mail = people, until, silence, no_mail
        self.held: dict[Told, Held] = {}
        self.lives = [Life(story, self.beat) for story in stories]
        self.told: list[Told] = []
        for life in self.lives:
            self._events(life)
            self._clocks(life)
            self._turns(life)
        self._digests()
        self.told = [one for one in self.told if one.promised < until]

    def beat(self, moment: datetime) -> datetime:
        """The first ring of the beat from this moment on."""
        mark = on_grid(moment)
        return next((end for begin, end in self.silence if begin <= mark < end), mark)

    def _tell(
        self, person, number, kind, what, channel, promised, *, quiet=False, holds=lambda _at: True
    ) -> None:
        """`holds` says whether it is still so at the moment of the sending."""
        sent: datetime | None = promised
        if channel == "mail":
            sent = self._in_hours(promised) if quiet else promised
            back = next((end for begin, end in self.no_mail if begin <= sent < end), None)
            is_unwanted = kind in SWITCHED_OFF_WITH_REMINDERS and person in self.people.unwilling
            if not holds(sent) or is_unwanted:
                sent = None if sent < self.until else sent
            elif back:
                told = Told(person, number, kind, what, channel, promised, None)
                sent = self._held(told, back, holds, quiet=quiet or kind == "aftercare")
        self.told.append(Told(person, number, kind, what, channel, promised, sent))

    def _in_hours(self, moment: datetime) -> datetime:
        moment = self.beat(opens(moment))
        while opens(moment) != moment:  # the beat came back at night
            moment = self.beat(opens(moment))
        return moment

    def _held(self, told: Told, back: datetime, holds, *, quiet: bool) -> datetime | None:
        """It goes at one of its next tries, which are further and further apart."""
        hours = self._in_hours if quiet else self.beat
        earliest, latest = hours(back), hours(back + LONGEST_WAIT)
        so = {holds(earliest), holds(latest)}
        self.held[told] = Held(earliest, latest, so.pop() if len(so) == 1 else None)
        return None if self.held[told].is_so is False else earliest

    def _events(self, life: Life) -> None:
        story, number = life.story, life.story.number
        for act in story.acts:
            when, by = self.beat(act.at), self.people.by(story, act)
            lines: list[tuple[str, str, tuple[str, ...]]] = []
            if act.what in EVENTS:
                kind, whom, channels = EVENTS[act.what]
                lines += [(one, kind, channels) for one in self.people.of(story, whom, when)]
                lines += [(one, kind, HERE) for one in self.people.of(story, "staff", when)]
            elif act.what in OTHER_SIDE:
                whom = "staff" if act.by == "client" else "contacts"
                lines += [(one, OTHER_SIDE[act.what], HERE) for one in self.people.of(story, whom, when)]
            for person, kind, channels in lines:
                for channel in channels:
                    if person != by:
                        self._tell(person, number, kind, "", channel, when)
        for _clock, over in life.missed:
            for person in self.people.of(story, "concerned and staff", over):
                for channel in BOTH:
                    self._tell(person, number, "sms.missed", "", channel, over)

    def _clocks(self, life: Life) -> None:
        for clock in life.clocks:
            kind = "sms.clock" if clock.kind == "sms_code" else "clock"
            seen: set[tuple[str, int]] = set()
            for run in clock.runs:
                moments = [
                    one
                    for one in of_clock(clock.kind, clock.started, run.due)
                    if run.after is None or one.at > run.after
                ]
                self._occasion(
                    life, kind, moments, run.begin, run.end, seen, holds=clock.runs_at, quiet=kind == "clock"
                )

    def _turns(self, life: Life) -> None:
        for since, until in life.turns:
            moments = list(of_turn(since))
            for kind, of in (("nudge", "client_waits"), ("nudge.in_vain", "client_is_called")):
                mine = [one for one in moments if one.rule == of]
                self._occasion(
                    life, kind, mine, since, until, set(),
                    holds=lambda at, until=until: at < until, quiet=True,
                )  # fmt: skip

    def _occasion(self, life, kind, moments, begin, end, seen, *, holds, quiet) -> None:
        """At each ring the newest step of each rule, and of all of them nobody gets the same text twice."""
        by_ring: dict[datetime, dict[str, Moment]] = {}
        for one in moments:
            ring = self.beat(max(one.at, begin))
            if ring < end:
                by_ring.setdefault(ring, {})[one.rule] = one
        for ring in sorted(by_ring):
            told: set[tuple[str, str]] = set()
            for one in sorted(by_ring[ring].values(), key=lambda step: step.at, reverse=True):
                is_new = (one.rule, one.n) not in seen
                seen.add((one.rule, one.n))
                for person in self.people.of(life.story, one.who, ring):
                    for channel in one.channels:
                        if (person, channel) in told:
                            continue
                        told.add((person, channel))
                        if is_new:
                            what = f"{one.rule}:{one.n}"
                            self._tell(
                                person, life.story.number, kind, what, channel, ring, quiet=quiet, holds=holds
                            )

    def _digests(self) -> None:
        """Once a week, in the first open hour of its first working day: who has something that is told by then."""
        duties: list[tuple[datetime, date, Story]] = []
        for life in self.lives:
            if life.licensed:
                now, on = life.licensed
                year_on = on.replace(year=on.year + 1)
                for tell in (
                    life.story.expires_on - timedelta(days=90),
                    year_on - timedelta(days=30),
                ):
                    duties.append((now, tell, life.story))
        monday = date(2026, 1, 5)
        while at(monday) < self.until:
            first = working_after(monday, 0)
            if first - monday < timedelta(days=7):
                week = [monday + timedelta(days=n) for n in range((first - monday).days, 7)]
                for ring in [self.beat(at(day, 8)) for day in week if works(day)]:
                    whom = {
                        person
                        for now, tell, story in duties
                        if now <= ring and tell <= first
                        for person in self.people.of(story, "contacts and staff", ring)
                    }
                    for person in whom:
                        for channel in BOTH:
                            self._tell(person, None, "aftercare", "", channel, ring)
                    if whom:
                        break
            monday += timedelta(days=7)


def mails_of(told: Iterable[Told], *, until: datetime) -> Counter:
    """By person and moment: each thing a mail of its own, but a person's reminders of one moment are one."""
    sent = [one for one in told if one.channel == "mail" and one.sent and one.sent < until]
    gathered = {"clock", "nudge", "nudge.in_vain"}
    found = Counter((one.person, one.sent) for one in sent if one.kind not in gathered)
    found.update({(one.person, one.sent) for one in sent if one.kind in gathered})
    return found
