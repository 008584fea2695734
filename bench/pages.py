"""List and case page against the bare ones; and all that is asked for all day, against itself with few cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.asking import Line, Runner, in_turn, of, paid, take_turns
from bench.house import BIG, SMALL, House

EVERYWHERE = (
    "list",
    "case",
    "board",
    "Today",
    "search in Latin letters",
    "search in Chinese",
    "client's home",
)
DJANGO, BARE = "icp_portal.wsgi:application", "bench.bare:application"


@dataclass
class Figures:
    """Everybody who took turns, by name."""

    runners: dict[str, Runner]

    def of(self, one: str, other: str) -> tuple[float, float]:
        """By the clock on the wall, and by the web process's share of the processor."""
        return of(self.runners[one], self.runners[other]), paid(self.runners[one], self.runners[other])

    def slower(self, name: str, percent: int) -> float:
        """How much longer so many of a hundred requests wait for this page where there are many cases."""
        return self.runners[f"big {name}"].wait(percent) / self.runners[f"small {name}"].wait(percent)


def searched(house: House, database: str) -> tuple[list[str], list[str]]:
    """Searches that people make: what many cases hold, what few hold, what one holds."""
    found = house.sql(
        "SELECT c.reference, c.domain_name, k.name, k.name_zh FROM cases_case c JOIN clients_client k"
        " ON k.id = c.client_id ORDER BY md5(c.id::text) LIMIT 5",
        database=database,
    )
    latin = ["harbour", "lotus river", *(word for row in found for word in row[:3])]
    chinese = ["茶语", *(name[:length] for _ref, _domain, _name, name in found for length in (2, 4))]
    return tuple([f"/cases/?{urlencode({'q': one})}" for one in words] for words in (latin, chinese))  # type: ignore[return-value]


def measure(house: House, *, rounds: int, seconds: float) -> Figures:
    """All pages in turn; a wrong answer ends the run."""
    servers = {
        "big": house.serve("big", DJANGO, BIG),
        "small": house.serve("small", DJANGO, SMALL),
        "bare": house.serve("bare", BARE, BIG),
    }
    cases = {SMALL: house.references(SMALL), BIG: house.references(BIG)}

    def asks(server: str, paths: list[str], cookie: str = house.cookie) -> tuple[Callable[[], None], int]:
        port, pid = servers[server]
        line, turn = Line(port, cookie), in_turn(paths)

        def ask() -> None:
            path = next(turn)
            status, _head, body = line.get(path)
            assert status == 200, f"{server} answers {status} at {path}: {body[:200]!r}"

        return ask, pid

    def pages(database: str) -> list[str]:
        return [f"/cases/{reference}/" for reference in cases[database]]

    asked = {"bare list": asks("bare", ["/cases/"]), "bare case": asks("bare", pages(BIG))}
    for server, database in (("big", BIG), ("small", SMALL)):
        latin, chinese = searched(house, database)
        asked |= {
            f"{server} list": asks(server, ["/cases/"]),
            f"{server} case": asks(server, pages(database)),
            f"{server} board": asks(server, ["/cases/"], house.board_cookie),
            f"{server} Today": asks(server, ["/"]),
            f"{server} search in Latin letters": asks(server, latin),
            f"{server} search in Chinese": asks(server, chinese),
            f"{server} client's home": asks(server, ["/"], house.client_cookie),
        }
    runners = {name: Runner(name, ask, pid) for name, (ask, pid) in asked.items()}
    take_turns(list(runners.values()), rounds=rounds, seconds=seconds)
    return Figures(runners)
