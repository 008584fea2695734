"""Reminders: at the right step, once, by day; after a standstill one message and not nine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection

from cases.deadlines import BEIJING
from cases.models import Case, CaseEvent, Deadline
from cases.services import clocks, history, snoozing, waiting
from clients import sight
from clients.models import Cover, User
from notifications import recipients, services
from notifications.models import Notification
from notifications.services import reminding
from notifications.services.reminding import Due, People
from tests.notifications.cast import rows, to
from tests.notifications.servers import nobody, smtp
from trade.reminders import REMINDERS, next_open

pytestmark = pytest.mark.django_db


def at(day: int, hour: int = 12, minute: int = 0, month: int = 3) -> datetime:
    """2026 in Beijing; 2 March is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


def start(case: Case, kind: str, when: datetime) -> Deadline:
    with sight.every_client():
        return clocks.start(case, kind, at=when)


def day_of(when: datetime) -> str:
    return when.astimezone(BEIJING).strftime("%m-%d")


def sweep(when: datetime) -> None:
    services.sweep_deadlines(now=when)
    services.relay_events(now=when)
    services.deliver_due(now=when)


def wait_since(case: Case, when: datetime) -> None:
    """It has waited on the client since then."""
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(waiting_on="agency")
        waiting.refresh(Case.objects.with_facts().get(pk=case.pk), now=when)


@pytest.fixture
def quiet_case(case):
    """Without a nudge of its own, to look at clocks alone."""
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(nudge_at=None, nudges=9)
    return case


# ── Clocks of staff ──


def test_staff_hear_at_half_four_fifths_and_the_end(quiet_case, mei):
    clock = start(quiet_case, "miit_review", at(2))
    length = clock.due_at - clock.started_at
    for share in (0.4, 0.5, 0.6, 0.8, 0.9, 1.0, 1.1):
        sweep(clock.started_at + length * share + timedelta(seconds=1))

    assert [row.data["share"] for row in rows(kind="clock", channel="in_app")] == [50, 80, 100]
    assert {row.recipient_id for row in rows(kind="clock")} == {mei.pk}
    with sight.every_client():
        clock.refresh_from_db()
    assert (clock.reminded, clock.remind_at) == (3, None)


def test_what_was_answered_is_not_reminded_of(quiet_case, mei):
    clock = start(quiet_case, "miit_review", at(2))
    services.sweep_deadlines(now=clock.due_at)
    with sight.every_client():
        clocks.meet(quiet_case, ["miit_review"], at=clock.due_at)
    services.deliver_due(now=next_open(clock.due_at + timedelta(days=4)))

    assert not mail.outbox
    assert {row.state for row in rows(kind="clock", channel="mail")} == {"suppressed"}


def test_the_managers_hear_where_nobody_has_the_case(quiet_case, mei, root, wen):
    with sight.every_client():
        Case.objects.filter(pk=quiet_case.pk).update(account_manager=None)
    clock = start(quiet_case, "miit_review", at(2))
    sweep(clock.due_at)

    assert {row.recipient_id for row in rows(kind="clock")} == {mei.pk}


def test_a_clock_that_stands_still_reminds_nobody(quiet_case):
    clock = start(quiet_case, "miit_review", at(2))
    with sight.every_client():
        clocks.pause(quiet_case, at=at(3))
    sweep(clock.due_at + timedelta(days=30))

    assert not rows(kind="clock")


# ── The ministry's SMS code ──


def test_the_code_is_asked_for_by_the_hour_day_and_night(quiet_case, ada, mei):
    begun = at(6, 21)  # Friday evening: all of it lies in quiet hours
    start(quiet_case, "sms_code", begun)
    for minutes in range(0, 25 * 60, 15):
        sweep(begun + timedelta(minutes=minutes))

    for person in (ada, mei):
        here = rows(kind="sms.clock", channel="in_app", recipient=person)
        assert [(row.data["rule"], row.data["step"]) for row in here] == [
            ("sms_at_once", 0),
            *(("sms_by_the_hour", step) for step in range(5)),
        ]
        mails = rows(kind="sms.clock", channel="mail", recipient=person)
        assert [(row.sent_at - begun) / timedelta(hours=1) for row in mails] == [1, 6, 12, 20, 23]
    assert [row.recipient_id for row in rows(kind="sms.missed", channel="mail")] == [ada.pk, mei.pk]
    with sight.every_client():
        assert Deadline.objects.get(kind="sms_code").state == "missed"


