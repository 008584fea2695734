"""Chat rooms and WeChat: who chose them, what is said there, and what each answer means."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from cases.models import Case
from cases.services import progress
from cases.services.moves import move_case
from cases.services.opening import open_case
from clients import sight
from clients.models import AuditEvent, Membership, User
from notifications import services
from notifications.channels import ChannelError, calling, chat, wechat
from notifications.models import Robot
from tests.notifications.cast import make_ready, rows, told
from tests.notifications.suppliers import SILENT, Robots, WeChat, closed_port, up
from tests.notifications.test_suppliers import named
from trade.reminders import next_open

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
TOKENS = Robots.TOKENS
OPENID = WeChat.followers[0]


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(calling, "CONNECT", 0.3)
    monkeypatch.setattr(calling, "READ", 0.4)


@pytest.fixture
def rooms(monkeypatch):
    """All three rooms on this machine; nothing else of the plugins is touched."""
    cache.clear()
    with up(Robots()) as server:
        for kind, way in chat.KINDS.items():
            address = way.plugin.notify_url.replace(f"https://{way.host}", f"http://127.0.0.1:{server.port}")
            assert str(server.port) in address, kind  # the host is the one that is written down
            monkeypatch.setattr(way.plugin, "notify_url", address)
        yield server


def speak(kind: str, robot: str = "B-1", token: str = "") -> None:
    secret = Robots.SECRET if kind == "dingtalk" else ""
    chat.send(kind=kind, token=token or TOKENS[kind], secret=secret, text="Hello", robot=robot)


def refused(kind: str, **given) -> tuple[str, dict]:
    with pytest.raises(ChannelError) as caught:
        speak(kind, **given)
    return named(caught.value)


def test_each_answer_of_a_room_is_known_for_what_it_means_though_most_come_as_200(rooms, caplog):
    busy, robot = ("chat_busy", {"wait": MINUTE}), ("chat_robot", {"permanent": True})
    table = {
        "dingtalk": [
            ({"errcode": 130101, "errmsg": "send too fast"}, ("chat_busy", {"wait": 10 * MINUTE})),
            ({"errcode": 310000, "errmsg": "keywords not in content"}, robot),
            ({"errcode": 400013, "errmsg": "group disbanded"}, robot),
            ({"errcode": 99999, "errmsg": "d0dingtalk"}, ("chat_refused", {})),
        ],
        "wecom": [
            ({"errcode": 45009, "errmsg": "api freq out of limit"}, busy),
            ({"errcode": 93000, "errmsg": "invalid webhook url"}, robot),
        ],
        "feishu": [
            ({"code": 11232, "msg": "frequency limited"}, busy),
            ({"code": 19024, "msg": "Key Words Not Found"}, robot),
        ],
    }
    for kind, answers in table.items():
        speak(kind)  # as each of them wants it: address, signature, shape
        for answer, meant in answers:
            rooms.says = [(200, answer)]
            assert refused(kind) == meant, (kind, answer)
        assert refused(kind, token="somebodyelses") == robot
        for answer, meant in (
            ((429, b""), busy),
            ((500, b"oops"), ("chat_unreachable", {"down": True})),
            ((302, b"", {"Location": f"http://127.0.0.1:{rooms.port}/elsewhere"}), ("chat_refused", {})),
            ((200, b"<html>"), ("chat_unclear", {"unknown": True})),
            (SILENT, ("chat_silent", {"unknown": True, "down": True})),
        ):
            rooms.says = [answer]
            assert refused(kind, robot=f"B-{kind}") == meant, (kind, answer)
    assert "/elsewhere" not in {one.path for one in rooms.asked}
    assert not any(token in caplog.text for token in TOKENS.values())


def test_a_room_gets_twenty_a_minute_and_the_rest_waits_here(rooms):
    for _ in range(chat.A_MINUTE):
        speak("wecom", robot="B-9")
    reason, more = refused("wecom", robot="B-9")

    assert reason == "chat_busy"
    assert timedelta() < more["wait"] <= timedelta(seconds=61)
    assert len(rooms.asked) == chat.A_MINUTE
    rooms.asked.clear()
    speak("wecom", robot="B-8")  # each room has its own pace


def test_only_a_robots_own_address_gives_a_token(rooms):
    good = {
        "dingtalk": f"https://oapi.dingtalk.com/robot/send?access_token={'d' * 64}",
        "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4",
        "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/f0-feishu-hook",
    }
    assert [chat.token_in(kind, typed) for kind, typed in good.items()] == [
        "d" * 64,
        "693a91f6-7xxx-4bc4",
        "f0-feishu-hook",
    ]
    for typed in (
        "json://127.0.0.1/",
        "file:///etc/passwd",
        "http://oapi.dingtalk.com/robot/send?access_token=dddddddddd",
        "https://oapi.dingtalk.com@127.0.0.1/robot/send?access_token=dddddddddd",
        "https://oapi.dingtalk.com:8443/robot/send?access_token=dddddddddd",
        "https://127.0.0.1/robot/send?access_token=dddddddddd",
        "dddddddddd/../../x",
        "dddddddd{self.asset}",
        "d0d0d0d0&x=1",
        "https://[",
        good["wecom"],
    ):
        assert chat.token_in("dingtalk", typed) == "", typed
        assert refused("dingtalk", token=typed) == ("chat_robot", {"permanent": True})
    assert not rooms.asked


# ── WeChat ──


@pytest.fixture
def account(settings, monkeypatch):
    """The agency's service account."""
    cache.clear()
    settings.WECHAT_APP_ID, settings.WECHAT_APP_SECRET, settings.WECHAT_TEMPLATE = "wx1", "secret", "tpl"
    with up(WeChat()) as server:
        monkeypatch.setattr(wechat, "BASE", f"http://127.0.0.1:{server.port}")
        yield server


