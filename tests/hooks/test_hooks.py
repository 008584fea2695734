"""Webhooks: signed, told at least once with one id, never inward, and never more than references."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from cases.models import Deadline
from cases.services import progress
from clients import sight
from clients.models import AuditEvent
from hooks import services, signing, tasks
from hooks.models import Delivery, Hook
from hooks.services import delivering
from notifications import services as messages
from notifications.services.relaying import relay_events
from tests.api.filings import drive, make_case
from tests.hooks.cast import HERE, deliveries, make_hook
from tests.strangers import moved, page, stranger

pytestmark = pytest.mark.django_db
PLAIN = (
    "http://crm.example/hooks"  # a stranger of ours speaks no TLS; that the portal wants it is tried apart
)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def server():
    with stranger() as one:
        yield one


@pytest.fixture
def hook(agency, root) -> tuple[Hook, str]:
    made, secret = make_hook(root)
    with sight.every_client():
        Hook.objects.filter(pk=made.pk).update(url=PLAIN)
    return made, secret


@pytest.fixture
def told(hook, harbour, mei, ada) -> Delivery:
    """A filing of Harbour's was opened, and is to be told."""
    make_case(harbour, mei)
    relay_events()
    return deliveries(event="case.opened")[0]


def here(server, **more):
    return replace(server.terms(), schemes=("http", "https"), redirects=0, **more)


def sent(server, now=None, **more) -> list[str]:
    """What is due goes out, by the two hands it goes through; the states it came to."""
    return [services.send(pk, now=now, terms=here(server, **more)) for pk in services.claim_due(now=now)]


def again(one):
    with sight.every_client():
        return type(one).objects.get(pk=one.pk)


# ── What is told ──


def test_what_happened_is_told_signed_and_by_references_alone(hook, server, harbour, mei, ada):
    server.paths["/hooks"] = page("fine")
    case = drive(make_case(harbour, mei), "provider_pre_audit", mei)
    with sight.every_client():
        progress.write_note(
            case, "Ring Ada at 13800138000 about passport T12345678.", by=mei, audience="client"
        )
    relay_events()
    relay_events()

    assert set(sent(server)) == {"sent"}

    kinds = [json.loads(body)["type"] for _heads, body in server.taken]
    assert kinds == [one.event for one in deliveries()]
    assert {"case.opened", "case.moved", "note.written"} <= set(kinds)
    heads, body = server.taken[kinds.index("case.moved")]
    assert signing.verify(hook[1], heads, body) == heads["webhook-id"]
    assert json.loads(body)["data"].items() >= {"case": case.reference, "move": "submit"}.items()
    assert heads["host"] == "crm.example"
    everything = b"".join(body for _heads, body in server.taken).decode()
    for word in ("harbour", "Harbour", "Ada", "ada@", "T12345678", "13800138000", "Ring"):
        assert word not in everything, word
    assert services.claim_due() == []


def test_a_clock_that_ran_out_is_told_once_and_so_is_a_message_that_bounced(hook, case_of, server, ada):
    case, now = case_of, timezone.now()
    with sight.every_client():
        clock = Deadline.objects.filter(case=case, state="running").first()
        Deadline.objects.filter(pk=clock.pk).update(due_at=now + MINUTE)
    for _twice in range(2):
        services.promise_missed_deadlines(now=now + 2 * MINUTE)
    (missed,) = deliveries(event="deadline.missed")
    assert (missed.data["case"], missed.data["clock"]) == (case.reference, clock.kind)

    from notifications.models import Notification

    with sight.every_client():
        row = Notification.objects.filter(case=case, channel="mail", state="planned").first()
        Notification.objects.filter(pk=row.pk).update(unknowns=2)
    messages.deliver(row.pk)
    (bounced,) = deliveries(event="message.bounced")
    assert bounced.data == {
        "case": case.reference,
        "message": row.reference,
        "kind": row.kind,
        "state": "failed",
    }


@pytest.fixture
def case_of(hook, harbour, mei, ada):
    case = drive(make_case(harbour, mei), "provider_pre_audit", mei)
    relay_events()
    return case


def test_nothing_is_lost_when_the_worker_dies_and_what_comes_twice_has_one_id(told, server):
    server.paths["/hooks"] = page("fine")
    now = timezone.now()
    (first,) = services.claim_due(now=now)  # and then the worker is gone
    assert services.claim_due(now=now + 4 * MINUTE) == []
    assert (
        services.send(first, now=now + 4 * MINUTE, terms=here(server)) == ""
    )  # its signature would be refused

    assert sent(server, now + 6 * MINUTE) == ["sent"]
    with sight.every_client():  # killed after handing over
        Delivery.objects.filter(pk=first).update(state="claimed", claimed_at=now + 6 * MINUTE)
    assert sent(server, now + 12 * MINUTE) == ["sent"]
    assert services.send(first, now=now + 12 * MINUTE, terms=here(server)) == ""

    ids = [heads["webhook-id"] for heads, _body in server.taken]
    times = [int(heads["webhook-timestamp"]) for heads, _body in server.taken]
    assert ids == [told.reference] * 2 and times[1] - times[0] == 360


