"""What waits for an hour tells a human by another way, once; and the ledger in which all of it is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from cases.services import phones, progress
from clients import sight
from clients.models import AuditEvent
from clients.services.invitations import invite_person
from notifications import services
from notifications.models import Notification, Outage
from tests.notifications import servers
from tests.notifications.cast import rows, to

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def note(case, by, times: int = 1) -> None:
    with sight.every_client():
        for number in range(times):
            progress.write_note(case, f"Note {number}", by=by, audience="client")
    services.relay_events()


def mend(settings) -> None:
    """Mail goes out again."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def outages() -> list[tuple[str, bool]]:
    with sight.every_client():
        return [(one.channel, one.ended_at is None) for one in Outage.objects.order_by("pk")]


def test_an_hour_without_mail_is_told_once_however_much_waits_and_again_only_after_it_went(
    case, mei, ada, settings, as_page, root
):
    now = timezone.now()
    note(case, mei, times=3)
    with servers.nobody(settings):
        for minutes in (0, 20, 55):
            services.deliver_due(now=now + minutes * MINUTE)
            services.watch_channels(now=now + minutes * MINUTE)
        assert outages() == []
        for minutes in (65, 66, 130):
            services.deliver_due(now=now + minutes * MINUTE)
            services.watch_channels(now=now + minutes * MINUTE)

    assert outages() == [("mail", True)]
    told = rows(kind="channel.outage")
    assert [(one.recipient_id, one.channel, one.state) for one in told] == [(mei.pk, "in_app", "sent")]
    page = as_page(mei).get("/notifications/").content.decode()
    assert "Mail: for an hour nothing has gone out by this way." in page
    assert "cannot be reached" in page
    page = as_page(root).get("/settings/health/").content.decode()
    assert "nothing goes out since" in page
    assert "channels" in as_page(root).get("/healthz").json()["away"]

    mend(settings)
    services.deliver_due(now=now + 400 * MINUTE)
    services.watch_channels(now=now + 400 * MINUTE)
    assert outages() == [("mail", False)]
    assert len(to(ada.email)) == 3
    note(case, mei)
    with servers.nobody(settings):
        services.watch_channels(now=timezone.now() + 70 * MINUTE)
    assert outages() == [("mail", False), ("mail", True)]
    assert len(rows(kind="channel.outage")) == 2


def test_codes_that_come_to_nothing_for_an_hour_are_an_outage_though_none_of_them_waits(
    case, mei, ada, settings
):
    settings.SMS_SUPPLIERS = []
    now = timezone.now()
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
    services.relay_events()
    with servers.nobody(settings):
        services.deliver_due(now=now + MINUTE)
        services.deliver_due(now=now + 20 * MINUTE)
    assert rows(channel="sms")[0].state == "failed"
    mend(settings)
    services.watch_channels(now=now + 30 * MINUTE)
    assert outages() == []

    services.watch_channels(now=now + 61 * MINUTE)
    services.watch_channels(now=now + 62 * MINUTE)
    services.deliver_due(now=now + 62 * MINUTE)

    assert outages() == [("sms", True)]
    assert {one.channel for one in rows(kind="channel.outage")} == {"in_app", "mail"}
    (letter,) = to(mei.email)
    assert letter.subject == "SMS: nothing has gone out for an hour"
    assert "state=planned&channel=sms" in letter.body
    with sight.every_client():
        row = Notification.objects.get(channel="sms")
        Notification.objects.filter(pk=row.pk).update(state="sent", sent_at=now + 70 * MINUTE)
    services.watch_channels(now=now + 71 * MINUTE)
    assert outages() == [("sms", False)]


def test_the_ledger_is_searched_by_case_person_way_and_state_and_sends_again(
    as_page, case, lotus, mei, lim, ada, bo, harbour, settings
):
    from cases.services.opening import open_case

    with sight.every_client():
        other = open_case(lotus, by=mei, given={"domain": {"name": "lotus.example"}})
        progress.write_note(other, "For Bo.", by=mei, audience="client")
        invite_person("new@harbour.example", role="responsible", client=harbour, by=mei)
    note(case, mei)
    with servers.smtp(settings, rcpt="550 no such user"):
        services.deliver_due()

    def found(who, **asked) -> list[str]:
        answer = as_page(who).get("/messages/", asked)
        assert answer.status_code == 200
        return sorted({row["row"].to for row in answer.context["rows"]})

    everybody = sorted([ada.email, bo.email, "new@harbour.example"])
    assert found(mei) == everybody
    assert found(mei, case=case.reference) == found(mei, case=case.domain_name) == [ada.email]
    assert found(mei, person=bo.email.upper()) == found(mei, person="Bo") == [bo.email]
    assert found(mei, state="bounced", channel="mail") == everybody
    assert found(mei, state="sent") == found(mei, channel="wechat") == found(mei, case="' OR 1=1 --") == []
    assert found(mei, person="Ada", case=other.reference) == []
    assert found(lim) == [ada.email, "new@harbour.example"]  # Harbour's alone
    assert found(lim, person="Bo") == found(lim, case=other.reference) == []
    assert as_page(ada).get("/messages/").status_code == 404

    mend(settings)
    invitation = rows(kind="invitation.made")[0]
    (theirs,) = rows(recipient=bo, channel="mail")
    assert as_page(lim).post(f"/messages/{theirs.reference}/sendings/").status_code == 404
    onward = {"next": "/messages/?person=new"}
    answer = as_page(mei).post(f"/messages/{invitation.reference}/sendings/", onward)
    assert answer["Location"] == "/messages/?person=new"
    as_page(mei).post(f"/messages/{invitation.reference}/sendings/", {"next": "//evil.example/"})
    services.deliver_due()
    assert [one.to for one in mail.outbox] == [["new@harbour.example"]]
    with sight.every_client():
        assert AuditEvent.objects.filter(kind="invitation.made").count() == 1
