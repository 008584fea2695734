"""Walks every demo case from its first day to where it stands, through the same services as everybody."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from cases.deadlines import BEIJING, beijing_day
from cases.models import Case, CaseEvent, Requirement
from cases.models.requirement import FACE
from cases.services import arranging, changing, phones, progress
from cases.services.moves import move_case
from cases.services.opening import open_case
from cases.workflow import BEFORE_LICENCE, Stage
from clients import sight
from clients.models import Agency, AuditEvent, Client, Membership, User
from clients.queries import forget_agency
from clients.sealing import keyed_hash
from documents import services
from documents.demo import people, pictures
from documents.inspection import Inspection, inspect
from documents.models import Document, Reading, Upload
from documents.services import checking
from trade.printed import PRINTED
from trade.reasons import REASONS

HANDFUL = 4
ROAD = ["draft", "pre_audit", "photo", "miit", "licensed", "psb", "commercial"]
SHARE = {"pre_audit": 0.35, "photo": 0.45, "miit": 0.5, "licensed": 0.6, "psb": 0.75, "commercial": 0.9}


class Building:
    """One run, in one folder for the drawn papers; each kind is judged by the real inspection once."""

    def __init__(
        self, folder: Path, cases: Sequence[people.Story] = (), password: str = people.PASSWORD
    ) -> None:
        self.folder, self.now = folder, timezone.now()
        self.stories, self.password = cases or people.CASES, password
        self.dice = random.Random(26)  # noqa: S311 (a story, not a secret)
        self.judged: dict[str, tuple[Inspection, Path]] = {}
        self.staff: dict[str, User] = {}
        self.contacts: dict[str, User] = {}
        self.clients: dict[str, Client] = {}

    def run(self) -> int:
        """Everything, or nothing: a half-built demo is rolled back with its rows; objects it wrote stay unseen."""
        with sight.every_client():
            self._people()
            # The oldest first: what is issued moves the drafts of its own time.
            for place, story in sorted(enumerate(self.stories), key=lambda one: -one[1][3]):
                self._case(place, *story)
            self._read_a_handful()
            # What is past was told at its time; only what happens from now on is mailed.
            CaseEvent.objects.filter(relayed_at__isnull=True).update(relayed_at=self.now)
            AuditEvent.objects.filter(relayed_at__isnull=True).update(relayed_at=self.now)
            return len(self.stories)

    # ── People ──

    def _people(self) -> None:
        Agency.objects.filter(pk=1).update(**people.AGENCY)
        forget_agency()
        for email, name, name_zh, role in people.STAFF:
            user = self._person(email, name, name_zh, "en")
            Membership.objects.get_or_create(user=user, client=None, ended_at=None, defaults={"role": role})
            self.staff[role] = user
        for key, name, name_zh, email, contact, language in people.CLIENTS:
            client, _made = Client.objects.get_or_create(name=name, defaults={"name_zh": name_zh})
            user = self._person(email, contact, "", language)
            Membership.objects.get_or_create(
                user=user, client=client, ended_at=None, defaults={"role": "contact"}
            )
            self.clients[key], self.contacts[key] = client, user
            services.give_consent(client, by=user)

    def _person(self, email: str, name: str, name_zh: str, language: str) -> User:
        user = User.objects.filter(email=email).first()
        if user is None:
            known = email.partition("@")[0] in ("manager", "staff", "admin", "client")
            password = self.password if known else None
            user = User.objects.create_user(email, password, name=name, name_zh=name_zh, language=language)
        EmailAddress.objects.get_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
        return user

    def _read_a_handful(self) -> None:
        """The worker reads the papers that are judged first; all of them would cost a start its pace."""
        first = Document.objects.to_review().filter(requirement__kind__in=PRINTED)  # type: ignore[attr-defined]
        kept = list(first.values_list("token", flat=True)[:HANDFUL])
        Reading.objects.exclude(token__in=kept).delete()

    # ── One case ──

    def _case(self, place: int, client: str, domain: str, stand: str, days: int, has_revenue: bool) -> None:
        first_day = (self.now - timedelta(days=days)).astimezone(BEIJING)
        begun = first_day.replace(hour=9, minute=self.dice.randrange(60))
        staff = self.staff["manager"] if place % 3 else self.staff["specialist"]
        given = people.facts(client, place, domain, has_revenue=has_revenue)
        if stand == "draft_new":
            given = {name: given[name] for name in ("provider", "province", "domain", "subject")}
        case = open_case(self.clients[client], by=staff, given=given, now=begun)
        if stand != "draft_new":
            _Walk(self, case, begun, days, staff, self.contacts[client], place).go(stand)

    # ── One paper ──

    def send_paper(self, paper: Requirement, *, by: User, at: datetime) -> Document:
        """One real file behind one paper, checked as every file is."""
        found, source, name, kind = self._specimen(paper.kind)
        upload, _form = services.start_upload(
            paper, by=by, filename=name, size=found.size, content_type=kind, now=at
        )
        document = services.finish_upload(Upload.objects.get(pk=upload.pk), by=by, now=at)
        claimed = checking._claim(document.pk, at)
        assert claimed is not None
        content_hash = keyed_hash(found.sha256, kind=f"paper:{claimed.client.reference}")
        checking._take(claimed, found, checking._keep(claimed, found, source), content_hash, now=at)
        return Document.objects.get(pk=document.pk)

    def _specimen(self, kind: str) -> tuple[Inspection, Path, str, str]:
        draw, name, content_type = pictures.PAPERS.get(kind, pictures.OTHERWISE)
        if name not in self.judged:
            source = self.folder / name
            source.write_bytes(draw())
            out = self.folder / f"{name}.out"
            self.judged[name] = inspect(source, out, declared_type=content_type), source
        found, source = self.judged[name]
        return found, source, name, content_type


class _Walk:
    """A case on its way; `self.at` goes forward from its first day."""

    def __init__(
        self, house: Building, case: Case, begun: datetime, days: int, staff: User, contact: User, place: int
    ) -> None:
        self.house, self.case, self.begun, self.days = house, case, begun, days
        self.staff, self.contact, self.place = staff, contact, place

    def moment(self, share: float) -> datetime:
        """So much of the way from its first day to today, at an hour when people work in Beijing."""
        plain = (self.begun + timedelta(days=self.days) * share).astimezone(BEIJING)
        midnight = plain.replace(hour=0, minute=0, second=0, microsecond=0)
        at_work = midnight + timedelta(hours=9) + (plain - midnight) * 9 / 24
        return min(at_work, self.house.now)

    def move(self, move: str, share: float, **given: Any) -> None:
        self.case = move_case(self.case, move, by=self.staff, now=self.moment(share), **given)

    def go(self, stand: str) -> None:
        papers = [paper for paper in self.case.requirements.all() if paper.kind != FACE]
        if stand in ("draft_sent", "draft_redo"):
            self._unfinished(papers, is_returned=stand == "draft_redo")
            return
        for number, paper in enumerate(papers):
            at = self.moment(0.05 + 0.03 * number)
            document = self.house.send_paper(paper, by=self.contact, at=at)
            services.open_document(document, by=self.staff, now=at + timedelta(hours=1))
            services.accept_document(document, by=self.staff, now=at + timedelta(hours=1))
        self._verify()
        if stand == "draft_ready":
            return
        self._along(stand)
        if self.case.stage in BEFORE_LICENCE and self.place % 5 == 2:
            # A day that the client was promised: some will keep it, some will not.
            on = beijing_day(self.house.now) + timedelta(days=70 if self.place % 2 else 8)
            changing.change_facts(self.case, {"promised_on": on}, by=self.staff, now=self.house.now)
        if self.case.stage in (Stage.PSB_FILED, Stage.COMMERCIAL_LICENSED):
            self._grow_old()

    def _grow_old(self) -> None:
        """Of what a finished filing stands on something runs out soon, or has."""
        today = beijing_day(self.house.now)
        ends: list[tuple[str, str, int]] = [
            ("domain", "expires_on", 25),
            ("head", "id_valid_until", 60),
            ("subject", "licence_valid_until", -4),
        ]
        thing, name, days = ends[self.place % len(ends)]
        given = {thing: {name: today + timedelta(days=days)}}
        changing.change_facts(self.case, given, by=self.staff, now=self.house.now)

    def _unfinished(self, papers: list[Requirement], *, is_returned: bool) -> None:
        for number, paper in enumerate(papers[:-1]):
            at = self.moment(0.2 + 0.1 * number)
            document = self.house.send_paper(paper, by=self.contact, at=at)
            if number == 0:
                services.accept_document(document, by=self.staff, now=at + timedelta(hours=2))
            elif number == 1 and is_returned:
                is_id = REASONS["id_unclear"].may_open(paper.kind)
                reasons = [{"code": "id_unclear" if is_id else "form_signature"}]
                services.return_document(
                    document, by=self.staff, reasons=reasons, note="The top right corner is covered.", now=at
                )

    def _verify(self) -> None:
        at = self.moment(0.3)
        asked = phones.ask_code(self.case, "head", by=self.contact, now=at)
        minted = phones.mint_code(asked.pk, now=at)
        assert minted is not None
        phones.confirm_code(self.case, "head", minted[1], by=self.contact, now=at + timedelta(minutes=2))

    def _along(self, stand: str) -> None:
        goal = stand.partition("_")[0]
        late = stand.endswith("_late")
        self.move("submit", 0.35 if late or goal not in ("pre",) else 1 - 0.7 / self.days)
        if goal == "pre":
            return
        if goal == "withdrawn":
            self.move("withdraw", 0.6, note="The client opens a shop on a platform instead.")
            return
        if goal == "held":
            until = beijing_day(self.house.now + timedelta(days=12)).isoformat()
            self.move("hold", 0.7, data={"until": until}, note="The legal representative changes.")
            return
        if self.place % 7 == 3:  # some go round twice
            self.move(
                "return_for_changes", 0.38, reasons=[{"code": "contact_address", "note": "No house number."}]
            )
            self.move("submit", 0.42)
        self.move("pass_pre_audit", 0.45 if late or goal != "photo" else 1 - 1 / self.days)
        if goal == "photo":
            self._arrange(late=late)
            return
        done = self.moment(0.5)
        share = 1 - 0.27 / self.days if stand == "miit_sms" else 0.5
        self.move("finish_photo", share, data={"photo_way": "app", "done_on": beijing_day(done).isoformat()})
        if stand == "miit_sms":
            return
        progress.enter_sms_codes(self.case, by=self.contact, now=self.moment(0.5) + timedelta(hours=5))
        if goal == "miit":
            return
        self._after_the_licence(goal, stand)

    def _arrange(self, *, late: bool) -> None:
        """Half of the face checks wait for the provider's cloth, half for the app."""
        now = self.moment(0.5 if late else 1 - 0.5 / self.days)
        if self.place % 2:
            link = f"https://face.provider.example/check?task={self.place:04d}"
            arranging.give_link(self.case, link, by=self.staff, now=now)
            return
        for step in ("ordered", "sent"):
            parcel = {"carrier": "SF", "tracking_number": f"SF{self.place:010d}"} if step == "sent" else {}
            arranging.record_curtain(self.case, step, on=beijing_day(now), by=self.staff, now=now, **parcel)

    def _after_the_licence(self, goal: str, stand: str) -> None:
        icp, psb, division = people.CHARACTERS[self.case.province]
        number = f"{icp}ICP备2026{self.place + 1:06d}号-1"
        self._record("grant_licence", 0.6, icp_number=number, licensed_on=None)
        if goal == "licensed":
            return
        share = 0.65
        progress.hand_in_psb(
            self.case, by=self.contact, on=beijing_day(self.moment(share)), now=self.moment(share)
        )
        if stand == "psb_wait":
            return
        self._record(
            "file_psb", 0.72, psb_number=f"{psb}公网安备{division}0000029{self.place:05d}号", filed_on=None
        )
        if self.place % 2:
            progress.show_footer(self.case, by=self.staff, now=self.moment(0.78))
        if goal == "cancelled":
            self.move("cancel", 0.9, note="The company was wound up.")
            return
        if goal != "commercial":
            return
        on = beijing_day(self.moment(0.8))
        progress.hand_in_application(self.case, by=self.contact, on=on, now=self.moment(0.8))
        if stand == "commercial":
            self._record(
                "grant_commercial_licence",
                0.95,
                licence_number=f"{icp}B2-2026{self.place:04d}",
                granted_on=None,
            )

    def _record(self, move: str, share: float, **data: Any) -> None:
        """A result and its date: whatever was left empty is the day of the move."""
        day = beijing_day(self.moment(share)).isoformat()
        self.move(move, share, data={name: value or day for name, value in data.items()})


def build() -> int:
    """Build the demo; answers how many cases it has."""
    with tempfile.TemporaryDirectory(prefix="icp-demo-") as folder:
        return Building(Path(folder)).run()
