"""Two at once: one wins. And the bell: rung once a transaction, missed by nobody."""

from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from celery import current_app
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from cases.models import Case, CaseEvent
from cases.services import clocks, progress
from clients import sight
from notifications import bell, services
from notifications.channels import mail as mailing
from tests.notifications.cast import rows

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(call, times: int = 4) -> list:
    """The same call from several workers at the same moment, each with a connection of its own."""
    gate = threading.Barrier(times)

    def one(_number: int):
        try:
            gate.wait(10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.fixture
def slow_mail(monkeypatch):
    """Handing over takes a while, so that others have time to come in between."""
    send = mailing.send

    def slowly(**given):
        time.sleep(0.2)
        send(**given)

    monkeypatch.setattr(mailing, "send", slowly)


def write_notes(case, mei, count: int) -> None:
    with sight.every_client():
        for number in range(count):
            progress.write_note(case, f"Note {number}", by=mei, audience="client")


def test_two_workers_on_one_delivery(case, mei, slow_mail):
    write_notes(case, mei, 1)
    services.relay_events()
    (row,) = rows(channel="mail")

    answers = at_once(lambda: services.deliver(row.pk))

    assert sorted(answers) == ["", "", "", "sent"]
    assert len(mail.outbox) == 1


def test_two_sweeps_and_two_relays_at_once(case, mei, slow_mail):
    write_notes(case, mei, 12)
    at_once(services.relay_events)
    at_once(services.deliver_due)

    assert len(rows(channel="mail")) == 12
    assert len(mail.outbox) == 12


def test_two_beats_at_once(case, mei):
    with sight.every_client():
        clock = clocks.start(case, "miit_review", at=timezone.now())
        Case.objects.filter(pk=case.pk).update(nudge_at=timezone.now() - timedelta(days=1))
    at_once(lambda: services.sweep_deadlines(now=clock.due_at))

    assert len(rows(kind="clock", channel="in_app")) == 1


def test_a_sweep_passes_by_what_somebody_moves_just_now(case, mei):
    with sight.every_client():
        clock = clocks.start(case, "miit_review", at=timezone.now())
    with sight.every_client():
        Case.objects.locked(case)
        begun = time.monotonic()
        at_once(lambda: services.sweep_deadlines(now=clock.due_at), times=1)
        assert time.monotonic() - begun < 5
    assert not rows(kind="clock")
    services.sweep_deadlines(now=clock.due_at)

    assert len(rows(kind="clock", channel="in_app")) == 1


# ── The bell ──


@pytest.fixture
def rung(monkeypatch) -> list:
    rings: list[float] = []
    monkeypatch.setattr(bell.relay_events, "apply_async", lambda **_given: rings.append(time.monotonic()))
    return rings


def _write_and_fail(case, mei) -> None:
    progress.write_note(case, "Never.", by=mei, audience="client")
    raise ZeroDivisionError


def test_one_ring_a_transaction_and_none_without_a_commit(case, mei, rung):
    write_notes(case, mei, 5)
    assert len(rung) == 1
    with pytest.raises(ZeroDivisionError), sight.every_client():
        _write_and_fail(case, mei)
    assert len(rung) == 1


def test_a_savepoint_rolled_back_takes_no_ring_along(case, mei, rung):
    with sight.every_client():
        try:
            with transaction.atomic():
                progress.write_note(case, "Rolled back.", by=mei, audience="client")
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with transaction.atomic():
            progress.write_note(case, "Stays.", by=mei, audience="client")
    assert len(rung) == 1


def test_the_bell_wakes_the_relay_by_the_broker(case, mei):
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    write_notes(case, mei, 1)
    names = (b"celery", b"messages")
    queues = [key for key in broker.keys("*") if broker.type(key) == b"list" and key.endswith(names)]
    messages = b"".join(one for key in queues for one in broker.lrange(key, 0, -1))

    assert b"notifications.relay_events" in messages
    assert b"Note 0" not in messages
    assert case.reference.encode() not in messages


@pytest.mark.parametrize("way", ["closed", "silent"])
def test_a_broker_that_is_away_holds_nobody_up_and_loses_nothing(case, mei, monkeypatch, way):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    if way == "closed":
        listener.close()
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
    begun = time.monotonic()
    write_notes(case, mei, 1)
    took = time.monotonic() - begun
    listener.close()

    assert took < 1.5
    with sight.every_client():
        assert CaseEvent.objects.filter(relayed_at__isnull=True).exists()
    services.relay_events()
    services.deliver_due()
    assert len(mail.outbox) == 1
