"""The virus scanner where one is named: silence is never taken for clean."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

PATIENCE = 30.0


class ScannerSilent(Exception):
    """The scanner did not say clean and did not say infected; the file goes on waiting."""


def scan(path: Path) -> str | None:
    """The name of what was found in the file, or None where the scanner says clean or none is named."""
    if not (address := settings.CLAMD_URL):
        return None
    import clamd  # brings pkg_resources along, which costs every start a fifth of a second

    try:
        with path.open("rb") as file:
            verdict, found = _scanner(address).instream(file)["stream"]
    except (clamd.ClamdError, OSError, KeyError, ValueError, TypeError) as error:
        raise ScannerSilent(type(error).__name__) from error
    if verdict == "OK":
        return None
    if verdict == "FOUND":
        # "Heuristics.Limits.Exceeded" is a finding of the scanner's own limits: not clean, so not taken.
        return str(found)[:120]
    raise ScannerSilent(str(verdict)[:40])


def _scanner(address: str) -> Any:
    import clamd

    parts = urlsplit(address)
    if parts.scheme == "unix":
        return clamd.ClamdUnixSocket(path=parts.path, timeout=PATIENCE)
    return clamd.ClamdNetworkSocket(
        host=parts.hostname or "localhost", port=parts.port or 3310, timeout=PATIENCE
    )


def answers() -> bool:
    """Whether the scanner that is named is there."""
    import clamd

    try:
        return _scanner(settings.CLAMD_URL).ping() == "PONG"
    except (clamd.ClamdError, OSError):
        return False
