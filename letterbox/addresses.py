"""Addresses at which one person answers to one filing: `reply+TOKEN@domain`, good for these two and nobody else.

The token is no secret that opens anything by itself: a letter counts only where its sender is proven besides.
"""

from __future__ import annotations

import hmac
import re
from typing import NamedTuple

from django.conf import settings

from cases.models import Case
from clients.models import User
from clients.sealing import keyed_hash

MARK = 20  # hex digits, 80 bits
FORM = re.compile(r"reply\+f([0-9a-z]{6,12})\.p([0-9a-z]{6,12})\.([0-9a-f]{20})", re.IGNORECASE)


class Meant(NamedTuple):
    """References of the filing and of the person."""

    case: str
    person: str


def reply_address(case: Case, person: User) -> str:
    """Empty where no domain takes replies."""
    if not settings.MAIL_REPLY_DOMAIN:
        return ""
    short = (one.reference.partition("-")[2].lower() for one in (case, person))
    mark = _mark(Meant(case.reference, person.reference))
    return "reply+f{}.p{}.{}@{}".format(*short, mark, settings.MAIL_REPLY_DOMAIN)


def meant_by(address: str) -> Meant | None:
    """Whom and what an address was made for; None for one that we never made."""
    local, _at, domain = address.strip().rpartition("@")
    found = FORM.fullmatch(local)
    if not found or not settings.MAIL_REPLY_DOMAIN or domain.lower() != settings.MAIL_REPLY_DOMAIN.lower():
        return None
    meant = Meant(f"F-{found[1].upper()}", f"P-{found[2].upper()}")
    return meant if hmac.compare_digest(_mark(meant), found[3].lower()) else None


def _mark(meant: Meant) -> str:
    return keyed_hash("|".join(meant), kind="reply")[:MARK]