# ── Signatures ──


def test_a_replay_after_six_minutes_is_refused_and_so_is_whatever_was_changed(hook):
    at, body = 1_800_000_000, b'{"type":"case.moved"}'
    secret, other = hook[1], "whsec_" + "A" * 43 + "="
    heads = {
        "Webhook-Id": "WD-1",
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,c29tZXRoaW5n {signing.sign(secret, 'WD-1', at, body)}",
    }

    assert signing.verify(secret, heads, body, now=at + 299) == "WD-1"
    assert signing.verify([other, secret], heads, body, now=at - 299) == "WD-1"
    for changed, when in (
        ({}, at + 360),
        ({}, at - 360),
        ({"Webhook-Timestamp": str(at + 360)}, at + 360),
        ({"Webhook-Timestamp": "soon"}, at),
        ({"Webhook-Id": "WD-2"}, at),
        ({"Webhook-Id": ""}, at),
        ({"Webhook-Signature": ""}, at),
        ({"Webhook-Signature": "v1,ÄÖ"}, at),
    ):
        with pytest.raises(signing.NotGenuine):
            signing.verify(secret, heads | changed, body, now=when)
    for wrong_secret, wrong_body in ((other, body), (secret, body + b" ")):
        with pytest.raises(signing.NotGenuine):
            signing.verify(wrong_secret, heads, wrong_body, now=at)
    # The example of the Standard Webhooks.
    known = signing.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert known == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_after_a_new_secret_both_sign_for_a_day(hook, root, server, told):
    server.paths["/hooks"] = page("fine")
    old = hook[1]
    with sight.every_client():
        new = services.renew_secret(hook[0], by=root)
    box = bytes(again(hook[0]).secret_sealed)
    assert new.encode() not in box and old.encode() not in box

    sent(server)
    with sight.every_client():
        services.send_again(again(told), by=root)
    later = timezone.now() + DAY + MINUTE
    sent(server, later)

    (first, second) = server.taken
    for secret, (heads, body), now in (
        (old, first, None),
        (new, first, None),
        (new, second, later.timestamp()),
    ):
        signing.verify(secret, heads, body, now=now)
    with pytest.raises(signing.NotGenuine):
        signing.verify(old, *second, now=later.timestamp())


# ── Never inward, never kept waiting ──