def test_client_manager_and_stand_in_are_asked_for_the_code_while_the_stand_in_stands_in(
    quiet_case, ada, mei, wen, root
):
    with sight.every_client():
        days = {"from_on": date(2026, 3, 6), "until_on": date(2026, 3, 6), "made_by": mei}
        Cover.objects.create(person=mei, stand_in=wen, **days)
    begun = at(6, 21)  # three hours later the stand-in's day is over in Beijing
    start(quiet_case, "sms_code", begun)
    for minutes in range(0, 25 * 60, 15):
        sweep(begun + timedelta(minutes=minutes))

    told = {
        person: [(row.sent_at - begun) / timedelta(hours=1) for row in rows(channel="mail", recipient=person)]
        for person in (ada, mei, wen)
    }
    assert told == {ada: [1, 6, 12, 20, 23, 24], mei: [1, 6, 12, 20, 23, 24], wen: [1]}
    here = rows(kind="sms.clock", channel="in_app", recipient=wen)
    assert [(row.data["rule"], row.data["step"]) for row in here] == [
        ("sms_at_once", 0), ("sms_by_the_hour", 0),
    ]  # fmt: skip


def test_a_stand_in_hears_what_the_manager_would_and_alone_where_a_rule_says_so(quiet_case, mei, wen, root):
    with sight.every_client():
        Cover.objects.create(person=mei, stand_in=wen, made_by=mei)
        Cover.objects.create(person=wen, stand_in=root, made_by=wen, until_on=date(2026, 3, 1))
        row = Due(1, "photo", *[at(2)] * 3, quiet_case.pk, quiet_case.client_id, mei.pk, 0, 0, at(2).date(), None,
                  None, True)  # fmt: skip
        people = People([row], {"stand_in", "account_manager", "managers"}, at(2).date())
        rules = {role: replace(REMINDERS["clock_half"], to=(role,)) for role in People._ROLES}
        assert (
            people.of(rules["account_manager"], row) == [mei.pk, wen.pk] == people.of(rules["managers"], row)
        )
        assert people.of(rules["stand_in"], row) == [wen.pk]
        assert People([row], {"stand_in"}, date(2026, 3, 1)).of(rules["stand_in"], row) == [wen.pk, root.pk]
        nobodys = row._replace(manager_id=None)  # the managers answer for it, and one of them is away
        assert people.of(rules["account_manager"], nobodys) == [mei.pk, wen.pk]
        assert [one.name for one in recipients.staff_of(quiet_case)] == ["Mei", "Wen"]
        Cover.objects.filter(person=mei).update(ended_at=at(2))
        assert People([row], {"stand_in"}, at(2).date()).of(rules["stand_in"], row) == []


def test_the_code_entered_ends_the_asking(quiet_case, ada):
    begun = at(6, 21)
    start(quiet_case, "sms_code", begun)
    sweep(begun + timedelta(hours=1))
    with sight.every_client():
        clocks.meet(quiet_case, ["sms_code"], at=begun + timedelta(hours=2))
    for hour in range(2, 30):
        sweep(begun + timedelta(hours=hour))

    assert len(to(ada.email)) == 1


def test_after_a_standstill_the_code_is_missed_once(quiet_case, ada):
    begun = at(2, 9)
    start(quiet_case, "sms_code", begun)
    for _twice in range(2):
        sweep(begun + timedelta(days=3))

    assert [row.kind for row in rows(channel="mail", recipient=ada)] == ["sms.missed"]


# ── Open tasks ──


def test_the_client_is_asked_after_two_five_and_nine_working_days_then_weekly_then_staff_call_them(
    case, ada, mei
):
    wait_since(case, at(2))
    for day in range(2, 58):
        for hour in (9, 15, 23):
            sweep(at(2, hour) + timedelta(days=day - 2))

    sent = [day_of(row.sent_at) for row in rows(kind="nudge", channel="mail", recipient=ada)]
    # The morning after the 2nd, 5th, 9th, 14th and 19th working day: 4, 9, 13, 20 and 27 March.
    assert sent == ["03-05", "03-10", "03-16", "03-23", "03-30"]
    (heard,) = rows(kind="nudge.in_vain", channel="mail")
    assert (heard.recipient_id, day_of(heard.sent_at)) == (mei.pk, "03-31")


