"""At least once, and retries aside once: servers that misbehave, workers that die, people who leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from cases.services import phones, progress
from clients import sight
from clients.models import Membership, User
from notifications import services
from notifications.channels import mail as mailing
from notifications.models import Notification
from notifications.services import delivering
from tests.factories import make_person
from tests.notifications import servers
from tests.notifications.cast import rows, to, told

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def letter(case, mei, ada) -> Notification:
    """One mail to Ada that is to be sent now."""
    with sight.every_client():
        progress.write_note(case, "Could you call me?", by=mei, audience="client")
    services.relay_events()
    (row,) = rows(channel="mail", recipient=ada)
    return row


def again(row: Notification) -> Notification:
    with sight.every_client():
        return Notification.objects.select_related("recipient").get(pk=row.pk)


# ── Servers ──


def test_a_real_server_gets_text_and_html_with_the_rows_own_message_id(letter, settings):
    with servers.smtp(settings) as server:
        assert services.deliver(letter.pk) == "sent"

    (content,) = server.taken
    assert f"Message-ID: <{letter.reference}@agency.example>".encode() in content
    assert b"text/plain" in content
    assert b"text/html" in content


def test_not_now_is_tried_again_with_growing_waits_and_ends(letter, settings):
    now = timezone.now()
    waits = []
    with servers.smtp(settings, rcpt="451 later, ada@harbour.example"):
        for _try in range(delivering.TRIES):
            services.deliver(letter.pk, now=now)
            row = again(letter)
            waits.append((row.next_try_at - now) / MINUTE)
            assert services.deliver(letter.pk, now=now) == ""  # not before its time
            now = max(row.next_try_at, now)

    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) <= 240
    assert (row.state, row.reason, row.tries) == ("failed", "mail_451", delivering.TRIES)
    (heard,) = rows(kind="undelivered")
    assert heard.channel == "in_app"


def test_never_is_a_bounce_and_becomes_the_managers_task(letter, settings, mei):
    with servers.smtp(settings, rcpt="550 no such user ada@harbour.example"):
        assert services.deliver(letter.pk) == "bounced"

    row = again(letter)
    assert (row.state, row.reason) == ("bounced", "mail_550")
    (heard,) = rows(kind="undelivered")
    assert (heard.recipient_id, heard.case_id) == (mei.pk, letter.case_id)


def test_a_server_that_takes_it_and_drops_the_line_gets_it_once_more_and_not_again(letter, settings):
    now = timezone.now()
    with servers.smtp(settings, drops=True) as server:
        assert services.deliver(letter.pk, now=now) == "planned"
        assert services.deliver(letter.pk, now=now + 2 * MINUTE) == "failed"
        services.deliver_due(now=now + timedelta(days=2))

    assert len(server.taken) == 2
    assert again(letter).reason == "unknown_outcome"


@pytest.mark.parametrize("way", [servers.silence, servers.nobody])
def test_a_mail_server_that_is_away_for_days_loses_nothing(letter, settings, way):
    now = timezone.now()
    with way(settings):
        for minutes in (0, 5, 15, 40, 80, *range(120, 4 * 1440, 240)):
            services.deliver_due(now=now + minutes * MINUTE)
    row = again(letter)
    assert row.state == "planned" and row.tries > delivering.TRIES
    assert row.reason in ("mail_silent", "mail_unreachable")

    with servers.smtp(settings) as server:
        services.deliver_due(now=now + timedelta(days=4, hours=5))
    assert len(server.taken) == 1
    assert again(letter).state == "sent"


def test_after_five_days_without_a_mail_server_somebody_hears_that_it_never_went(letter, settings):
    with sight.every_client():
        Notification.objects.filter(pk=letter.pk).update(tries=delivering.TRIES)
    with servers.nobody(settings):
        assert services.deliver(letter.pk, now=timezone.now() + delivering.LASTS + MINUTE) == "failed"

    assert [row.channel for row in rows(kind="undelivered")] == ["in_app"]


def test_a_dead_server_is_asked_once_a_sweep(case, mei, ada, settings):
    with sight.every_client():
        for number in range(5):
            progress.write_note(case, f"Note {number}", by=mei, audience="client")
    services.relay_events()
    with servers.nobody(settings):
        services.deliver_due()

    assert sorted(row.tries for row in rows(channel="mail")) == [0, 0, 0, 0, 1]


# ── Workers that die ──


class Killed(BaseException):
    """What no except clause of ours catches."""


def killed(*_args, **_kwargs):
    raise Killed


def after(call):
    def then(*args, **kwargs):
        call(*args, **kwargs)
        raise Killed

    return then


@pytest.mark.parametrize(
    ("where", "what", "most"),
    [
        ("_prepare", killed, 1),
        ("render_to_string", killed, 1),
        ("_mine", killed, 2),
        ("_leave_trace", killed, 2),
    ],
)
def test_killed_at_any_line_nothing_is_lost_and_at_most_one_doubled(letter, monkeypatch, where, what, most):
    now = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(delivering, where, what)
        with pytest.raises(Killed):
            services.deliver(letter.pk, now=now)
    assert again(letter).state == "claimed"
    assert services.deliver(letter.pk, now=now + 4 * MINUTE) == ""  # it may still be at it
    assert services.deliver_due(now=now + 6 * MINUTE) == 1
    assert services.deliver_due(now=now + 60 * MINUTE) == 0

    assert 1 <= len(mail.outbox) <= most
    assert again(letter).state == "sent"


@pytest.mark.parametrize("before", [True, False])
def test_killed_while_handing_over_it_is_tried_once_more_and_not_again(letter, monkeypatch, before):
    now = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(mailing, "send", killed if before else after(mailing.send))
        for minutes in (0, 6):
            with pytest.raises(Killed):
                services.deliver(letter.pk, now=now + minutes * MINUTE)
    assert services.deliver(letter.pk, now=now + 12 * MINUTE) == "failed"

    assert len(mail.outbox) == (0 if before else 2)
    assert len(rows(kind="undelivered")) == 1


def test_a_time_limit_in_the_middle_counts_as_unknown(letter, monkeypatch):
    now = timezone.now()

    def limited(**given):
        raise RuntimeError("time is up")

    monkeypatch.setattr(mailing, "send", limited)
    assert services.deliver(letter.pk, now=now) == "planned"
    assert again(letter).unknowns == 1
    assert services.deliver(letter.pk, now=now + 2 * MINUTE) == "failed"


def test_a_worker_whose_claim_went_stale_changes_nothing_any_more(letter, monkeypatch):
    now = timezone.now()
    with sight.every_client():
        slow = Notification.objects.claim(letter.pk, now)
    services.deliver(letter.pk, now=now + 6 * MINUTE)
    assert again(letter).state == "sent"

    assert delivering._deliver(slow, now + 7 * MINUTE).state == "suppressed"
    assert again(letter).state == "sent"
    assert len(mail.outbox) == 1


def test_every_task_twice_and_in_reverse(case, mei, ada):
    from notifications import tasks

    with sight.every_client():
        progress.write_note(case, "Once.", by=mei, audience="client")
    for task in (tasks.deliver_due, tasks.sweep_deadlines, tasks.relay_events):
        task()
        task()
    for row in rows():
        tasks.deliver(row.pk)
        tasks.deliver(row.pk)
    for task in (tasks.relay_events, tasks.deliver_due):
        task()
        task()

    assert len(to(ada.email)) == 1


# ── One poisonous row ──


def test_one_poisonous_row_hurts_itself_only(harbour, mei, case, monkeypatch):
    """A name with a line break, a broken address, a letter that cannot be written; ten good ones behind."""
    with sight.every_client():
        bad = make_person(
            "x@harbour.example", name="Eve\r\nBcc: all@x.example", role="contact", client=harbour
        )
        broken = make_person("y@harbour.example", name="Yin", role="contact", client=harbour)
        User.objects.filter(pk=broken.pk).update(email="not an address")
        unlucky = make_person("z@harbour.example", name="Zed", role="contact", client=harbour)
        good = [make_person(role="contact", client=harbour, password=None) for _ in range(10)]
        progress.write_note(case, "To all.", by=mei, audience="client")
    services.relay_events()
    with sight.every_client():
        Notification.objects.filter(recipient=unlucky, channel="mail").update(kind="no.such.kind")
    now = timezone.now()
    for hours in range(0, 24, 2):
        services.deliver_due(now=now + timedelta(hours=hours))

    states = {row.recipient_id: (row.state, row.reason) for row in rows(channel="mail")}
    assert states[bad.pk] == ("bounced", "unusable_address")
    assert states[broken.pk] == ("bounced", "unusable_address")
    assert states[unlucky.pk] == ("failed", "not_written")
    assert all(states[one.pk][0] == "sent" for one in good)


def test_one_poisonous_event_hurts_itself_only(case, mei, ada, monkeypatch):
    from notifications import recipients

    good = recipients._OF_CASE["note.written"]

    def tell(event, of):
        if "poison" in event.note:
            raise RuntimeError("cannot be read")
        return good(event, of)

    monkeypatch.setitem(recipients._OF_CASE, "note.written", tell)
    with sight.every_client():
        progress.write_note(case, "poison", by=mei, audience="client")
        for number in range(3):
            progress.write_note(case, f"Good {number}", by=mei, audience="client")
    told()
    told()

    assert len(to(ada.email)) == 3
    (heard,) = rows(kind="untold")
    assert heard.recipient_id == mei.pk


# ── Who may still know ──


def test_a_member_who_left_between_event_and_sending_hears_nothing(letter, ada):
    with sight.every_client():
        Membership.objects.filter(user=ada).update(ended_at=timezone.now())
    assert services.deliver(letter.pk) == "suppressed"

    assert again(letter).reason == "left"
    assert not mail.outbox


def test_a_limited_specialist_who_lost_the_client_hears_nothing(case, lim, bo):
    with sight.every_client():
        case.account_manager = lim
        case.save()
        progress.write_note(case, "Hello.", by=bo, audience="client")
    services.relay_events()
    (row,) = rows(recipient=lim, kind="note.from_client")
    with sight.every_client():
        Notification.objects.filter(pk=row.pk).update(state="planned", channel="mail", sent_at=None)
        Membership.objects.filter(user=lim, role="assigned").update(ended_at=timezone.now())

    assert services.deliver(row.pk) == "suppressed"


def test_a_code_that_comes_too_late_is_not_sent_and_said(case, ada, settings):
    now = timezone.now()
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
    services.relay_events()
    with servers.nobody(settings):
        services.deliver_due(now=now + MINUTE)
        services.deliver_due(now=now + 20 * MINUTE)

    (row,) = rows(channel="sms")
    assert (row.state, row.reason) == ("failed", "too_late")


def test_a_retried_code_is_a_new_one(case, ada, monkeypatch):
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
    services.relay_events()
    (row,) = rows(channel="sms")
    now = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_mine", killed)
        with pytest.raises(Killed):
            services.deliver(row.pk, now=now)
    with monkeypatch.context() as patch:
        patch.setattr(delivering.sms, "send", after(delivering.sms.send))
        with pytest.raises(Killed):
            services.deliver(row.pk, now=now + 6 * MINUTE)
    services.deliver(row.pk, now=now + 12 * MINUTE)

    codes = [one.body.split()[0] for one in mail.outbox]
    assert len(codes) <= 2
    assert len(set(codes)) == len(codes)


# ── By hand ──


def test_sent_again_by_hand_once_however_often_asked(letter, mei, ada):
    services.deliver(letter.pk)
    with sight.every_client():
        first = services.send_again(letter, by=mei)
        second = services.send_again(letter, by=mei)
    services.deliver_due()

    assert first.pk == second.pk != letter.pk
    assert len(to(ada.email)) == 2


def test_what_waits_goes_at_once_when_asked(letter, mei, settings):
    with servers.nobody(settings):
        services.deliver(letter.pk)
    with sight.every_client():
        assert services.send_again(letter, by=mei).pk == letter.pk
    with servers.smtp(settings) as server:
        services.deliver_due()

    assert len(server.taken) == 1
