"""SMS behind one adapter: the suppliers that a setting names, in its order; where it names none, the mail catcher."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from django.conf import settings

from clients.models import Agency
from notifications.channels import mail
from notifications.channels.errors import ChannelError
from trade import numbers


def send(*, to: str, code: str, text: str, agency: Agency, message_id: str) -> None:
    """Send a code to a mainland mobile and to nothing else; raises `ChannelError`.

    Suppliers send by a template that takes the code alone; `text` is for the catcher. Where the first one cannot, the
    next is asked at once: a code is worth nothing in half an hour. Not so where the first may have sent it.
    """
    found = numbers.check("mobile", to)
    if not found.valid or not found.normalised:
        raise ChannelError("sms_not_mainland", permanent=True)
    if not settings.SMS_SUPPLIERS:
        to_catcher(to=found.normalised, text=text, agency=agency, message_id=message_id)
        return
    trouble: ChannelError | None = None
    for name in settings.SMS_SUPPLIERS:
        try:
            _supplier(name)(to=found.normalised, code=code, message_id=message_id)
        except ChannelError as error:
            if error.permanent or error.unknown:
                raise
            trouble = trouble or error
        else:
            return
    assert trouble is not None
    raise trouble


def _supplier(name: str) -> Callable[..., None]:
    """By its name in the settings; its SDK is loaded only where it is used."""
    return import_module(f"notifications.channels.{name}").send


def to_catcher(*, to: str, text: str, agency: Agency, message_id: str) -> None:
    """For development: a mail to NUMBER@sms.invalid, which no mail server on earth delivers."""
    mail.send(to=f"{to}@sms.invalid", subject="SMS", text=text, agency=agency, message_id=message_id)
