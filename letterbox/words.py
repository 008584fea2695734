"""Why a letter could not be filed by itself, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "no_token": _("It went to no address that belongs to a filing."),
    "no_place": _("Whoever the address was made for has no place there any more."),
    "other_sender": _("It comes from another address than that of the person to whom we wrote."),
    "not_proven": _(
        "That it comes from where it says is not proven: its signature (DKIM) is missing or wrong."
    ),
    "not_taken": _("The filing takes no message now."),
    "automatic": _("Nobody wrote it: an automatic answer."),
}


def sentence_of(code: str) -> str:
    return str(REASONS.get(code, code))
