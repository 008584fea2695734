"""Why something did not arrive, in words that say what next; the codes stand in the rows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "scheme": _("Only https:// addresses are told anything."),
    "host": _("This is no address that can be asked. Write it like https://crm.company.com/hooks."),
    "port": _("Only the port of https is asked. Leave the number out."),
    "address": _(
        "The address leads into a private network. Only addresses of the open internet are told anything."
    ),
    "name": _("The name leads nowhere."),
    "connect": _("Nobody answers there."),
    "tls": _("The certificate does not fit the name, or nobody trusts it."),
    "slow": _("It took longer than 15 seconds to answer."),
    "protocol": _("What answered does not speak HTTP."),
    "redirects": _("It leads on to another address. Write the new one here."),
    "answer": _("It did not answer with a status of 200 to 299."),
    "gone": _("It says that it is gone for good (410)."),
    "again": _("Sent again by hand."),
}


def sentence_of(code: str) -> str:
    return str(REASONS.get(code, code))
