"""The language, the addresses and the lines of a thread, kept where a thread keeps things.

Django keeps them in objects made for coroutines, of which the portal has none; to ask those was a twelfth of a page's
time. A thread's own object answers the same to whoever lives in one thread.
"""

from __future__ import annotations

import threading

from django.db import connections
from django.urls import base
from django.utils.translation import trans_real


def keep() -> None:
    """Once, before anybody has asked."""
    trans_real._active = threading.local()  # type: ignore[attr-defined]
    base._prefixes = threading.local()  # type: ignore[attr-defined]
    base._urlconfs = threading.local()  # type: ignore[attr-defined]
    connections._connections = threading.local()  # type: ignore[attr-defined]
