"""What two hundred filings go through in a year: thrown by dice that always fall the same way, then done for real."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cases.models import Case
from cases.services import progress
from cases.services.moves import move_case
from cases.services.opening import open_case
from clients import sight
from clients.models import Client, Cover, User
from tests.api import filings
from tests.factories import make_client, make_person
from tests.simulation.days import at, day_of, on_grid, works

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Act:
    """What happens to a filing: when, what, and by whom (the client's contact, who has the case, the manager)."""

    at: datetime
    what: str
    by: str = "staff"
    on: date | None = None  # the day that is recorded with it


@dataclass
class Story:
    """One filing and all that will happen to it."""

    number: int
    client: int
    staff: int
    expires_on: date
    acts: list[Act] = field(default_factory=list)


# ── The dice ────────────────────────────────────────────────────────────────────────────────────────────────────────


class GivenUp(Exception):
    """This filing ends before it is through."""


class Dice:
    """Moments by day and night, as clients act, or within office hours, as the agency does."""

    def __init__(self, seed: int, begin: datetime, end: datetime) -> None:
        self.random, self.begin, self.end = random.Random(seed), begin, end

    def story(self, number: int, clients: int, staff: int) -> Story:
        opened = self.begin + (self.end - self.begin) * 0.8 * self.random.random()
        expires = day_of(opened) + timedelta(days=self.random.randint(300, 600))
        story = Story(number, number % clients, self.random.randrange(staff), expires)
        self.now, self.acts = on_grid(opened), story.acts
        # Most are given up on the way: a year of full lives would take minutes more and teach little.
        self.patience = 99 if self._one_in(6) else self.random.randint(1, 3)
        with contextlib.suppress(GivenUp):
            self._live()
        story.acts = [act for act in story.acts if act.at < self.end]
        return story

    def _live(self) -> None:
        self._act("open", by="staff")
        if self._one_in(12):
            return  # opened and forgotten
        self._client(hours=self._some(24 * 20))
        if self._one_in(15):
            self._act("withdraw")
            return
        self._act("submit", by=self._desk())
        while True:
            self._agency(hours=self._some(80))
            if self._one_in(4):
                self._act("return")
                self._client(hours=self._some(24 * 60 if self._one_in(4) else 24 * 8))
                self._act("submit", by=self._desk())
                continue
            self._act("pass", by=self._desk())
            self._maybe_hold()
            self._client(hours=self._some(24 * 7))
            self._agency(hours=self._some(6))
            self._act("photo", by=self._desk())
            if self._one_in(4):  # nobody enters the code
                self._agency(hours=25 + self._some(40))
                self._act("reject")
                self._client(hours=self._some(24 * 5))
                self._act("submit", by=self._desk())
                continue
            self._client(hours=1 + self._some(21))
            self._act("codes", by=self.random.choice(["client", "staff"]))
            break
        self._agency(hours=24 + self._some(24 * 45))
        days_ago = self.random.choice([0, 0, 0, 1, 3])
        self._act("licence", by=self._desk(), on=day_of(self.now) - timedelta(days=days_ago))
        self._maybe_hold()
        self._client(hours=24 * self.random.choice([3, 9, 16, 24, 29, 34, 45]) + self._some(24))
        self._act("hand_in", by=self.random.choice(["client", "staff"]), on=day_of(self.now))
        self._agency(hours=24 + self._some(24 * 20))
        self._act("psb", by=self._desk(), on=day_of(self.now))
        self._agency(hours=24 * self.random.choice([1, 8, 20, 28, 33, 50]))
        self._act("footer")

    def _maybe_hold(self) -> None:
        if self._one_in(6):
            self._agency(hours=self._some(30))
            self._act("hold", by=self._desk())
            self._agency(hours=24 + self._some(24 * 25))
            self._act("resume", by=self._desk())

    def _act(self, what: str, **how) -> None:
        if len(self.acts) >= self.patience and what not in ("hold", "resume"):
            self.acts.append(Act(self.now, "withdraw"))
            raise GivenUp
        self.acts.append(Act(self.now, what, **how))

    def _desk(self) -> str:
        return self.random.choice(["staff", "staff", "manager"])

    def _one_in(self, n: int) -> bool:
        return self.random.randrange(n) == 0

    def _some(self, hours: float) -> float:
        return self.random.uniform(0.5, hours)

    def _client(self, hours: float) -> None:
        self.now = on_grid(self.now + hours * HOUR)

    def _agency(self, hours: float) -> None:
        """Office hours, make-up Saturdays among them."""
        moment = on_grid(self.now + hours * HOUR)
        if not (works(day_of(moment)) and 9 <= moment.hour < 18):
            day = day_of(moment) + timedelta(days=1)
            while not works(day):
                day += timedelta(days=1)
            moment = at(day, self.random.randint(9, 17), 15 * self.random.randrange(4))
        self.now = moment


# ── The deeds ───────────────────────────────────────────────────────────────────────────────────────────────────────

RETURNED = [{"code": "site_name"}]
TOO_LATE = [{"code": "sms_timeout"}]


class World:
    """The people and their filings, and each act done as somebody does it in the portal."""

    def __init__(self, clients: int, staff: int) -> None:
        self.manager = make_person("mei@willow.example", name="Mei", role="manager")
        self.staff = [
            make_person(f"staff{n}@willow.example", name=f"Staff {n}", role="specialist")
            for n in range(staff)
        ]
        # Over Spring Festival and May Day the first is away, and for a week the one who stands in as well.
        self.covers = [
            (self.staff[0], self.staff[1], date(2026, 2, 9), date(2026, 5, 31)),
            (self.staff[1], self.manager, date(2026, 4, 13), date(2026, 4, 19)),
            (self.staff[4], self.staff[2], date(2026, 9, 1), None),
        ]
        for person, stand_in, first, last in self.covers:
            Cover.objects.create(
                person=person, stand_in=stand_in, from_on=first, until_on=last, made_by=person
            )
        self.clients: list[Client] = []
        self.contacts: list[User] = []
        self.answering: dict[int, User] = {}  # by client: who answers in person, where there is such a one
        for n in range(clients):
            client = make_client(f"Client {n} Ltd", f"客户{n}有限公司")
            self.clients.append(client)
            language = "zh-hans" if n % 2 else "en"
            contact = make_person(f"c{n}@client.example", client=client, name=f"Cy {n}", language=language)
            contact.wants_reminders = n != 3
            contact.save()
            self.contacts.append(contact)
            if n % 4 == 0:
                self.answering[n] = make_person(f"r{n}@client.example", role="responsible", client=client)
        self.cases: dict[int, Case] = {}

    def person(self, story: Story, by: str) -> User:
        return {
            "client": self.contacts[story.client],
            "staff": self.staff[story.staff],
            "manager": self.manager,
        }[by]

    def do(self, story: Story, act: Act) -> None:
        by = self.person(story, act.by)
        with sight.every_client():
            if act.what == "open":
                self.cases[story.number] = self._open(story, by)
                return
            case = self.cases[story.number]
            if act.what == "submit":
                filings.get_ready(case)
            on = act.on.isoformat() if act.on else ""
            moves = {
                "submit": ("submit", {}),
                "withdraw": ("withdraw", {"note": "No longer wanted."}),
                "return": ("return_for_changes", {"reasons": RETURNED}),
                "pass": ("pass_pre_audit", {}),
                "hold": ("hold", {"note": "They asked for it.", "data": {"until": "2027-06-01"}}),
                "resume": ("resume", {}),
                "photo": (
                    "finish_photo",
                    {"data": {"photo_way": "app", "done_on": day_of(act.at).isoformat()}},
                ),
                "reject": ("reject", {"reasons": TOO_LATE}),
                "licence": (
                    "grant_licence",
                    {"data": {"icp_number": f"沪ICP备2026{story.number:06d}号-1", "licensed_on": on}},
                ),
                "psb": (
                    "file_psb",
                    {"data": {"psb_number": f"沪公网安备310000029{story.number:05d}号", "filed_on": on}},
                ),
            }
            if act.what in moves:
                move, given = moves[act.what]
                move_case(case, move, by=by, **given)
            elif act.what == "codes":
                progress.enter_sms_codes(case, by=by)
            elif act.what == "hand_in":
                progress.hand_in_psb(case, by=by, on=act.on)
            else:
                progress.show_footer(case, by=by)

    def _open(self, story: Story, by: User) -> Case:
        answering = self.answering.get(story.client)
        head = {
            **filings.PERSON,
            "email": answering.email if answering else f"h{story.client}@client.example",
        }
        domain = {
            **filings.FACTS["domain"],
            "name": f"site{story.number}.example",
            "verified_on": "2025-12-01",
            "expires_on": story.expires_on.isoformat(),
        }
        server = {**filings.FACTS["server"], "prepaid_months": 36}
        site = {**filings.FACTS["site"], "revenue": False}
        given = filings.facts(head=head, domain=domain, server=server, site=site)
        return open_case(self.clients[story.client], by=by, given=given)
