"""How long `make run` takes and what all it starts keeps in memory at rest."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

from runner.words import Terminal

_PSS = re.compile(r"^Pss: +(\d+) kB", re.MULTILINE)
REST = 20
PARTS = ("postgres", "valkey", "store", "mail", "worker", "beat", "web")


def tell(terminal: Terminal) -> None:
    """A first start with the demo, the memory a while after, a second start."""
    from tests.portal import portal_in

    begun = time.monotonic()
    with terminal.step("first start"), portal_in() as portal:
        print(f"    {'first start, environment there':<52}{time.monotonic() - begun:>8.1f} s    aim ≤ 60")
        time.sleep(REST)
        shares = {name: memory(portal.pid(name)) for name in PARTS}
        total = sum(shares.values()) + _pss(portal.keeper.pid if portal.keeper else 0) / 1000
        told = ", ".join(f"{name} {share:.0f}" for name, share in shares.items())
        print(f"    {f'memory at rest, after {REST} s':<52}{total:>8.0f} MB   aim ≤ 900   ({told})")
        portal.down()
        begun = time.monotonic()
        portal.up()
        print(f"    {'later start':<52}{time.monotonic() - begun:>8.1f} s    aim ≤ 8")


def memory(pid: int) -> float:
    """A process and its descendants in MB, what they share counted once."""
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        total += _pss(one)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
    return total / 1000


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        if found := _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text()):
            return int(found[1])
    return 0
