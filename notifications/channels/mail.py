"""Mail: a letter as text and HTML, handed over step by step, so that we know what an error means.

To a mail server, or to a provider's API by django-anymail, as `EMAIL_URL` has it.
"""

from __future__ import annotations

import smtplib
from datetime import timedelta
from email.errors import HeaderParseError
from email.utils import formataddr, parseaddr

import requests
from anymail.backends.base import AnymailBaseBackend
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email

from clients.models import Agency
from notifications.channels import calling
from notifications.channels.errors import ChannelError


def send(
    *,
    to: str,
    name: str = "",
    subject: str,
    text: str,
    html: str = "",
    agency: Agency,
    message_id: str,
    unsubscribe: str = "",
    reply_to: str = "",
) -> None:
    """Hand one mail over; raises `ChannelError`. `message_id` is the row's, so that a double is recognisable."""
    message = _build(to, name, subject, text, html, agency, message_id, unsubscribe, reply_to)
    connection = get_connection()
    if isinstance(connection, EmailBackend):
        _hand_over(connection, message, to)
        return
    if isinstance(connection, AnymailBaseBackend):
        _give_provider(connection, message, message_id)
        return
    try:
        connection.send_messages([message])
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelError("mail_refused") from error


def _build(
    to, name, subject, text, html, agency: Agency, message_id, unsubscribe, reply_to
) -> EmailMultiAlternatives:
    """Header signs in a name or address end here, not in somebody's mailbox."""
    try:
        validate_email(to)
        if any(sign in name + agency.name for sign in "\r\n\0"):
            raise ValueError("header")
        place = agency.sender.rpartition("@")[2]
        headers = {"Message-ID": f"<{message_id}@{place}>", "Auto-Submitted": "auto-generated"}
        if unsubscribe:
            headers["List-Unsubscribe"] = f"<{unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        message = EmailMultiAlternatives(
            " ".join(subject.split()),
            text,
            formataddr((agency.name, agency.sender)),
            [formataddr((name, to))],
            headers=headers,
            reply_to=[formataddr((agency.name, reply_to))] if reply_to else None,
        )
        if html:
            message.attach_alternative(html, "text/html")
        message.message()  # built once to see that it can be
    except (ValidationError, ValueError, HeaderParseError, UnicodeError) as error:
        raise ChannelError("unusable_address", bounced=True) from error
    return message


def _hand_over(connection: EmailBackend, message: EmailMultiAlternatives, to: str) -> None:
    """One conversation. Until the last dot is out nothing was taken; after it, only the answer tells."""
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelError(_why(error, "mail_unreachable"), down=True) from error
    smtp = connection.connection
    assert smtp is not None
    try:
        smtp.ehlo_or_helo_if_needed()
        sender = sanitize_address(parseaddr(message.from_email)[1], "utf-8")
        _ask(*smtp.mail(sender), down=True)
        _ask(*smtp.rcpt(sanitize_address(to, "utf-8")), bounces=True)
        code, said = smtp.docmd("DATA")
        if code != 354:
            _ask(code, said, bounces=True)
        smtp.send(_dotted(message))
    except (OSError, smtplib.SMTPException) as error:
        _close(smtp)
        raise ChannelError(_why(error, "mail_dropped"), down=True) from error
    except ChannelError:
        _close(smtp)
        raise
    try:
        code, said = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        _close(smtp)
        raise ChannelError("mail_unknown", unknown=True) from error
    try:
        _ask(code, said, bounces=True)
    finally:
        _close(smtp)


# What a provider says of the key, the sender or the bill: the same for every mail.
_ACCOUNT = frozenset({401, 402, 403})
_LONGEST_WAIT = 3600  # seconds; whatever a provider asks for


def _give_provider(connection: AnymailBaseBackend, message: EmailMultiAlternatives, message_id: str) -> None:
    """One call of the provider's API; it keeps the row's reference beside the mail, for what it tells of it later."""
    message.metadata = {"notification": message_id}  # type: ignore[attr-defined]  # anymail's own
    try:
        connection.send_messages([message])
    except (AnymailRecipientsRefused, AnymailInvalidAddress):
        raise ChannelError("mail_unwanted", bounced=True) from None
    except requests.RequestException as error:
        raise _of_provider(error) from None
    except AnymailAPIError as error:
        raise _of_status(error.status_code, None) from None
    except AnymailError:
        raise ChannelError("mail_refused") from None


def _of_provider(error: requests.RequestException) -> ChannelError:
    answer = error.response
    if answer is not None:
        return _of_status(answer.status_code, answer.headers.get("Retry-After"))
    if isinstance(error, requests.JSONDecodeError):
        return ChannelError("mail_unclear", unknown=True)
    return calling.unanswered(error, of="mail")


def _of_status(status: int | None, after: str | None) -> ChannelError:
    """429 and 503 name their wait; 4xx is about this mail, 5xx about the provider."""
    if status == 429:
        seconds = int(after) if after and after.isdigit() else 60
        return ChannelError("mail_busy", wait=timedelta(seconds=min(max(seconds, 1), _LONGEST_WAIT)))
    if status in _ACCOUNT:
        return ChannelError("mail_account", down=True)
    if status and 200 <= status < 300:
        return ChannelError("mail_unclear", unknown=True)
    if status and 400 <= status < 500:
        return ChannelError("mail_refused")
    return ChannelError("mail_unreachable", down=True)


def _ask(code: int, said: bytes, *, bounces: bool = False, down: bool = False) -> None:
    """2xx is yes; 4xx is not now; 5xx is never, and about the recipient where `bounces`."""
    if 200 <= code < 300:
        return
    if code >= 500 and bounces:
        raise ChannelError(f"mail_{code}", bounced=True)
    raise ChannelError(f"mail_{code}", down=down or code == 421)


def _dotted(message: EmailMultiAlternatives) -> bytes:
    raw = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
    lines = raw.split(b"\r\n")
    dotted = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return dotted.rstrip(b"\r\n") + b"\r\n.\r\n"


def _why(error: BaseException, otherwise: str) -> str:
    if isinstance(error, TimeoutError):
        return "mail_silent"
    code = getattr(error, "smtp_code", None)
    return f"mail_{code}" if isinstance(code, int) and code > 0 else otherwise


def _close(smtp: smtplib.SMTP) -> None:
    """Politely where the other side still listens."""
    try:
        smtp.timeout = 2
        if smtp.sock is not None:
            smtp.sock.settimeout(2)
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        smtp.close()
