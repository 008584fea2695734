"""The agency's old spreadsheet: judged row by row, brought in through the services, and taken back untouched."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from cases.incoming import day, match, read
from cases.models import Audience, Case, CaseEvent, Deadline, Incoming, IncomingRow, Phase, Stay
from cases.services import bringing, history, learning
from cases.services import incoming as coming
from cases.services.moves import move_case
from cases.workflow import MoveRefused
from clients import sight
from clients.models import Client, Invitation, Membership, User
from clients.services.invitations import renew_invitation
from notifications.models import Notification
from notifications.services import relay_events
from tests.pages.desk.cast import opened

pytestmark = pytest.mark.django_db
HEADINGS = ["客户名称", "域名", "备案状态", "ICP备案号", "审核通过时间", "公安备案号", "公安备案日期"]
HEADINGS += ["省份", "接入商", "项目经理", "联系人", "邮箱", "备注"]
NUMBER, PSB = "沪ICP备2026000{n:03d}号-1", "沪公网安备31010102000{n:03d}号"


def a_row(n: int, client: str = "", **more: str) -> list[str]:
    """A draft of Shanghai with a contact; `more` by heading."""
    told = {
        "客户名称": client or f"Client {n}",
        "域名": f"www.site{n}.cn",
        "省份": "上海市",
        "接入商": "阿里云",
        "联系人": f"Person {n}",
        "邮箱": f"p{n}@site{n}.cn",
    } | more
    return [told.get(heading, "") for heading in HEADINGS]


def licensed(n: int, client: str = "", **more: str) -> list[str]:
    return a_row(n, client, **{"ICP备案号": NUMBER.format(n=n), "审核通过时间": "2026年3月1日"} | more)


def judged(rows: list[list[str]], by: User) -> Incoming:
    with sight.every_client():
        incoming = Incoming.objects.create(by=by, key="k", phase=Phase.READING)
        coming.keep_rows(incoming, list(enumerate([HEADINGS, *rows], start=1)))
    coming.go_on(incoming.pk)
    return fresh(incoming)


def fresh(incoming: Incoming) -> Incoming:
    with sight.every_client():
        return Incoming.objects.get(pk=incoming.pk)


def brought_in(rows: list[list[str]], by: User, *, invites: bool = False) -> Incoming:
    incoming = judged(rows, by)
    with sight.every_client():
        coming.confirm(incoming, invites=invites, by=by)
    coming.go_on(incoming.pk)
    return fresh(incoming)


def taken_back(incoming: Incoming, by: User) -> dict[str, int]:
    with sight.every_client():
        coming.take_back(incoming, by=by)
    coming.go_on(incoming.pk)
    return counts(incoming)


def counts(incoming: Incoming) -> dict[str, int]:
    with sight.every_client():
        return {name: n for name, n in coming.counts_of(incoming).items() if n and name != "all"}


def told(incoming: Incoming) -> dict[int, tuple[str, str]]:
    """By number of the row: the verdict, and everything that is said."""
    with sight.every_client():
        rows = IncomingRow.objects.filter(incoming=incoming)
        return {
            one.number: (one.verdict, " ".join([one.said, *(said for _place, said in one.wrong)]).strip())
            for one in rows
        }


def dirty_rows(how_many: int, formula: str) -> tuple[list[list[str]], dict[str, int]]:
    """Bad numbers, rows that stand twice, formulas, days in five shapes; and what should become of them."""
    dice = random.Random(7)
    shapes = ("2026-03-01", "2026/3/1", "1.3.2026", "2026年3月1日", "46082")
    spoiled = {
        "number": (3, "123"),
        "formula": (3, formula),
        "day": (4, "3/4/2026"),
        "domain": (1, "nowhere"),
    }
    rows: list[list[str]] = []
    good: list[list[str]] = []
    expected = {"new": 0, "known": 0, "wrong": 0}
    for n in range(how_many):
        kind = dice.choices(("good", "twice", *spoiled), (2, 6, 3, 2, 2, 2))[0]
        number = f"沪ICP备2026{n:06d}号-1"
        row = licensed(1, f"Client {n // 4}", 域名=f"s{n}.cn", ICP备案号=number, 审核通过时间=shapes[n % 5])
        verdict = "new"
        if kind == "twice" and good:
            row, verdict = good[0], "known"
        elif kind in spoiled:
            place, cell = spoiled[kind]
            row[place], verdict = cell, "wrong"
        else:
            good.append(row)
        rows.append(row)
        expected[verdict] += 1
    return rows, expected


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_headings_and_cells_are_known_in_both_languages():
    found = match(["Due", "Client", "主办单位名称", "网址", "ICP No.", "Status", "到期", "客户"])
    assert found == ["", "client", "", "domain", "icp_number", "stage", "", ""]

    eighth = (
        "2026-12-08",
        "2026/12/8",
        "8.12.2026",
        "2026年12月8日",
        "46364",
        "20261208",
        "8 Dec 2026",
        "Dec 8, 2026",
    )
    for shape in eighth:
        assert day(shape) == date(2026, 12, 8), shape
    assert day("13/12/2026") == date(2026, 12, 13)
    unsure = {"3/4/2026": "Day or month first", "31.2.2026": "no such day", "soon": "year-month-day"}
    for shape, said in unsure.items():
        with pytest.raises(ValueError, match=said):
            day(shape)

    row = read(
        {"client": "Harbour Ltd 港湾有限公司", "domain": "http://港湾.cn/", "provider": "Alibaba Cloud · SH"}
    )
    assert (row.client, row.client_zh, row.domain) == ("Harbour Ltd", "港湾有限公司", "xn--j6wog.cn")
    assert (row.provider, row.province, row.stage, row.wrong) == ("aliyun", "SH", "draft", [])
    stages = {"草稿，第 2 轮": "draft", "Draft, round 2": "draft", "Pre-audit": "provider_pre_audit"}
    for said, stage in (stages | {"管局审核": "miit_review"}).items():
        assert read({"client": "A", "domain": "a.cn", "stage": said}).stage == stage, said


# ── Judging ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_row_is_told_what_will_become_of_it_and_nothing_is_written(agency, mei, wen, harbour, lotus):
    opened(harbour, mei, domain="harbour.cn")
    opened(lotus, mei, domain="lotus.cn")
    with sight.every_client():
        before = (Case.objects.count(), Client.objects.count(), CaseEvent.objects.count())
    rows = [
        licensed(1),  # 2
        a_row(2, "Harbour Ltd"),  # 3: a known client's new case
        a_row(3, "港湾有限公司", 域名="harbour.cn"),  # 4: known
        a_row(4, "Harbour Ltd", 域名="lotus.cn"),  # 5: another client's
        licensed(1),  # 6: twice
        a_row(1, "Somebody else"),  # 7: twice, for another
        licensed(5, ICP备案号="京ICP备2026000005号-1"),  # 8
        licensed(6, ICP备案号="abc"),  # 9
        licensed(7, 审核通过时间=""),  # 10
        a_row(8, 备案状态="管局审核", 项目经理="Wen"),  # 11
        a_row(
            9, 备案状态="whatever", 接入商="nobody", 省份="Mars", 项目经理="Nobody", 邮箱="no address"
        ),  # 12
        a_row(10, 邮箱=wen.email),  # 13
        a_row(11, 域名="\ue000"),  # 14: a formula
        a_row(12, 域名=""),  # 15
        licensed(13, 备案状态="草稿"),  # 16
        licensed(14, 审核通过时间="2099-01-01"),  # 17
    ]

    incoming = judged(rows, mei)

    expected = {
        2: ("new", ""),
        3: ("new", ""),
        4: ("known", "has a case of this domain"),
        5: ("wrong", "another client: Lotus Ltd"),
        6: ("known", "same domain as in row 2"),
        7: ("wrong", "Row 2 has this domain for another client"),
        8: ("wrong", "another province"),
        9: ("wrong", ""),
        10: ("wrong", "Write it, or another stage"),
        11: ("new", ""),
        12: ("wrong", "Choose one of these"),
        13: ("wrong", "somebody at the agency"),
        14: ("wrong", "This is a formula"),
        15: ("wrong", "This is needed."),
        16: ("wrong", "Which of the two is right?"),
        17: ("wrong", "has not come yet"),
    }
    found = told(incoming)
    for number, (verdict, said) in expected.items():
        assert found[number][0] == verdict and said in found[number][1], (number, found[number])
    with sight.every_client():
        assert len(IncomingRow.objects.get(number=12).wrong) == 5
        assert (Case.objects.count(), Client.objects.count(), CaseEvent.objects.count()) == before
    assert incoming.phase == Phase.JUDGED and counts(incoming)["clients"] == 2


# ── Bringing in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cases_come_in_where_they_stand_and_nobody_is_written_to(agency, mei, wen, harbour, ada):
    filed = {"公安备案号": PSB.format(n=3), "公安备案日期": "2024/5/6"}
    rows = [
        a_row(1, "Harbour Ltd", 备注="Old remark"),
        licensed(2, 项目经理="wen@willow.example", 审核通过时间=str(date.today() - timedelta(days=5))),
        licensed(3, "Client 2", 审核通过时间="2024-04-01", **filed),
        a_row(4, 备案状态="已注销"),
    ]

    incoming = brought_in(rows, mei)

    assert counts(incoming) == {"in": 4, "clients": 2}
    with sight.every_client():
        cases = {case.domain_name: case for case in Case.objects.all()}
        assert {name: case.stage for name, case in cases.items()} == {
            "site1.cn": "draft",
            "site2.cn": "licensed",
            "site3.cn": "psb_filed",
            "site4.cn": "cancelled",
        }
        two, three = cases["site2.cn"], cases["site3.cn"]
        assert (two.icp_number, two.province, two.provider) == (NUMBER.format(n=2), "SH", "aliyun")
        assert (two.account_manager, two.waiting_on, three.waiting_on) == (wen, "client", "nobody")
        assert three.client == two.client and cases["site1.cn"].client == harbour
        assert three.filed_on == date(2024, 5, 6)
        running = Deadline.objects.filter(state="running").values_list("case__domain_name", "kind")
        assert list(running) == [("site2.cn", "psb_filing")], "of the past nothing runs that nobody can keep"
        assert Deadline.objects.get(state="running").remind_at > timezone.now()
        kinds = CaseEvent.objects.exclude(kind="filing_kind.found").values_list("kind", "audience")
        assert sorted(kinds) == [("case.imported", "client")] * 4 + [("note.written", "internal")]
        assert sorted(Invitation.objects.values_list("email", "is_prepared")) == [
            ("p2@site2.cn", True), ("p3@site3.cn", True), ("p4@site4.cn", True)
        ]  # fmt: skip
        assert not User.objects.filter(email__endswith="site2.cn").exists()
        relay_events()
        assert not Notification.objects.exists()

        for _twice in range(2):
            coming.go_on(incoming.pk)
        assert Case.objects.count() == 4

        move_case(
            two, "file_psb", by=wen, data={"psb_number": PSB.format(n=2), "filed_on": str(date.today())}
        )
        learning.keep_stays()
        assert not Stay.objects.exists(), "nobody knows since when it stood there"

        renew_invitation(Invitation.objects.get(email="p2@site2.cn"), by=mei)
        relay_events()
        place = Membership.objects.get(user__email="p2@site2.cn")
        assert (place.client, place.role) == (two.client, "contact")
        assert Notification.objects.filter(kind="invitation.made", to="p2@site2.cn").count() == 1


def test_the_database_still_refuses_a_stage_that_no_move_leads_to(agency, mei, harbour):
    case = opened(harbour, mei)
    with sight.every_client():
        for stage in ("licensed", "miit_review", "cancelled"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("UPDATE cases_case SET stage = %s WHERE id = %s", [stage, case.pk])
        with pytest.raises(MoveRefused):  # nor is it a way around the moves of a case that began here
            bringing.bring_in(
                case, "licensed", {"icp_number": NUMBER.format(n=1), "licensed_on": "2026-01-01"}
            )


def test_a_worker_killed_in_the_middle_leaves_each_row_in_or_out_and_the_next_goes_on(
    agency, mei, monkeypatch
):
    incoming = judged([licensed(n, f"Client {n // 2}") for n in range(6)], mei)
    with sight.every_client():
        coming.confirm(incoming, invites=False, by=mei)
    door, calls = bringing.bring_in, []

    def dying(*args, **more):
        calls.append(1)
        case = door(*args, **more)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return case

    monkeypatch.setattr(bringing, "bring_in", dying)
    with pytest.raises(KeyboardInterrupt):
        coming.go_on(incoming.pk)
    with sight.every_client():
        assert (Case.objects.count(), Client.objects.count()) == (3, 2)
    assert counts(incoming) == {"new": 3, "in": 3, "clients": 2 + 1}

    coming.go_on(incoming.pk)
    assert counts(incoming)["in"] == 3, "somebody may be at it"
    coming.go_on(incoming.pk, now=timezone.now() + timedelta(minutes=6))

    assert counts(incoming) == {"in": 6, "clients": 3} and fresh(incoming).phase == Phase.IN
    with sight.every_client():
        assert (Case.objects.count(), Client.objects.count()) == (6, 3)


def test_a_row_is_judged_again_when_it_comes_in(agency, mei, harbour, monkeypatch):
    """H11: what was opened meanwhile stays; a poisonous row hurts itself only; who manages no more brings in none."""
    incoming = judged([a_row(1, "Harbour Ltd"), a_row(2), a_row(3)], mei)
    opened(harbour, mei, domain="site1.cn")
    with sight.every_client():
        coming.confirm(incoming, invites=False, by=mei)
    whole = coming.open_case
    monkeypatch.setattr(
        coming,
        "open_case",
        lambda client, **more: 1 / 0 if client.name == "Client 2" else whole(client, **more),
    )

    coming.go_on(incoming.pk)

    assert [verdict for verdict, _said in told(incoming).values()] == ["known", "wrong", "in"]
    again = judged([a_row(4)], mei)
    with sight.every_client():
        coming.confirm(again, invites=False, by=mei)
        Membership.objects.filter(user=mei).update(role="specialist")
    coming.go_on(again.pk)
    assert counts(again) == {"new": 1, "clients": 1} and fresh(again).problem == "not_yours"


# ── Taking back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_touched_goes_back_and_the_rest_says_why(agency, mei, wen, harbour, as_api):
    incoming = brought_in([a_row(1), licensed(2, "Client 1"), licensed(3), a_row(4, "Harbour Ltd")], mei)
    with sight.every_client():
        cases = {case.domain_name: case for case in Case.objects.all()}
        history.record(cases["site3.cn"], "note.written", by=wen, note="Called.", audience=Audience.INTERNAL)
        history.record(cases["site2.cn"], "site.amiss", by=None)  # the portal by itself is nobody
        events = CaseEvent.objects.count()

    found = taken_back(incoming, mei)

    assert found == {"back": 3, "kept": 1, "clients": 2}
    assert "Wen worked on it on" in next(
        said for verdict, said in told(incoming).values() if verdict == "kept"
    )
    with sight.every_client():
        assert [case.domain_name for case in Case.objects.all()] == ["site3.cn"]
        assert {client.name for client in Client.objects.all()} == {"Harbour Ltd", "Client 3"}
        assert dict(Case.everything.exclude(taken_back_at=None).values_list("domain_name", "stage")) == {
            "site1.cn": "withdrawn", "site2.cn": "cancelled", "site4.cn": "withdrawn"
        }  # fmt: skip
        assert CaseEvent.objects.count() == events + 3 and not Deadline.objects.filter(
            state="running", case__domain_name="site2.cn"
        )
        assert Invitation.objects.get(email="p1@site1.cn").revoked_at
        relay_events()
        assert not Notification.objects.filter(kind__startswith="moved").exists()
    assert [row["domain_name"] for row in as_api(mei).get("/cases").json()["items"]] == ["site3.cn"]
    assert as_api(mei).get(f"/cases/{cases['site1.cn'].reference}").status_code == 404

    assert counts(brought_in([a_row(1), licensed(2, "Client 1")], mei)) == {"in": 2, "clients": 1}, (
        "and comes anew"
    )
