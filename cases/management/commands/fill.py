"""Many made-up cases for measuring: by COPY, as the owner, for any number."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from cases import search
from cases.deadlines import BEIJING, beijing_day, next_look
from cases.models import Case, CaseEvent, Deadline, Domain, Person, Requirement, Server, Site, Stay, Subject
from cases.workflow import ENDED, ROAD, Stage
from clients import spelling
from clients.models import Client, Membership, User
from clients.references import LETTERS
from clients.sealing import keyed_hash

CLIENT_HAS = 50  # cases, on average
MANAGERS = 20
SHARES = {  # how a grown agency's cases lie: most are through
    Stage.DRAFT: (4, "client", "returned_fix"),
    Stage.PROVIDER_PRE_AUDIT: (2, "provider", "provider_pre_audit"),
    Stage.PHOTO: (2, "client", "photo"),
    Stage.MIIT_REVIEW: (3, "miit", "miit_review"),
    Stage.LICENSED: (3, "client", "psb_filing"),
    Stage.PSB_FILED: (66, "nobody", ""),
    Stage.COMMERCIAL_LICENSED: (12, "nobody", ""),
    Stage.WITHDRAWN: (5, "nobody", ""),
    Stage.CANCELLED: (3, "nobody", ""),
}
SURNAMES, WORDS = "陈林黄周吴徐孙胡朱高", "茶语云山海舟光明新远東方华星河木石花月"
LENGTHS, SPREAD = {"F": 8, "C": 10, "P": 10}, 0x9E3779B97F4A7C15
LATIN = ["harbour", "lotus", "river", "summit", "garden", "bridge", "silver", "willow", "cedar", "north"]
PLACES = {"SH": "沪", "BJ": "京", "GD": "粤", "ZJ": "浙", "JS": "苏", "SC": "蜀"}
TABLES = [
    Client,
    User,
    Membership,
    Case,
    Subject,
    Person,
    Domain,
    Server,
    Site,
    Requirement,
    Deadline,
    CaseEvent,
    Stay,
]
REPORTED = timedelta(days=400)  # as far back as reports look
NEEDED = (5, 2, 2, 8, 15, 30)  # working days at each stop, half of the time
RETURNED = ("id_unclear", "id_unclear", "form_signature", "domain_owner_mismatch", "contact_address")


class Command(BaseCommand):
    help = "Add N made-up cases (and a client for every fifty) for measuring; runs as the database's owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, cases: int, seed: int, **options: Any) -> None:
        if cases < 1:
            raise CommandError("--cases wants a number from 1 on.")
        with transaction.atomic(), connection.cursor() as cursor:
            for model in TABLES:
                # COPY knows no row-level security, and a past case does not begin in draft; both come back below.
                cursor.execute(f"ALTER TABLE {model._meta.db_table} NO FORCE ROW LEVEL SECURITY")
            cursor.execute("ALTER TABLE cases_case DISABLE TRIGGER stage")
            told = Progress(self.stdout if options["verbosity"] > 1 else None)
            with _bare(cursor, told) if _is_most(cursor, cases) else nullcontext():
                Filling(cursor, cases, random.Random(seed), told).run()  # noqa: S311 (made-up, no secrecy)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE cases_case ENABLE TRIGGER stage")
            for model in TABLES:
                cursor.execute(f"ALTER TABLE {model._meta.db_table} FORCE ROW LEVEL SECURITY")
        with connection.cursor() as cursor:
            for model in TABLES:
                cursor.execute(f"ANALYZE {model._meta.db_table}")
        self.stdout.write(f"{cases} cases added.")


class Progress:
    """What is done of how much, a line each, for those who wait for a million."""

    def __init__(self, out: Any = None) -> None:
        self.out, self.steps, self.done, self.begun = out, len(TABLES), 0, monotonic()

    def tell(self, what: str) -> None:
        self.done += 1
        if self.out:
            self.out.write(f"{self.done} of {self.steps}: {what}, {monotonic() - self.begun:.0f} s")
            self.out.flush()


def _is_most(cursor: Any, cases: int) -> bool:
    """More comes than is there: then what helps to find it is made anew more cheaply than kept up row by row."""
    cursor.execute("SELECT count(*) FROM (SELECT FROM cases_case LIMIT %s) AS found", [cases])
    return cursor.fetchone()[0] < cases


_INDEXES = """SELECT format('DROP INDEX %%I', relname), pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"""
_KEYS = """SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])"""
_MADE = re.compile(r"(?<=INDEX )\S+|(?<=CONSTRAINT )\S+")


@contextmanager
def _bare(cursor: Any, told: Progress) -> Iterator[None]:
    """Without the indexes and foreign keys of our tables; both are made again, of all rows at once."""
    cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
    made: list[str] = []
    for catalogue in (_KEYS, _INDEXES):
        cursor.execute(catalogue, [[model._meta.db_table for model in TABLES]])
        for drop, make in cursor.fetchall():
            cursor.execute(drop)
            made.append(make)
    told.steps += len(made)
    yield
    for make in reversed(made):
        cursor.execute(make)
        told.tell(_MADE.search(make)[0])  # type: ignore[index]


class Filling:
    """One run: first ids are taken, then each table is written in one COPY."""

    def __init__(self, cursor: Any, cases: int, dice: random.Random, told: Progress) -> None:
        self.cursor, self.cases, self.dice, self.told = cursor, cases, dice, told
        self.now = timezone.now()
        self.clients = max(1, cases // CLIENT_HAS)
        self.filed: list[str] = []  # what each client is filed under
        self.stages = list(SHARES)
        self.weights = [share for share, _turn, _clock in SHARES.values()]
        self.first = {model: self._next_id(model) for model in TABLES}

    def _next_id(self, model: type) -> int:
        self.cursor.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {model._meta.db_table}")  # noqa: S608
        return self.cursor.fetchone()[0]

    def run(self) -> None:
        self._copy(Client, "id reference name name_zh filed_under created_at", self._client_rows)
        self._copy(
            User,
            "id password reference email name name_zh language is_active wants_reminders code_count date_joined",
            self._user_rows,
        )
        self._copy(Membership, "id reference user_id client_id role created_at", self._member_rows)
        self._plan()
        self._copy(
            Case,
            "id reference client_id account_manager_id stage provider province filing_kind service photo_way "
            "platform_email domain_name waiting_on waiting_since due_at nudges on_hold hold_note round version "
            "icp_number licensed_on psb_number filed_on licence_number granted_on created_at moved_at filed_under "
            "forecast_on forecast_from forecast_until",
            self._case_rows,
        )
        self._copy(
            Subject,
            "id case_id client_id kind name name_zh id_kind id_number_tail id_number_hash certificate_address "
            "contact_address registered_in_mainland licence_status",
            self._subject_rows,
        )
        self._copy(
            Person,
            "id case_id client_id part name nationality id_kind id_number_tail id_number_hash email mobile landline "
            "address emergency_mobile",
            self._person_rows,
        )
        self._copy(Domain, "id case_id client_id name owner registrar verified", self._domain_rows)
        self._copy(Server, "id case_id client_id service_number instance location", self._server_rows)
        self._copy(
            Site, "id case_id client_id name languages content revenue approvals note", self._site_rows
        )
        self._copy(
            Requirement,
            "id reference case_id client_id kind of detail state place words reasons document facts_mark changed_at",
            self._requirement_rows,
        )
        self._copy(
            Deadline,
            "id case_id client_id kind waiting_on amount unit started_at due_at is_provisional state remind_at "
            "reminded",
            self._deadline_rows,
        )
        self._copy(
            CaseEvent,
            "id reference case_id client_id kind move from_stage to_stage source audience note reasons data at "
            "relayed_at",
            self._event_rows,
        )
        self._copy(
            Stay,
            "id case_id client_id stage left_for move entered_at left_at working_days was_held begun_by ended_by",
            self._stay_rows,
        )

    def _copy(self, model: Any, columns: str, rows: Callable[[], Iterator[tuple]]) -> None:
        table, names = model._meta.db_table, columns.split()
        quoted = ", ".join(f'"{name}"' for name in names)
        last = 1
        with self.cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
            for row in rows():
                copy.write_row(row)
                last = row[0]
        self.cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, last])
        self.told.tell(table)

    # ── Rows ──

    def _reference(self, prefix: str, number: int) -> str:
        """As the portal writes them: so many letters, in no order, each number's own (the factor is odd)."""
        size = LENGTHS.get(prefix, 12)
        number = number * SPREAD % 32**size
        return f"{prefix}-" + "".join(LETTERS[number >> 5 * place & 31] for place in range(size))

    def _names(self, place: int) -> tuple[str, str]:
        latin = f"{LATIN[place % 10].title()} {LATIN[place // 10 % 10].title()} Trading {place}"
        zh = WORDS[place % 18] + WORDS[place // 18 % 18] + SURNAMES[place // 324 % 10] + "示例贸易有限公司"
        return latin, zh

    def _client_rows(self) -> Iterator[tuple]:
        for place in range(self.clients):
            latin, zh = self._names(place)
            self.filed.append(spelling.filed(latin, zh))
            yield (
                self.first[Client] + place,
                self._reference("C", self.first[Client] + place),
                latin,
                zh,
                self.filed[place],
                self.now,
            )

    def _user_rows(self) -> Iterator[tuple]:
        for place in range(MANAGERS):
            reference = self._reference("P", self.first[User] + place)
            yield (
                self.first[User] + place, "!", reference, f"{reference.lower()}@agency.example", f"Manager {place + 1}",
                "", "en", True, True, 0, self.now,
            )  # fmt: skip

    def _member_rows(self) -> Iterator[tuple]:
        for place in range(MANAGERS):
            yield (
                self.first[Membership] + place, self._reference("M", self.first[Membership] + place),
                self.first[User] + place, None, "manager",
                self.now,
            )  # fmt: skip

    def _plan(self) -> None:
        """What each case is like, so that all its tables tell the same story."""
        dice, now = self.dice, self.now
        tonight = datetime.combine(beijing_day(now), time(23, 59, 59), BEIJING)  # clocks end with a day
        self.plan: list[tuple] = []
        for place in range(self.cases):
            stage = dice.choices(self.stages, self.weights)[0]
            _share, turn, clock = SHARES[stage]
            client = (
                min(int(dice.paretovariate(1.2) * self.clients / 40), self.clients - 1)
                if place % 3
                else place % self.clients
            )
            created = now - timedelta(minutes=dice.randrange(60 * 24 * 900))
            due = tonight + timedelta(days=dice.randrange(-5, 40)) if clock else None
            self.plan.append((stage, turn, clock, client, created, due, dice.choice(list(PLACES))))

    def _case_rows(self) -> Iterator[tuple]:
        for place, (stage, turn, _clock, client, created, due, province) in enumerate(self.plan):
            domain = f"{LATIN[place % 10]}{place}.example"
            issued = stage in (Stage.LICENSED, Stage.PSB_FILED, Stage.COMMERCIAL_LICENSED)
            icp = f"{PLACES[province]}ICP备2026{place % 10**6:06d}号-1" if issued else ""
            day: date | None = created.date() if issued else None
            filed = issued and stage != Stage.LICENSED
            granted = stage == Stage.COMMERCIAL_LICENSED
            reference = self._reference("F", self.first[Case] + place)
            psb = f"{PLACES[province]}公网安备{place:014d}号" if filed else ""
            licence = f"{PLACES[province]}B2-{place:08d}" if granted else ""
            yield (
                self.first[Case] + place, reference, self.first[Client] + client, self.first[User] + place % MANAGERS,
                stage.value, ("aliyun", "tencent", "baidu", "huawei", "other")[place % 5], province, "first", "website",
                "app", "", domain, turn, created, due, 0, False, "", 1, 1, icp, day,
                psb, day if filed else None, licence, day if granted else None, created, created + timedelta(days=1),
                search.filed(reference, domain, icp, psb, licence, client=self.filed[client]),
                *self._forecast(place, day),
            )  # fmt: skip

    def _forecast(self, place: int, day: date | None) -> tuple[date | None, ...]:
        """Of what was licensed: some days off, as forecasts are."""
        if day is None:
            return None, None, None
        said = day + timedelta(days=place % 11 - 5)
        return said, said - timedelta(days=4), said + timedelta(days=4)

    def _each(self, model: Any) -> Iterator[tuple[int, int, int, int]]:
        for place, row in enumerate(self.plan):
            yield place, self.first[model] + place, self.first[Case] + place, self.first[Client] + row[3]

    def _subject_rows(self) -> Iterator[tuple]:
        for place, pk, case, client in self._each(Subject):
            latin, zh = self._names(client - self.first[Client])
            hashed = keyed_hash(f"fill{place}", kind="id_number")
            yield (
                pk, case, client, "enterprise", latin, zh, "business_licence", f"****{place % 10**4:04d}", hashed,
                "样本路1号", "样本路1号", True, "active",
            )  # fmt: skip

    def _person_rows(self) -> Iterator[tuple]:
        for place, pk, case, client in self._each(Person):
            yield (
                pk, case, client, "head", f"Person {place}", "CN", "resident_id", f"****{place % 10**4:04d}", "",
                f"head{place}@harbour.example", f"138{place % 10**8:08d}", "021-55550100", "样本路1号", "",
            )  # fmt: skip

    def _domain_rows(self) -> Iterator[tuple]:
        for place, pk, case, client in self._each(Domain):
            yield pk, case, client, f"{LATIN[place % 10]}{place}.example", "subject", "provider", True

    def _server_rows(self) -> Iterator[tuple]:
        for place, pk, case, client in self._each(Server):
            yield pk, case, client, f"{place:08x}-0000-0000-0000", f"i-{place // 5:08x}", "mainland"

    def _site_rows(self) -> Iterator[tuple]:
        for place, pk, case, client in self._each(Site):
            yield pk, case, client, f"示例站点{place}", ["zh"], ["company"], place % 8 == 0, [], ""

    def _requirement_rows(self) -> Iterator[tuple]:
        kinds = [
            ("business_licence", "subject"),
            ("verification_form", "site"),
            ("domain_certificate", "domain"),
        ]
        pk = self.first[Requirement]
        for place, _pk, case, client in self._each(Case):
            is_draft = self.plan[place][0] == Stage.DRAFT
            for number, (kind, of) in enumerate(kinds):
                state = "to_do" if is_draft and (place + number) % 2 else "accepted"
                yield (
                    pk, self._reference("R", pk), case, client, kind, of, "", state, number, "", [], "", "",
                    self.plan[place][4],
                )  # fmt: skip
                pk += 1

    def _deadline_rows(self) -> Iterator[tuple]:
        pk = self.first[Deadline]
        for place, (_stage, turn, clock, client, _created, due, _province) in enumerate(self.plan):
            if not clock or due is None:
                continue
            started: datetime = due - timedelta(days=20)
            look = next_look(clock, started, due, after=self.now)
            yield (
                pk, self.first[Case] + place, self.first[Client] + client, clock, turn, 20, "calendar", started, due,
                False, "running", look, 0,
            )  # fmt: skip
            pk += 1

    def _event_rows(self) -> Iterator[tuple]:
        pk = self.first[CaseEvent]
        for place, (stage, _turn, _clock, client, created, _due, _province) in enumerate(self.plan):
            steps = [("case.opened", "", "", ""), ("case.moved", "submit", "draft", "provider_pre_audit")]
            if place % 7 == 0:
                steps.append(("case.moved", "return_for_changes", "provider_pre_audit", "draft"))
            for kind, move, source, target in steps[: 1 if stage == Stage.DRAFT else 3]:
                is_return = move == "return_for_changes"
                reasons = (
                    f'[{{"code": "{RETURNED[place % len(RETURNED)]}", "requirements": []}}]'
                    if is_return
                    else "[]"
                )
                yield (
                    pk, self._reference("E", pk), self.first[Case] + place,
                    self.first[Client] + client, kind, move, source, target, "task", "client", "", reasons,
                    '{"round": 2}' if is_return else "{}", created, created,
                )  # fmt: skip
                pk += 1

    def _stay_rows(self) -> Iterator[tuple]:
        """Stays of the time that reports look at; they hang on no event, so that those of real ones stay apart."""
        pk = self.first[Stay]
        for place, (stage, _turn, _clock, client, created, _due, _province) in enumerate(self.plan):
            if stage in ENDED or created < self.now - REPORTED:
                continue
            entered = created
            for number, (stop, ahead) in enumerate(pairwise(ROAD)):
                days = NEEDED[number] * (place % 5 + 3) // 5
                left = entered + timedelta(days=days)
                if stop == stage or left > self.now:
                    break
                yield (
                    pk, self.first[Case] + place, self.first[Client] + client, stop.value, ahead.value, "", entered,
                    left, days, False, -2 * pk, -2 * pk - 1,
                )  # fmt: skip
                entered = left
                pk += 1
