"""What befalls a part of the portal, at the moment that hurts most."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.portal import Portal

SWEEP = 150  # seconds within which the beat has come by, on a machine with other things to do


def strike(portal: Portal, part: str, sig: int) -> None:
    """A signal to the part and all its children at one moment."""
    pid = portal.pid(part)
    assert pid, f"{part} is not up"
    os.killpg(pid, sig)


def kill_while(portal: Portal, part: str, busy: Callable[[], object], *, patience: float = 60) -> bool:
    """SIGKILL in the middle: stopped first, looked at, killed where it is still at it; whether it was."""
    portal.wait_until(busy, patience, 0.01)
    strike(portal, part, signal.SIGSTOP)
    caught = bool(busy())
    strike(portal, part, signal.SIGKILL if caught else signal.SIGCONT)
    return caught


def pass_five_minutes(portal: Portal, table: str) -> None:
    """A claim of somebody who is gone is old now; waiting for that would teach nothing more."""
    portal.sql(
        f"UPDATE {table} SET claimed_at = claimed_at - interval '6 minutes' WHERE claimed_at IS NOT NULL"
    )


def at_once(*acts: Callable[[], object]) -> list:
    """What each of them gives, all begun at the same moment."""
    ready = threading.Barrier(len(acts))

    def do(act: Callable[[], object]) -> object:
        ready.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as people:
        return [one.result() for one in [people.submit(do, act) for act in acts]]
