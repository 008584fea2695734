"""SMS behind one adapter. The supplier's backend is named by a setting; the one here hands it to the mail catcher."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from clients.models import Agency
from notifications.channels import mail
from notifications.channels.errors import ChannelError
from trade import numbers

CATCHER = "notifications.channels.sms.to_catcher"


def send(*, to: str, text: str, agency: Agency, message_id: str) -> None:
    """Send to a mainland mobile and to nothing else; raises `ChannelError`."""
    found = numbers.check("mobile", to)
    if not found.valid or not found.normalised:
        raise ChannelError("sms_not_mainland", permanent=True)
    backend = import_string(getattr(settings, "SMS_BACKEND", CATCHER))
    backend(to=found.normalised, text=text, agency=agency, message_id=message_id)


def to_catcher(*, to: str, text: str, agency: Agency, message_id: str) -> None:
    """For development: a mail to NUMBER@sms.invalid, which no mail server on earth delivers."""
    mail.send(to=f"{to}@sms.invalid", subject="SMS", text=text, agency=agency, message_id=message_id)
