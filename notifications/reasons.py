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
    "mail_unwanted": gettext_lazy("The mail provider refuses this address. Correct it and send again."),
    "mail_busy": gettext_lazy("The mail provider asks to wait. It is tried again by itself."),
    "mail_account": gettext_lazy(
        "The mail provider refuses our account. Whoever runs the portal can mend it."
    ),
    "mail_unclear": gettext_lazy("The mail provider's answer was not understood; it may have arrived."),
    "sms_unreachable": gettext_lazy("The SMS supplier cannot be reached. It is tried again by itself."),
    "sms_silent": gettext_lazy("The SMS supplier did not answer; it may have arrived."),
    "sms_unclear": gettext_lazy("The SMS supplier's answer was not understood; it may have arrived."),
    "sms_busy": gettext_lazy("The SMS supplier asks to wait. It is tried again by itself."),
    "sms_refused": gettext_lazy("The SMS supplier did not take it. It is tried again by itself."),
    "sms_account": gettext_lazy("The SMS supplier refuses our account. Whoever runs the portal can mend it."),
    "sms_number": gettext_lazy("The SMS supplier refuses this number. Correct it and ask for a new code."),
    "chat_unreachable": gettext_lazy(
        "The chat room's server cannot be reached. It is tried again by itself."
    ),
    "chat_silent": gettext_lazy("The chat room's server did not answer; it may have arrived."),
    "chat_unclear": gettext_lazy("The chat room's answer was not understood; it may have arrived."),
    "chat_busy": gettext_lazy("The chat room takes only so many a minute. It is sent by itself."),
    "chat_refused": gettext_lazy("The chat room did not take it. It is tried again by itself."),
    "chat_robot": gettext_lazy(
        "The chat room does not know this robot, or its safety words refuse us. Add the robot again."
    ),
    "robot_gone": gettext_lazy("The robot was taken away."),
    "wechat_unreachable": gettext_lazy("WeChat cannot be reached. It is tried again by itself."),
    "wechat_silent": gettext_lazy("WeChat did not answer; it may have arrived."),
    "wechat_unclear": gettext_lazy("WeChat's answer was not understood; it may have arrived."),
    "wechat_busy": gettext_lazy("WeChat takes only so many. It is sent by itself."),
    "wechat_refused": gettext_lazy("WeChat did not take it. It is tried again by itself."),
    "wechat_account": gettext_lazy("WeChat refuses our account. Whoever runs the portal can mend it."),
    "wechat_not_following": gettext_lazy("The person does not follow the agency's WeChat account."),
    "sms_not_mainland": gettext_lazy("Not a mainland mobile number. Correct it and ask for a new code."),
    "too_late": gettext_lazy("It could not be sent in time. Ask for a new code."),
    "left": gettext_lazy("The person has no place there any more."),
    "overtaken": gettext_lazy("It was no longer needed when it was to be sent."),
    "rests": gettext_lazy("Reminders of this filing rest; colleagues said so."),
    "switched_off": gettext_lazy("The person does not want it by this way."),
    "not_written": gettext_lazy("The message could not be put together. The portal's operator can see why."),
    "mail_bounced": gettext_lazy(
        "It came back: the recipient's server does not take it. Check the address, or call."
    ),
    "mail_rejected": gettext_lazy("The mail provider does not send to this address. Check it, or call."),
    "mail_deferred": gettext_lazy("The recipient's server lets it wait; the provider goes on trying."),
    "mail_complained": gettext_lazy("Its reader marked it as unwanted."),
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
