"""List and case page against the bare ones, and against themselves with a hundredth of the cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.asking import Line, Runner, in_turn, of, paid, take_turns
from bench.house import BIG, SMALL, House

DJANGO, BARE = "icp_portal.wsgi:application", "bench.bare:application"


@dataclass
class Figures:
    """Everybody who took turns, by name."""

    runners: dict[str, Runner]

    def of(self, one: str, other: str) -> tuple[float, float]:
        """By the clock on the wall, and by the web process's share of the processor."""
        return of(self.runners[one], self.runners[other]), paid(self.runners[one], self.runners[other])


def measure(house: House, *, rounds: int, seconds: float) -> Figures:
    """All pages in turn; a wrong answer ends the run."""
    lines = {
        name: (Line(port, house.cookie), pid)
        for name, (port, pid) in {
            "big": house.serve("big", DJANGO, BIG),
            "small": house.serve("small", DJANGO, SMALL),
            "bare": house.serve("bare", BARE, BIG),
        }.items()
    }
    cases = {SMALL: house.references(SMALL), BIG: house.references(BIG)}

    def asks(server: str, paths: list[str]) -> tuple[Callable[[], None], int]:
        line, pid = lines[server]
        turn = in_turn(paths)

        def ask() -> None:
            path = next(turn)
            status, _head, body = line.get(path)
            assert status == 200, f"{server} answers {status} at {path}: {body[:200]!r}"

        return ask, pid

    def pages(database: str) -> list[str]:
        return [f"/cases/{reference}/" for reference in cases[database]]

    asked = {
        "list": asks("big", ["/cases/"]),
        "bare list": asks("bare", ["/cases/"]),
        "case": asks("big", pages(BIG)),
        "bare case": asks("bare", pages(BIG)),
        "small list": asks("small", ["/cases/"]),
        "small case": asks("small", pages(SMALL)),
    }
    runners = {name: Runner(name, ask, pid) for name, (ask, pid) in asked.items()}
    take_turns(list(runners.values()), rounds=rounds, seconds=seconds)
    return Figures(runners)
