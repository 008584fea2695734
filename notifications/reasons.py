"""Why a message was not sent, in words that say what next; the codes stand in the rows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REASONS: dict[str, Promise] = {
    "mail_unreachable": gettext_lazy("The mail server cannot be reached. It is tried again by itself."),
    "mail_silent": gettext_lazy("The mail server does not answer. It is tried again by itself."),
    "mail_dropped": gettext_lazy("The mail server dropped the line. It is tried again by itself."),
    "mail_refused": gettext_lazy("The mail server did not take it. It is tried again by itself."),
    "mail_unknown": gettext_lazy("The mail server took it and dropped the line; it may have arrived."),
    "unknown_outcome": gettext_lazy("It may have arrived: twice nobody heard how the sending ended."),
    "unusable_address": gettext_lazy("The address cannot be used. Correct it and send again."),
    "sms_not_mainland": gettext_lazy("Not a mainland mobile number. Correct it and ask for a new code."),
    "too_late": gettext_lazy("It could not be sent in time. Ask for a new code."),
    "left": gettext_lazy("The person has no place there any more."),
    "overtaken": gettext_lazy("It was no longer needed when it was to be sent."),
    "switched_off": gettext_lazy("The person wants no reminders by mail."),
    "not_written": gettext_lazy("The message could not be put together. The portal's operator can see why."),
    "again": gettext_lazy("It was sent again."),
}


def sentence_of(code: str) -> str:
    """The sentence of a code; of a mail server's own code what kind of answer it was."""
    if code in REASONS:
        return str(REASONS[code])
    number = code.removeprefix("mail_")
    if number.isdigit():
        if number.startswith("5"):
            return _("The recipient's mail server refuses this address (%(code)s).") % {"code": number}
        return _("The mail server asks to wait (%(code)s). It is tried again by itself.") % {"code": number}
    return code
