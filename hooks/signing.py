"""Signatures as the Standard Webhooks have them: HMAC-SHA256 over id, time and body. For the one who sends, and for
the one who gets it.

This file needs nothing of the portal and nothing but Python: whoever receives may take it along as it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
TOLERANCE = 5 * 60  # seconds by which the two clocks may differ; an older copy sent again is refused


class NotGenuine(Exception):
    """Not from the portal, changed on its way, or an old one sent again."""


def sign(secret: str, message_id: str, at: int, body: bytes) -> str:
    """`v1,<base64>` for one secret; `at` in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.new(key, b".".join([message_id.encode(), str(at).encode(), body]), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def verify(
    secrets: str | Iterable[str], headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> str:
    """The message's id where one of the secrets signed it within the last minutes; else `NotGenuine`.

    Keep the ids of a day: a message may come twice, with the same id. `body` is what came, byte by byte.
    """
    told = {name.lower(): value for name, value in headers.items()}
    message_id, signatures = told.get("webhook-id", ""), told.get("webhook-signature", "").split()
    try:
        at = int(told.get("webhook-timestamp", ""))
    except ValueError:
        raise NotGenuine("no time") from None
    if not message_id or abs((time.time() if now is None else now) - at) > TOLERANCE:
        raise NotGenuine("too old, or from the future")
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        right = sign(secret, message_id, at, body).encode()
        if any(hmac.compare_digest(right, one.encode()) for one in signatures):
            return message_id
    raise NotGenuine("no signature of ours")
