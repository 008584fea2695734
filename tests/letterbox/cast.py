"""Letters as providers hand them on, in the shape of their documentation; people and addresses are made up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from cases.models import Case
from clients import sight
from clients.models import User
from letterbox.models import Letter, LetterFile, State

SECRET = "mail:long-and-random"
DOMAIN = "reply.willow.example"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()


def set_up(settings, provider: str = "postmark") -> None:
    settings.MAIL_PROVIDER, settings.MAIL_REPLY_DOMAIN = provider, DOMAIN
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}


def call(path: str, body: Any, secret: str = BASIC):
    return Browser().post(
        path, json.dumps(body), content_type="application/json", headers={"Authorization": secret}
    )


def postmark_letter(
    to: str,
    sender: str = "ada@harbour.example",
    text: str = "The licence is on its way.",
    *,
    subject: str = "Re: Your filing",
    message_id: str = "<CA+1@mail.harbour.example>",
    tests: str | None = "DKIM_SIGNED,DKIM_VALID,DKIM_VALID_AU,SPF_PASS",
    headers: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """As Postmark's inbound webhook posts it."""
    full = {"Email": sender, "Name": "Ada", "MailboxHash": ""}
    report = [("X-Spam-Tests", tests)] if tests is not None else []
    head = [
        ("Return-Path", f"<{sender}>"),
        ("Received", "by p-pm-inbound01.example.com; Mon, 4 May 2026 10:00:00 +0000 (UTC)"),
        ("X-Spam-Checker-Version", "SpamAssassin 3.4.0"),
        ("X-Spam-Status", "No"),
        ("X-Spam-Score", "-0.1"),
        *report,
        ("Message-ID", message_id),
        *headers,
    ]
    return {
        "FromName": "Ada",
        "From": sender,
        "FromFull": full,
        "To": to,
        "ToFull": [{"Email": to, "Name": "", "MailboxHash": ""}],
        "CcFull": [],
        "BccFull": [],
        "OriginalRecipient": to,
        "Subject": subject,
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "ReplyTo": "",
        "MailboxHash": "",
        "Date": "Mon, 4 May 2026 18:00:00 +0800",
        "TextBody": text,
        "HtmlBody": "",
        "StrippedTextReply": "",
        "Tag": "",
        "Headers": [{"Name": name, "Value": value} for name, value in head],
        "Attachments": [],
    } | more


def attached(name: str, content: bytes, kind: str) -> dict[str, Any]:
    content64 = base64.b64encode(content).decode()
    return {"Name": name, "Content": content64, "ContentType": kind, "ContentLength": len(content)}


def mailgun_letter(
    to: str, sender: str, text: str, *, dkim: str = "Pass", signed_by: str = "harbour.example"
) -> dict:
    """As a route of Mailgun forwards it: a form with the files beside its fields."""
    at, token = "1777888800", "t" * 50
    head = [
        ["X-Mailgun-Incoming", "Yes"],
        ["X-Mailgun-Spf", "Pass"],
        ["X-Mailgun-Dkim-Check-Result", dkim],
        [
            "Dkim-Signature",
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={signed_by}; s=s1; h=from:to; bh=x; b=y",
        ],
        ["From", f"Ada <{sender}>"],
        ["To", to],
        ["Subject", "Re: Your filing"],
        ["Message-Id", "<CA+2@mail.harbour.example>"],
    ]
    return {
        "recipient": to,
        "sender": sender,
        "from": f"Ada <{sender}>",
        "subject": "Re: Your filing",
        "body-plain": f"{text}\n\n> what was quoted",
        "stripped-text": text,
        "message-headers": json.dumps(head),
        "timestamp": at,
        "token": token,
        "signature": hmac.new(b"key", f"{at}{token}".encode(), hashlib.sha256).hexdigest(),
        "attachment-count": "1",
        "attachment-1": SimpleUploadedFile("Licence.pdf", b"%PDF-1.7 of a stranger", "application/pdf"),
    }


def unsorted_letter() -> str:
    """The reference of a letter that belongs to no filing."""
    with sight.every_client():
        letter = Letter(key="0" * 64, sender="somebody@else.example", why="no_token")
        letter.write("About a filing", "Here is the licence.")
        letter.save()
        return letter.reference


def filed_letter(case: Case, person: User) -> dict[str, str]:
    """References of a letter that was filed in this case, and of its file, as if one had come."""
    with sight.every_client():
        letter = Letter(
            key=hashlib.sha256(case.reference.encode()).hexdigest(),
            client_id=case.client_id,
            case=case,
            person=person,
            sender=person.email,
            state=State.FILED,
        )
        letter.write("Re: Your filing", "Here is the licence.")
        letter.save()
        file = LetterFile.objects.create(
            letter=letter,
            client_id=case.client_id,
            key=f"letters/{letter.key[:32]}-0",
            filename="licence.pdf",
            size=100,
            content_type="application/pdf",
        )
        return {"letter": letter.reference, "letter_file": file.reference}