def test_three_days_of_silence_end_in_one_mail(case, ada):
    wait_since(case, at(2))
    sweep(at(16, 9))  # two steps were due meanwhile, and the third

    assert len(to(ada.email)) == 1
    assert [row.data["step"] for row in rows(kind="nudge", channel="mail")] == [2]


def test_the_mail_lists_what_is_open_when_it_is_sent(case, ada):
    wait_since(case, at(2))
    sweep(at(5, 9))

    (letter,) = to(ada.email)
    assert "Business licence" in letter.body
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_answered_before_the_morning_is_left_alone(case, ada):
    wait_since(case, at(2))
    services.sweep_deadlines(now=at(5, 0))
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(waiting_on="agency")
    services.deliver_due(now=at(5, 9))

    assert not mail.outbox
    assert rows(kind="nudge", channel="mail")[0].state == "suppressed"


def test_who_wants_no_reminders_gets_none_by_mail(case, ada):
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(wants_reminders=False)
    wait_since(case, at(2))
    sweep(at(5, 9))

    assert not mail.outbox
    assert rows(kind="nudge", channel="mail")[0].reason == "switched_off"


def test_twice_is_once_even_where_the_row_forgot(case, ada):
    wait_since(case, at(2))
    with sight.every_client():
        before = Case.objects.get(pk=case.pk)
    services.sweep_deadlines(now=at(5, 9))
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(nudge_at=before.nudge_at, nudges=0)
    sweep(at(5, 9))

    assert len(to(ada.email)) == 1


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(2, 12), at(2, 12)),
        (at(2, 8), at(2, 8)),
        (at(2, 7, 59), at(2, 8)),
        (at(2, 22), at(3, 8)),
        (at(6, 23), at(9, 8)),  # Friday night: Monday
        (at(14, 10, month=2), at(14, 10, month=2)),  # a Saturday on which China works
        (at(15, 10, month=2), at(24, 8, month=2)),  # Spring Festival
    ],
)
def test_quiet_hours_keep_to_the_offices_of_beijing(now, opens):
    assert next_open(now) == opens


def test_what_could_not_go_in_the_evening_goes_in_the_morning_and_by_hand_at_once(
    several, ada, mei, settings
):
    sweep(at(9, 7))
    with nobody(settings):
        for hour in (8, 13, 21):  # each time the server is asked once, with hers or with Mei's
            services.deliver_due(now=at(9, hour))
        tried = {row.tries for row in rows(channel="mail", recipient=ada)}
        assert services.deliver_due(now=at(9, 22)) > 0
        (first, *_rest) = waiting = rows(channel="mail", recipient=ada)
        assert {(row.state, row.reason, row.due_at) for row in waiting} == {
            ("planned", "mail_unreachable", at(10, 8))
        }
        assert {row.tries for row in waiting} == tried  # at night there was none
        assert services.deliver_due(now=at(10, 7, 59)) == 0

    with smtp(settings) as server:
        with sight.every_client():
            services.send_again(first, by=mei, now=at(9, 23))
        assert services.deliver(first.pk, now=at(9, 23)) == "sent"
        services.deliver_due(now=at(10, 8))
    assert len([one for one in server.taken if ada.email.encode() in one]) == 2
    assert {row.state for row in rows(channel="mail", recipient=ada)} == {"sent"}


# ── What it costs ──


def test_a_sweep_reads_what_is_due_and_not_what_exists(quiet_case, django_assert_max_num_queries):
    """A hundred due ones cost as many queries as one, and the index holds none of the others."""
    from cases.services.opening import open_case

    with sight.every_client():
        others = [
            open_case(quiet_case.client, by=None, given={"domain": {"name": f"n{n}.example"}})
            for n in range(12)
        ]
        Case.objects.update(nudge_at=None, nudges=9)
        for other in others:
            clocks.start(other, "miit_review", at=at(2))
    due = max(clock_due() for _ in [0])
    with django_assert_max_num_queries(60):
        services.sweep_deadlines(now=due)
    assert len(rows(kind="clock", channel="in_app")) == 12
    with sight.every_client(), connection.cursor() as cursor:
        # With so few rows any index costs the same; whoever must not sort takes the one in the sweep's order.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM cases_deadline WHERE state = 'running' AND remind_at <= now() "
            "ORDER BY remind_at, id LIMIT 500"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SELECT count(*) FROM cases_deadline WHERE state = 'running' AND remind_at <= now()")
        assert cursor.fetchone() == (0,)
    assert "deadline_to_remind" in plan


