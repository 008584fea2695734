"""Numbers of papers, sealed at rest: AES-GCM with a key ring that can turn, each box bound to its row."""

import base64
import functools
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE = 12  # bytes, as NIST SP 800-38D asks for random nonces


class Locked(Exception):
    """No key of the ring opens this box, or it belongs to another row."""


@functools.cache
def _ring() -> dict[str, AESGCM]:
    """The keys by name, the newest first: it seals, all of them open."""
    ring = {}
    for entry in settings.NUMBER_KEYS:
        name, _, key = entry.partition(":")
        raw = base64.b64decode(key)
        if not name or len(raw) != 32:
            raise ImproperlyConfigured("NUMBER_KEYS wants a comma list of name:base64 with 32 bytes each.")
        ring[name] = AESGCM(raw)
    if not ring:
        raise ImproperlyConfigured("Write a line NUMBER_KEYS=k1:<32 bytes in base64> into the environment.")
    return ring


def seal(value: str | bytes, *, row: str) -> bytes:
    """`value` in a box that opens for `row` only: `<key name>:<nonce><ciphertext>`."""
    name, key = next(iter(_ring().items()))
    nonce = os.urandom(NONCE)
    clear = value.encode() if isinstance(value, str) else value
    return name.encode() + b":" + nonce + key.encrypt(nonce, clear, row.encode())


def unseal_bytes(box: bytes | memoryview, *, row: str) -> bytes:
    """What lies in the box; `Locked` where its key is gone or the box was moved to another row."""
    name, _, rest = bytes(box).partition(b":")
    key = _ring().get(name.decode("ascii", "replace"))
    if key is None:
        raise Locked(name)
    try:
        return key.decrypt(rest[:NONCE], rest[NONCE:], row.encode())
    except InvalidTag:
        raise Locked(name) from None


def unseal(box: bytes | memoryview, *, row: str) -> str:
    """The text in the box."""
    return unseal_bytes(box, row=row).decode()


def keyed_hash(value: str | bytes, *, kind: str) -> str:
    """64 hex digits that find an equal value of the same kind and tell nothing to who lacks the key."""
    clear = value.encode() if isinstance(value, str) else value
    return hmac.new(settings.HASH_KEY.encode(), kind.encode() + b"\0" + clear, hashlib.sha256).hexdigest()


def mask(value: str) -> str:
    """`****` and the last four; nothing of a value that is no longer than that."""
    if not value:
        return ""
    return "****" + (value[-4:] if len(value) > 4 else "")
