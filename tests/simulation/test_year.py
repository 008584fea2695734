"""A year in minutes: two hundred filings walk through 2026, and the ledger says what a model of its own reckons."""

from __future__ import annotations

import logging
import socket
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from celery import current_app
from django.core import mail
from django.db import connection

from clients import sight
from tests.simulation.days import BEIJING, GRID, at, day_of, on_grid, opens
from tests.simulation.model import FAR, Model, Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

SEED, FILINGS = 2026, 200
HOUR = timedelta(hours=1)
AT_ANY_HOUR = {"sms.clock", "sms.missed"}
LATE = {"clock_late:1", *(f"psb_overdue:{n}" for n in range(60))}
BEGIN, END = at(date(2026, 1, 1)), at(date(2027, 1, 1))


class People:
    """Who is meant in a filing, by their addresses."""

    def __init__(self, world) -> None:
        self.world = world
        self.unwilling = {one.email for one in world.contacts if not one.wants_reminders}

    def by(self, story, act) -> str:
        return self.world.person(story, act.by).email

    def of(self, story, whom: str) -> list[str]:
        world, found = self.world, []
        if "contacts" in whom or "concerned" in whom:
            found.append(world.contacts[story.client].email)
        if "concerned" in whom and story.client in world.answering:
            found.append(world.answering[story.client].email)
        if "staff" in whom:
            found.append(world.staff[story.staff].email)
        return found


def ring(*, all_of_them: bool) -> None:
    """What beat rings for. Events have bells of their own, so their relay and the digests wait for eight o'clock."""
    from notifications import tasks

    tasks.sweep_deadlines.delay()
    if all_of_them:
        tasks.relay_events.delay()
        tasks.plan_digests.delay()
    tasks.deliver_due.delay()


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


def ledger(world) -> Counter:
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


@pytest.mark.timeout(600)
def test_a_year_of_two_hundred_filings_is_told_as_the_model_says(agency, monkeypatch):
    from tests.simulation.clock import Clock
    from tests.simulation.walk import Dice, World

    logging.disable(logging.INFO)  # a line for each task
    monkeypatch.setattr(current_app.conf, "task_always_eager", True)
    dice = Dice(SEED, BEGIN, END)
    stories = [dice.story(number, clients=40, staff=5) for number in range(FILINGS)]
    acts = sorted(
        ((act.at, story.number, act) for story in stories for act in story.acts), key=lambda one: one[:2]
    )
    # The broker is away from a Friday evening on for three days, and with it beat and worker.
    silence = [(at(date(2026, 5, 22), 20), at(date(2026, 5, 25), 20))]
    ends = {end for _begin, end in silence}
    mails: Counter = Counter()
    with Clock() as clock:
        clock.set(BEGIN)
        with sight.every_client():
            world = World(clients=40, staff=5)
        now, position, beats = BEGIN - GRID, 0, 0
        while True:
            coming = acts[position][0] if position < len(acts) else FAR
            eight = at(day_of(now) + timedelta(days=now.hour >= 8), 8)
            now = max(now + GRID, min(coming, eight, on_grid(next_look())))
            is_silent = False
            for begin, end in silence:
                if begin <= now < end:
                    now = min(max(coming, now), end)
                    is_silent = now < end
            if now >= END:
                break
            clock.set(now)
            with monkeypatch.context() as patch:
                if is_silent:
                    away(patch)
                while position < len(acts) and acts[position][0] <= now:
                    _at, number, act = acts[position]
                    assert _at == now
                    world.do(stories[number], act)
                    position += 1
                if not is_silent:
                    ring(all_of_them=now.hour == 8 or now in ends)
                    beats += 1
                    if dice.random.random() < 0.05:
                        # A second beat; and one whose clock was set back an hour.
                        ring(all_of_them=False)
                        clock.set(now - timedelta(hours=1))
                        ring(all_of_them=True)
            for letter in mail.outbox:
                mails[address_of(letter), now] += 1
            mail.outbox.clear()
        model = Model(stories, People(world), until=END, silence=silence)
        found = ledger(world)
    assert len(acts) > 500 and beats > 1500 and sum(found.values()) > 3000  # it was a full year
    compare(found, Counter(model.told))
    compare(mails, model.mails())
    for told in found:
        is_at_any_hour = (
            told.channel == "in_app" or told.kind in AT_ANY_HOUR or told.kind.startswith("moved.")
        )
        assert is_at_any_hour or told.sent is None or opens(told.sent) == told.sent, told
    every_deadline_is_met_or_reported(world, found)


def every_deadline_is_met_or_reported(world, found: Counter) -> None:
    """Of each clock that ran out somebody was told, at the latest when the beat came back and the offices opened."""
    from cases.models import Deadline

    numbers = {case.pk: number for number, case in world.cases.items()}
    late = {(told.number, told.kind) for told in found if told.kind == "sms.missed" or told.what in LATE}
    ran_out = 0
    with sight.every_client():
        for row in Deadline.objects.exclude(state="paused"):
            if row.due_at < min(row.ended_at or END, END) and row.due_at < (row.ended_at or FAR) - 4 * HOUR:
                ran_out += 1
                kind = "sms.missed" if row.kind == "sms_code" else "clock"
                assert (numbers[row.case_id], kind) in late, row
    assert ran_out > 20


def address_of(letter) -> str:
    return letter.to[0].rpartition("<")[2].rstrip(">")


def away(patch) -> None:
    """Nobody listens where the broker was."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    patch.setattr(current_app.conf, "task_always_eager", False)
    patch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")


def compare(found: Counter, expected: Counter) -> None:
    """Nothing doubled, nothing missing, nothing at another moment."""
    extra, missing = found - expected, expected - found
    show = [f"+ {n} {one}" for one, n in sorted(extra.items(), key=str)[:12]]
    show += [f"- {n} {one}" for one, n in sorted(missing.items(), key=str)[:12]]
    assert not extra and not missing, "\n".join([f"{len(extra)} too many, {len(missing)} missing", *show])