def clock_due() -> datetime:
    with sight.every_client():
        return Deadline.objects.order_by("-due_at").first().due_at


def test_the_sender_looks_only_at_what_is_due(case):
    with sight.every_client(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN "
            + str(
                Notification.objects.filter(state="planned", next_try_at__lte=at(2))
                .order_by("next_try_at", "id")
                .values("id")
                .query
            )
            .replace("planned", "'planned'")
            .replace("2026-03-02 12:00:00+08:00", "'2026-03-02 12:00:00+08'")
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "notification_due" in plan


# ── One mail ──


@pytest.fixture
def several(quiet_case, ada):
    """Three filings of Ada's client, in each of which it has been her move since 2 March, one with a clock beside."""
    from cases.services.opening import open_case

    with sight.every_client():
        cases = [
            open_case(quiet_case.client, by=None, given={"domain": {"name": f"n{n}.example"}})
            for n in range(3)
        ]
        Case.objects.filter(pk__in=[case.pk for case in cases]).update(
            waiting_on="client", waiting_since=at(2), nudge_at=at(4), nudges=0
        )
        clocks.start(cases[0], "psb_filing", at=at(2))
    mail.outbox.clear()
    return cases


def test_what_falls_due_together_is_one_mail_in_the_readers_language(several, ada):
    with sight.every_client():
        User.objects.filter(pk=ada.pk).update(language="zh-hans")
    sweep(at(6, 22))  # a Friday night; the office opens on Monday
    assert not to(ada.email)
    services.deliver_due(now=at(9, 8))

    (letter,) = to(ada.email)
    reminded = rows(channel="mail", recipient=ada)
    assert [row.state for row in reminded] == ["sent"] * 4
    assert all(f"n{n}.example" in letter.body for n in range(3)) and "3 份备案" in letter.subject
    assert all(case.get_absolute_url() in letter.body for case in several)
    with sight.every_client():
        traces = CaseEvent.objects.filter(kind="message.sent", data__to=ada.reference)
        assert {event.data["notification"] for event in traces} == {row.reference for row in reminded}
    assert services.deliver_due(now=at(9, 8)) == 0


def test_who_moved_meanwhile_and_what_is_poisoned_drop_out_and_the_rest_goes(several, ada):
    sweep(at(6, 22))
    with sight.every_client():
        Case.objects.filter(pk=several[1].pk).update(waiting_on="agency")
        unreadable = clocks.start(several[2], "miit_review", at=at(2))
        Notification.objects.filter(case=several[2], channel="mail").update(
            kind="clock", source_id=unreadable.pk, data={"share": "poison"}
        )
        clocks.meet(several[0], ["psb_filing"], at=at(9, 7))
    services.deliver_due(now=at(9, 8))

    (letter,) = to(ada.email)
    assert several[0].get_absolute_url() in letter.body and several[1].get_absolute_url() not in letter.body
    states = {(row.case_id, row.kind): row.state for row in rows(channel="mail", recipient=ada)}
    assert states == {
        (several[0].pk, "nudge"): "sent",
        (several[0].pk, "clock"): "suppressed",
        (several[1].pk, "nudge"): "suppressed",
        (several[2].pk, "clock"): "planned",  # tried again, as if nobody had been beside it
    }


def test_a_refusal_puts_all_of_them_back_and_the_next_try_is_one_mail_again(several, ada, settings):
    sweep(at(6, 22))
    with smtp(settings, rcpt="451 later"):
        services.deliver_due(now=at(9, 8))
    assert {(row.state, row.tries) for row in rows(channel="mail", recipient=ada)} == {("planned", 1)}

    with smtp(settings) as server:
        services.deliver_due(now=at(9, 9))

    assert len([one for one in server.taken if ada.email.encode() in one]) == 1
    assert {row.state for row in rows(channel="mail", recipient=ada)} == {"sent"}


def test_three_days_without_a_worker_end_in_one_mail_and_not_in_nine(several, ada, mei):
    sweep(at(31, 12))  # beat was dead since the first of March: four rules of three filings came many times

    assert len(to(ada.email)) == len(to(mei.email)) == 1
    assert len(rows(kind="nudge", channel="mail", recipient=ada)) == 3
    sweep(at(31, 12, 1))
    assert len(to(ada.email)) == 1


# ── Rest ──


def resting(case: Case, by: User, when: datetime, until: date | None = None) -> None:
    with sight.every_client():
        snoozing.snooze(Case.objects.get(pk=case.pk), by=by, until=until, now=when)


def test_reminders_rest_until_the_day_and_then_the_newest_is_told_once(case, ada, mei):
    wait_since(case, at(2))
    resting(case, mei, at(3), date(2026, 3, 18))
    for day in range(3, 27):
        for hour in (9, 23):
            sweep(at(day, hour))

    sent = [day_of(row.sent_at) for row in rows(kind="nudge", channel="mail", recipient=ada)]
    assert sent == ["03-18", "03-23"]  # 5, 10 and 16 March were slept through
    with sight.every_client():
        event = CaseEvent.objects.get(kind="reminders.rest")
    assert (event.by_id, event.audience, event.data) == (mei.pk, "internal", {"until": "2026-03-18"})


def test_without_a_day_they_rest_until_the_client_moves_but_for_the_ministrys_code(quiet_case, ada, mei):
    review = start(quiet_case, "miit_review", at(2))
    start(quiet_case, "sms_code", at(2))
    resting(quiet_case, mei, at(2))
    sweep(at(2, 13, 1))
    sweep(review.due_at)
    assert [row.kind for row in rows(channel="mail", recipient=mei)] == ["sms.clock", "sms.missed"]

    with sight.every_client():
        held = Case.objects.get(pk=quiet_case.pk)
        assert held.rests_on(date(2030, 1, 1))
        history.record(held, "paper.viewed", by=ada)
        assert Case.objects.get(pk=held.pk).snoozed_at
        history.record(held, "note.written", by=ada)
    sweep(review.due_at + timedelta(hours=7))

    assert [row.data["share"] for row in rows(kind="clock", channel="mail", recipient=mei)] == [100]


def test_what_was_promised_before_the_rest_is_not_sent_in_it(case, ada, mei):
    wait_since(case, at(2))
    sweep(at(4, 23, 59) + timedelta(minutes=1))
    resting(case, mei, at(5, 7))
    services.deliver_due(now=at(5, 9))

    assert [row.reason for row in rows(kind="nudge", channel="mail", recipient=ada)] == ["rests"]


# ── Poison ──


def test_a_clock_that_cannot_be_read_or_written_hurts_itself_only(quiet_case, mei, several):
    """One that ends beyond the calendar; and a promise that the database refuses among many that it takes."""
    unread, fine = start(several[1], "psb_filing", at(2)), start(several[2], "psb_filing", at(2))
    with sight.every_client():
        Case.objects.update(nudge_at=None)
        Deadline.objects.exclude(pk__in=[unread.pk, fine.pk]).update(remind_at=None)
        Deadline.objects.filter(pk=unread.pk).update(due_at=datetime(2101, 1, 1, tzinfo=UTC))
    services.sweep_deadlines(now=fine.due_at)
    assert {row.source_id for row in rows(kind="clock")} == {fine.pk}

    with sight.every_client():
        (row,) = (reminding.Due(*one) for one in reminding.asked(reminding.CLOCKS.due, [datetime.max, 1]))
        good = [
            reminding.Promise(row, mei.pk, reminding.Shape(f"k:{n}", "mail", "clock", False, False, "{}"))
            for n in range(9)
        ]
        good[4] = good[4]._replace(shape=good[4].shape._replace(data="{"))
        sent = reminding._promise(good, reminding.CLOCKS, at(2))
    written = {row.key.split(":")[3] for row in rows(key__contains=":k:")}
    assert len(sent) == 8 and written == {*map(str, range(9))} - {"4"}