def test_each_answer_of_wechat_is_known_for_what_it_means(account, monkeypatch):
    def write(to: str = OPENID) -> None:
        wechat.send(to=to, reference="C-1", duty="x" * 40, link="https://p.example/", message_id="N-1")

    write()
    write()
    assert [one.path for one in account.asked].count("/cgi-bin/stable_token") == 1  # shared, until its end
    assert b"T1" not in b"".join(cache._cache.get_client().mget(cache._cache.get_client().keys("*")))
    sent = account.asked[-1].json
    assert sent["data"] == {"character_string1": {"value": "C-1"}, "thing2": {"value": "x" * 19 + "…"}}

    account.token = "T2"  # replaced behind our back: one fresh token, one more try
    account.asked.clear()
    write()
    assert [one.path.rpartition("/")[2] for one in account.asked] == ["send", "stable_token", "send"]
    assert account.asked[1].json["force_refresh"] is True

    def says(code: int) -> tuple:
        return 200, {"errcode": code, "errmsg": f"for {OPENID}"}

    table = [
        ([says(42001), says(40001), says(40001)], ("wechat_refused", {})),  # no token to be had
        ([says(43101)], ("wechat_not_following", {"permanent": True})),
        ([says(45009)], ("wechat_busy", {"wait": timedelta(hours=1)})),
        ([says(45011)], ("wechat_busy", {"wait": MINUTE})),
        ([says(40037)], ("wechat_account", {"down": True})),
        ([says(12345)], ("wechat_refused", {})),
        ([(200, b"<html>")], ("wechat_unclear", {"unknown": True})),
        ([(502, b"")], ("wechat_unreachable", {"down": True})),
        ([SILENT], ("wechat_silent", {"unknown": True, "down": True})),
    ]
    table[0] = (table[0][0], ("wechat_account", {"down": True}))
    for answers, meant in table:
        account.says = list(answers)
        with pytest.raises(ChannelError) as caught:
            write()
        assert named(caught.value) == meant, answers
        account.says = []
    with pytest.raises(ChannelError, match="wechat_not_following"):
        write(to="oSomebodyElse000000000000001")
    monkeypatch.setattr(wechat, "BASE", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(ChannelError, match="wechat_unreachable"):
        write()


# ── What people chose ──


@pytest.fixture
def robot(root, rooms) -> Robot:
    with sight.every_client():
        return services.add_robot(
            kind="wecom", name="Filing desk", language="en", token=TOKENS["wecom"], by=root
        )


def choose(person: User, **ways) -> None:
    with sight.every_client():
        User.objects.filter(pk=person.pk).update(**ways)


def test_people_hear_by_the_ways_they_chose_and_a_room_once_without_names(
    robot, rooms, account, case, mei, wen, ada
):
    choose(mei, wants_chat=True)
    choose(wen, wants_chat=True)
    choose(ada, wants_wechat=True, wechat_id=OPENID)
    with sight.every_client():
        case = make_ready(case, mei)
        case = move_case(case, "submit", by=wen)  # a courtesy: one may do without the mail
        move_case(case, "pass_pre_audit", by=wen)
    services.relay_events()
    open_hour = next_open(timezone.now() + timedelta(days=30))
    services.sweep_deadlines(now=open_hour)
    services.deliver_due(now=open_hour)

    by_ada = {(row.kind, row.channel): row.state for row in rows(recipient=ada, case=case)}
    for kind in ("moved.submit", "moved.pass_pre_audit"):
        assert {channel for name, channel in by_ada if name == kind} == {"in_app", "mail", "wechat"}
    assert by_ada["nudge", "wechat"]  # reminders are written by the sweep, by a statement of its own
    sent = [one.json for one in account.asked if one.path.endswith("/send")]
    assert {one["data"]["character_string1"]["value"] for one in sent} == {case.reference}

    in_room = rows(channel="chat")
    assert in_room
    assert {(row.recipient_id, row.to, row.state) for row in in_room} == {(None, "Filing desk", "sent")}
    assert len({row.key.rpartition(":room")[0] for row in in_room}) == len(in_room)
    said = [one.json["text"]["content"] for one in rooms.asked]
    assert all(case.reference in text for text in said)
    for hidden in (case.domain_name, "Ada", "Mei", "Wen", "138", case.client.name):
        assert hidden not in "".join(said), hidden


def test_what_somebody_does_not_want_is_not_planned_and_what_is_essential_always_goes_by_mail(
    account, case, mei, ada
):
    choose(ada, wants_reminders=False, wants_wechat=True, wechat_id=OPENID)
    with sight.every_client():
        case = move_case(make_ready(case, mei), "submit", by=mei)
        progress.write_note(case, "Please call me.", by=mei, audience="client")
    services.relay_events()

    theirs = {(row.kind, row.channel): (row.state, row.reason) for row in rows(recipient=ada)}
    assert theirs["moved.submit", "mail"] == ("suppressed", "switched_off")
    assert theirs["moved.submit", "wechat"] == ("planned", "")
    assert theirs["note.to_client", "mail"] == ("planned", "")


def test_the_right_to_see_is_asked_again_and_who_does_not_follow_is_asked_no_more(
    robot, rooms, account, case, mei, ada
):
    choose(mei, wants_chat=True)
    choose(ada, wants_wechat=True, wechat_id="oSomebodyElse000000000000001")
    with sight.every_client():
        case.refresh_from_db()
        progress.write_note(case, "One.", by=mei, audience="client")
    told()
    (row,) = rows(channel="wechat")
    assert (row.state, row.reason) == ("failed", "wechat_not_following")
    with sight.every_client():
        assert User.objects.get(pk=ada.pk).wants_wechat is False

        now = timezone.now()
        occasion = services.Occasion("test:1", "test", None, case.client_id, case.pk)
        mei = User.objects.get(pk=mei.pk)
        telling = services.planning.Telling(mei, "clock", ("in_app", "mail"), {"clock": "photo", "share": 80})
        services.plan(occasion, [telling], now=now)
        Membership.objects.filter(user=mei).update(ended_at=now)
    asked = len(rooms.asked)
    services.deliver_due(now=next_open(now + timedelta(days=14)))
    (row,) = rows(channel="chat")
    assert (row.state, row.reason) == ("suppressed", "left")
    assert len(rooms.asked) == asked


def test_reminders_together_are_one_message_by_wechat_and_what_was_done_meanwhile_is_in_none(
    account, case, ada
):
    choose(ada, wants_wechat=True, wechat_id=OPENID)
    began = timezone.now()
    with sight.every_client():
        cases = [
            open_case(case.client, by=None, given={"domain": {"name": f"n{n}.example"}}) for n in range(3)
        ]
        ours = Case.objects.filter(pk__in=[one.pk for one in cases])
        ours.update(waiting_on="client", waiting_since=began, nudge_at=began, nudges=0)
        Case.objects.exclude(pk__in=[one.pk for one in cases]).update(nudge_at=None)
    told()
    before = len(account.asked)
    monday = next_open(began + timedelta(days=30))
    services.sweep_deadlines(now=monday)
    with sight.every_client():
        Case.objects.filter(pk=cases[1].pk).update(waiting_on="agency")
    services.deliver_due(now=monday)

    (said,) = [one.json for one in account.asked[before:] if one.path.endswith("/send")]
    first, duty = (one["value"] for one in said["data"].values())
    assert (first, duty) == (f"{cases[0].reference} +1", "2 reminders")
    assert "example" not in str(said["data"])
    reminded = {row.case_id: row.state for row in rows(kind="nudge", channel="wechat", recipient=ada)}
    assert [reminded[one.pk] for one in cases] == ["sent", "suppressed", "sent"]


# ── Settings ──


def test_an_administrator_adds_tries_and_takes_away_a_robot_whose_token_nobody_reads(
    as_page, root, mei, rooms
):
    address = f"https://oapi.dingtalk.com/robot/send?access_token={'a' * 60}9876"
    given = {"kind": "dingtalk", "name": "Filing desk", "language": "en", "token": address, "secret": ""}
    manager, client = as_page(mei), as_page(root)
    assert manager.get("/settings/channels/").status_code == 404
    assert manager.post("/settings/channels/", given).status_code == 404

    answer = client.post("/settings/channels/", given | {"token": "json://127.0.0.1/", "secret": "nonsense"})
    assert answer.status_code == 422
    assert "Copy it from the robot again" in answer.content.decode()
    assert 'value="Filing desk"' in answer.content.decode()
    assert client.post("/settings/channels/", given).status_code == 302
    page = client.get("/settings/channels/").content.decode()
    assert "****9876" in page
    assert "a" * 20 not in page
    with sight.every_client():
        robot = Robot.objects.get()
        kept = str(AuditEvent.objects.filter(kind="robot.added").values()) + str(Robot.objects.values())
    assert "a" * 20 not in kept

    client.post(f"/settings/channels/{robot.reference}/tests/")
    services.deliver_due()
    assert "does not know this robot" in client.get("/settings/channels/").content.decode()
    assert manager.post(f"/settings/channels/{robot.reference}/ending/").status_code == 404
    client.post(f"/settings/channels/{robot.reference}/ending/")
    assert client.post(f"/settings/channels/{robot.reference}/tests/").status_code == 404


def test_a_person_is_offered_the_ways_that_are_there(as_page, settings, robot, lim, ada):
    def fields(client) -> set[str]:
        page = client.get("/me/ways/").content.decode()
        return {name for name in ("wants_reminders", "wants_chat", "wechat_id") if f'name="{name}"' in page}

    client = as_page(ada)
    assert fields(client) == {"wants_reminders"}  # the room is the agency's
    settings.WECHAT_APP_ID = "wx1"
    assert fields(client) == {"wants_reminders", "wechat_id"}
    answer = client.post("/me/ways/", {"language": "en", "wants_wechat": "on", "wechat_id": ""})
    assert answer.status_code == 422
    answer = client.post("/me/ways/", {"language": "zh-hans", "wants_wechat": "on", "wechat_id": OPENID})
    assert answer.status_code == 302
    client = as_page(lim)
    assert fields(client) == {"wants_reminders", "wants_chat", "wechat_id"}
    client.post("/me/ways/", {"language": "en", "wants_chat": "on", "wechat_id": ""})

    with sight.every_client():
        one, other = User.objects.get(pk=ada.pk), User.objects.get(pk=lim.pk)
    assert (one.wants_wechat, one.wechat_id, one.wants_reminders, one.language) == (
        *(True, OPENID, False),
        "zh-hans",
    )
    assert (other.wants_chat, other.wants_wechat) == (True, False)


def test_whoever_sees_but_some_clients_reads_no_token(robot, lim):
    with sight.some_clients([1], user_id=lim.pk), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM notifications_robot WHERE ended_at IS NULL")
        assert cursor.fetchall() == [(robot.pk,)]
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute("SELECT token_box FROM notifications_robot")