def test_no_address_of_a_hook_leads_inward(hook, server, told, root, as_page):
    form = {"name": "CRM", "events": ["case.moved"]}
    browser = as_page(root)
    for url in (
        PLAIN, "https://127.0.0.1/", "https://[::ffff:7f00:1]/", "https://169.254.169.254/latest/", "https://10.0.0.7/",
        "https://2130706433/", "https://crm.example:6379/", "https://mei:no@crm.example/", "ftp://crm.example/", "crm",
    ):  # fmt: skip
        assert browser.post("/settings/hooks/", form | {"url": url}).status_code == 422, url
    assert len(browser.get("/settings/hooks/").context["rows"]) == 1

    def outcome(names, **more):
        with sight.every_client():
            Delivery.objects.filter(pk=told.pk).update(state="planned", next_try_at=timezone.now(), tries=0)
        sent(server, allowed=frozenset(), resolve=lambda name, port: names(name), **more)
        return again(told).reason

    for address in ("127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "64:ff9b::7f00:1"):
        assert outcome(lambda name, at=address: [at]) == "address", address
        assert outcome(lambda name, at=address: ["8.8.8.8", at]) == "address", address
    with sight.every_client():
        Hook.objects.update(url="http://169.254.169.254/latest/")
    assert outcome(lambda name: ["8.8.8.8"]) == "address"
    assert server.asked == []


def test_a_redirect_is_followed_nowhere_and_a_drip_ends(hook, server, told):
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            line.sendall(b"y")
            time.sleep(0.05)

    now = timezone.now()
    for say, reason in (
        (moved("http://169.254.169.254/latest/"), "redirects"),
        (moved("/elsewhere"), "redirects"),
        (drip, "slow"),
        (lambda line: line.sendall(b"\x16\x03\x01" * 99), "protocol"),
        (page(status="500 Oh", body="secret"), "answer"),
        (page(status="429 Slow down"), "answer"),
    ):
        server.paths["/hooks"] = say
        begun = time.monotonic()
        assert sent(server, now, seconds=0.5) == ["planned"]
        assert time.monotonic() - begun < 1.5
        row = again(told)
        assert row.reason == reason
        now = row.next_try_at
    assert set(server.asked) == {"/hooks"}
    assert delivering.TERMS.schemes == ("https",) and delivering.TERMS.allowed == frozenset()


# ── Failing ──


def test_waits_grow_up_to_a_day_and_after_five_days_administrators_hear_of_it(told, hook, server, root, mei):
    server.paths["/hooks"] = page(status="503 Away")
    now, waits = timezone.now(), []
    while again(told).state != "failed":
        sent(server, now)
        waits.append(again(told).next_try_at - now)
        now = max(now, again(told).next_try_at)
    assert waits[:-1] == sorted(waits[:-1]) and waits[0] == MINUTE and waits[-2] == DAY
    assert len(server.taken) == len(delivering.WAITS) + 1

    with sight.every_client():
        test = services.send_test(hook[0], by=root)
    assert sent(server, now + 3 * DAY) == ["planned"]
    assert again(hook[0]).disabled_at and again(test).tries == 1
    assert services.claim_due(now=now + 9 * DAY) == []
    mail.outbox.clear()
    relay_events()
    messages.deliver_due()
    (letter,) = mail.outbox
    assert letter.to == ["Root <root@willow.example>"] and "CRM" in letter.subject

    server.paths["/hooks"] = page("back")
    with sight.every_client():
        services.resume_hook(hook[0], by=root)
    assert sent(server) == ["sent"]
    assert again(hook[0]).failing_since is None


def test_who_fails_is_asked_one_at_a_time_and_who_is_gone_not_at_all(hook, server, case_of):
    server.paths["/hooks"] = page(status="500 Oh")
    assert set(sent(server)) == {"planned"}
    waiting = len(deliveries(state="planned"))
    assert waiting > 1
    assert len(services.claim_due(now=timezone.now() + DAY)) == 1

    server.paths["/hooks"] = page(status="410 Gone")
    sent(server, timezone.now() + 2 * DAY)
    assert again(hook[0]).disabled_at


# ── The page ──


def test_an_administrator_keeps_addresses_and_reads_the_log(agency, root, mei, harbour, as_page, monkeypatch):
    rung: list[int] = []
    monkeypatch.setattr(tasks.claim_due, "delay", lambda: rung.append(1))
    browser = as_page(root)
    made = browser.post("/settings/hooks/", {"name": "CRM", "url": HERE, "events": ["case.opened"]})
    secret = made.context["secret"]
    assert secret.startswith("whsec_") and secret in made.content.decode()
    hook = made.context["hook"]
    at = f"/settings/hooks/{hook.reference}/"
    assert secret not in browser.get(at).content.decode()
    assert as_page(mei).get(at).status_code == 404

    make_case(harbour, mei)
    relay_events()
    (row,) = deliveries()
    assert row.event == "case.opened"
    with sight.every_client():
        Delivery.objects.filter(pk=row.pk).update(
            state="failed", reason="connect", tries=10, planned_at=timezone.now() - 29 * DAY
        )
    log = browser.get(at).content.decode()
    assert row.reference in log and "Nobody answers there." in log

    browser.post(f"{at}pause/")
    assert again(hook).is_paused and services.claim_due() == []
    assert browser.post(f"/settings/hooks/deliveries/{row.reference}/sendings/").status_code == 302
    assert again(row).state == "failed"  # nothing goes there now
    browser.post(f"{at}resumption/")
    browser.post(f"/settings/hooks/deliveries/{row.reference}/sendings/")
    assert (again(row).state, again(row).tries) == ("planned", 0)
    assert browser.post(at, {"name": "Other", "url": HERE, "events": []}).status_code == 422
    browser.post(at, {"name": "Other", "url": HERE, "events": ["site.away", "nothing.such"]})
    browser.post(at, {"name": "Other", "url": HERE, "events": ["site.away"]})
    assert (again(hook).name, again(hook).events) == ("Other", ["site.away"])
    assert browser.post(f"{at}secret/").context["secret"] not in ("", secret)

    assert services.sweep() == 0
    assert services.sweep(now=timezone.now() + 2 * DAY) == 1
    browser.post(f"{at}tests/")
    browser.post(f"{at}removal/")
    assert deliveries() == []
    with sight.every_client():
        traces = list(AuditEvent.objects.filter(kind__startswith="hook.").order_by("id"))
    kinds = [one.kind for one in traces]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("hook.made", "hook.removed", {"hook.changed"})
    assert "whsec_" not in str([one.data for one in traces])
