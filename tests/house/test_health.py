"""The portal watches itself: each part by name, and what should have come out by now."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from clients import sight
from clients.tasks import (
    BEAT,
    HEARTBEAT,
    OUTSIDE,
    QUEUE_DELAY,
    SENDING,
    heartbeat,
    heartbeat_messages,
    heartbeat_outside,
    ring,
)
from hooks.models import Delivery, Hook
from notifications.models import Channel, Notification

TOKEN = "a-token-of-tests"


@pytest.fixture
def beating():
    """Beat has rung and a worker has answered."""
    heartbeat(ring())
    heartbeat_messages()
    yield
    cache.delete_many([BEAT, HEARTBEAT, SENDING, QUEUE_DELAY])


def away(client) -> list[str]:
    answer = client.get("/healthz")
    assert answer.status_code == (503 if answer.json()["away"] else 200)
    return answer.json()["away"]


def late_message(minutes: int) -> Notification:
    with sight.every_client():
        now = timezone.now() - timedelta(minutes=minutes)
        return Notification.objects.create(
            key=f"health:{minutes}",
            channel=Channel.MAIL,
            kind="test",
            source="test",
            due_at=now,
            next_try_at=now,
        )


def test_all_is_well_where_all_answer(client, db, beating):
    assert away(client) == []


@pytest.mark.parametrize(("key", "part"), [(BEAT, "beat"), (HEARTBEAT, "worker"), (SENDING, "messenger")])
def test_who_was_not_heard_of_for_five_minutes_is_named(client, db, beating, key, part):
    cache.set(key, (timezone.now() - timedelta(minutes=4)).isoformat(), 60)
    assert away(client) == []

    cache.set(key, (timezone.now() - timedelta(minutes=6)).isoformat(), 60)

    assert away(client) == [part]


def test_who_was_never_heard_of_is_named(client, db):
    cache.delete_many([BEAT, HEARTBEAT, SENDING])

    assert away(client) == ["beat", "worker", "messenger"]


def test_a_queue_in_which_a_ring_lay_for_ten_minutes_is_named(client, db, beating):
    heartbeat((timezone.now() - timedelta(minutes=11)).isoformat())

    assert away(client) == ["queue"]


def test_a_message_that_is_an_hour_late_is_named_and_one_of_half_an_hour_is_not(client, db, beating):
    late_message(30)
    assert away(client) == []

    late_message(61)

    assert away(client) == ["messages"]


def test_a_call_to_a_system_of_the_agency_that_nobody_tries_is_named(client, db, beating, root):
    with sight.every_client():
        now = timezone.now()
        hook = Hook.objects.create(
            name="Books", url="https://books.example/", secret_sealed=b"-", made_by=root
        )
        call = Delivery.objects.create(key="health", hook=hook, event="case.moved", happened_at=now)
        for minutes, named in ((14, []), (16, ["hooks"])):
            Delivery.objects.filter(pk=call.pk).update(next_try_at=now - timedelta(minutes=minutes))
            assert away(client) == named
        Hook.objects.filter(pk=hook.pk).update(is_paused=True)
        assert away(client) == []


@override_settings(CLAMD_URL="tcp://127.0.0.1:9")
def test_a_scanner_that_is_named_and_does_not_answer_is_named(client, db, beating):
    assert away(client) == ["scanner"]


@override_settings(WATCH=True)
def test_where_sites_are_watched_whoever_looks_is_named_when_silent(client, db, beating):
    assert away(client) == ["lookout"]

    heartbeat_outside()
    assert away(client) == []
    cache.set(OUTSIDE, (timezone.now() - timedelta(minutes=6)).isoformat(), 60)
    assert away(client) == ["lookout"]


def test_metrics_are_there_for_the_token_and_for_nobody_else(client, db, beating):
    late_message(90)

    with override_settings(METRICS_TOKEN=TOKEN):
        without, wrong = client.get("/metrics"), client.get("/metrics", headers={"authorization": "Bearer x"})
        told = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    unset = client.get("/metrics", headers={"authorization": "Bearer "})

    assert (without.status_code, wrong.status_code, unset.status_code) == (404, 404, 404)
    lines = told.content.decode().splitlines()
    assert 'portal_part_up{part="messages"} 0.0' in lines
    assert 'portal_part_up{part="database"} 1.0' in lines
    assert any(line.startswith("portal_queue_length ") for line in lines)
    age = next(line for line in lines if line.startswith('portal_part_seconds{part="messages"}'))
    assert 5390 < float(age.rsplit(" ", 1)[1]) < 5500


def test_administrators_read_which_part_is_not_well(as_page, root, mei, ada, beating):
    late_message(61)

    page = as_page(root).get("/settings/health/")

    assert page.status_code == 200
    assert "1 part is not well." in page.content.decode()
    assert "1 h 1 min that the oldest is late" in page.content.decode()
    assert as_page(mei).get("/settings/health/").status_code == 404
    assert as_page(ada).get("/settings/health/").status_code == 404
