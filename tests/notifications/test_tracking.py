"""What a mail provider tells of mails afterwards: it came back, it waits, its reader did not want it."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from cases.services import progress
from clients import sight
from clients.models import User
from notifications import services
from notifications.models import Notification
from tests.letterbox.cast import BASIC, call, set_up
from tests.notifications.cast import rows, told

pytestmark = pytest.mark.django_db
TRACKING = "/mail/postmark/tracking/"


@pytest.fixture
def letter(case, mei, ada, settings) -> Notification:
    """A mail to Ada that has gone out."""
    set_up(settings)
    with sight.every_client():
        progress.write_note(case, "Could you call me?", by=mei, audience="client")
    told()
    (row,) = rows(channel="mail", recipient=ada, state="sent")
    return row


def again(row) -> Notification:
    return rows(pk=row.pk)[0]


def bounce(row, kind: str = "HardBounce", record: str = "Bounce") -> dict:
    """As Postmark's webhook posts it."""
    return {
        "RecordType": record,
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"notification": row.reference},
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "Test bounce details",
        "Email": "ada@harbour.example",
        "From": "portal@agency.example",
        "BouncedAt": "2026-05-04T16:33:54.9070259Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
    }


def test_a_bounce_is_a_managers_task_once(letter, mei):
    for _twice in range(2):
        assert call(TRACKING, bounce(letter)).status_code == 200

    row = again(letter)
    assert (row.state, row.reason, row.is_trouble) == ("bounced", "mail_bounced", True)
    (heard,) = rows(kind="undelivered")
    assert (heard.recipient_id, heard.case_id) == (mei.pk, letter.case_id)
    assert services.deliver(letter.pk) == ""


def test_what_waits_says_so_and_a_complaint_ends_reminders(letter, mei, ada):
    call(TRACKING, bounce(letter, "Transient"))
    assert (again(letter).state, again(letter).reason) == ("sent", "mail_deferred")
    call(TRACKING, {**bounce(letter, record="Delivery"), "DeliveredAt": "2026-05-04T16:35:00Z"})
    assert again(letter).reason == ""

    for _twice in range(2):
        call(TRACKING, bounce(letter, "SpamComplaint", record="SpamComplaint"))
    with sight.every_client():
        assert not User.objects.get(pk=ada.pk).wants_reminders
    assert (again(letter).state, again(letter).reason) == ("sent", "mail_complained")
    (heard,) = rows(kind="complained")
    assert heard.recipient_id == mei.pk and heard.channel == "in_app"
    call(TRACKING, bounce(letter, "BadEmailAddress"))
    assert (again(letter).state, again(letter).reason) == ("bounced", "mail_rejected")


def test_the_secret_is_asked_and_what_is_not_ours_is_nothing(letter, settings):
    body = bounce(letter)
    for secret in ("", "Basic bWFpbDp3cm9uZw==", BASIC.lower()):
        assert call(TRACKING, body, secret).status_code == 401
    assert call("/mail/mailgun/tracking/", body).status_code == 404
    for strange in (
        {"Metadata": {"notification": "N-AAAAAAAAAAAAAA"}},
        {"Metadata": {"notification": ["x"]}},
        {"Metadata": {}, "MessageID": "<x@y>"},
        {"Metadata": {"notification": f"{letter.reference}'; DROP"}},
    ):
        assert call(TRACKING, body | strange).status_code == 200, strange
    assert call(TRACKING, body | {"Metadata": "x"}).status_code in (200, 400)
    assert again(letter).state == "sent"
    settings.ANYMAIL = {}
    assert call(TRACKING, body).status_code == 404
    assert again(letter).state == "sent"


def test_a_mail_is_known_by_its_message_id_too(letter, settings):
    """A mail server of Mailgun's keeps the id that the letter went out with; the signature is held as well."""
    set_up(settings, "mailgun")
    at, token = "1777888800", "a" * 50
    signature = hmac.new(b"key", f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": at, "token": token, "signature": signature},
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "timestamp": 1777888800.5,
            "recipient": "ada@harbour.example",
            "message": {
                "headers": {"to": "ada@harbour.example", "message-id": f"{letter.reference}@agency.example"}
            },
            "delivery-status": {"code": 550, "message": "5.1.1 no such user", "description": ""},
            "user-variables": {},
        },
    }
    path = "/mail/mailgun/tracking/"
    forged = body | {"signature": body["signature"] | {"signature": "0" * 64}}

    assert call(path, forged).status_code == 400
    assert again(letter).state == "sent"
    assert call(path, body).status_code == 200
    assert (again(letter).state, again(letter).reason) == ("bounced", "mail_bounced")
