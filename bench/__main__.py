"""`python -m bench`: one run, told as it goes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import browsing, pages, starting, sweeping, uploads, weight
from bench.asking import Line
from bench.budgets import HTML, PACKED, PAINT, SLOWED, UNSEEN, Cost
from bench.house import BIG, SWEPT, House, house
from runner.keeper import Stop
from runner.words import Terminal, Trouble

SMALL_CASES, BIG_CASES, FULL_CASES = 1_000, 100_000, 1_000_000
MISSED = "missed"
PARTS = ("pages", "uploads", "browser", "sweep")


def main() -> int:
    words = argparse.ArgumentParser(prog="make bench with=", description=__doc__)
    words.add_argument("--full", action="store_true", help=f"{FULL_CASES:,} cases instead of {BIG_CASES:,}")
    words.add_argument("--cases", type=int, default=0, help="so many instead")
    words.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="servers and cases stay there for another run"
    )
    words.add_argument("--only", choices=PARTS, help="this part alone")
    words.add_argument("--start", action="store_true", help="memory and start times of `make run` alone")
    words.add_argument("--quick", action="store_true", help="a round or two: a look, not a figure")
    asked = words.parse_args()
    terminal = Terminal(sys.stderr)
    begun = time.monotonic()
    try:
        if asked.start:
            starting.tell(terminal)
        else:
            cases = asked.cases or (FULL_CASES if asked.full else BIG_CASES)
            run(terminal, cases, only=asked.only or "", quick=asked.quick, kept=asked.keep)
    except Stop:
        return 130
    except (Trouble, AssertionError) as trouble:
        print(f"\n  {trouble}\n", file=sys.stderr)
        return 1
    print(f"\n  {time.monotonic() - begun:.0f} s in all; ratios only, for the machine is shared.")
    return 0


def run(terminal: Terminal, cases: int, *, only: str, quick: bool, kept: Path | None) -> None:
    """What was asked for, each as soon as it is known."""
    small = min(SMALL_CASES, cases)
    big = 0 if only == "browser" else cases  # a browser waits for a page, and no page for the number of cases
    with house(terminal, kept) as ground:
        told = f"{small:,} and {big:,} cases" if big else f"{small:,} cases"
        with terminal.step(told, share=lambda: ground.share):
            ground.grow(small, big)
        if only in ("", "pages"):
            with terminal.step("pages, in turns"):
                found = pages.measure(ground, rounds=1 if quick else 8, seconds=0.2 if quick else 0.8)
            tell_pages(found, small, cases)
            tell_weight(ground)
        if only in ("", "uploads"):
            with terminal.step("uploads"):
                large, more, all_of_it = uploads.measure(ground, pairs=2 if quick else 6)
            title("Web processor time of an upload")
            line("10 MB in terms of 10 KB", large, "1.0: none for the bytes")
            line("one MB more, in list pages", more, "0.0: none")
            line("10 MB in all, in list pages", all_of_it)
        if only in ("", "browser"):
            tell_browser(browsing.measure(ground, quick=quick))
        if only in ("", "sweep"):
            with terminal.step("the sweep"):
                if kept:  # its many clocks are no part of what is kept
                    ground.copy(BIG, SWEPT)
                swept = sweeping.measure(ground, rounds=1 if quick else 5, database=SWEPT if kept else BIG)
                ground.drop(SWEPT)
            title(f"Sweep of {swept.rows:,} clocks that are due")
            for one in swept.among:
                name = f"rows a second, of one statement's, among {one.open:,}"
                line(name, one.share, "≥ 0.6", beside=f"{one.paid:.3f}")
            first, last = swept.among[0], swept.among[-1]
            line(f"its time among {last.open:,}, of that among {first.open:,}", swept.grown, "1.0")


def title(words: str) -> None:
    print(f"\n  {words}")


def line(name: str, value: float, aim: str = "", *, beside: str = "", also: float | None = None) -> None:
    """`also` stands beside it and is held to the same aim."""
    told = f"{value:.3f}" if value < 1 else f"{value:.2f}"
    more = f"  aim {aim}{mark(aim, value, value if also is None else also)}" if aim else ""
    print(f"    {name:<52}{told:>8}   {beside}{more}".rstrip(), flush=True)


def mark(aim: str, *values: float) -> str:
    """What is said of a value over or under an aim such as `≤ 1.5`; other aims are for a person to judge."""
    sign, _, most = aim.partition(" ")
    is_over = sign == "≤" and max(values) > float(most)
    return f"  {MISSED}" if is_over or (sign == "≥" and min(values) < float(most)) else ""


def tell_browser(found: Iterator[tuple[browsing.Place, Cost]]) -> None:
    """A row a page, and in it the budgets that are missed."""
    screen, kept, all_of_them = "", 0, 0
    for place, cost in found:
        if place.screen.name != screen:
            screen = place.screen.name
            title(
                f"Pages in a browser, {screen} of {place.screen.width}, processor slowed {SLOWED} times,"
                f" a line of {place.screen.latency} ms"
            )
            heads = ("shift", "next paint", "CSS + JS", "HTML", "requests", "noises")
            print(f"    {'':<22}" + "".join(f"{head:>12}" for head in heads))
            aims = ("0", f"< {PAINT} ms", f"≤ {PACKED // 1000} KB", f"≤ {HTML // 1000} KB", "", "0")
            print(f"    {'aim':<22}" + "".join(f"{aim:>12}" for aim in aims))
        print(f"    {place.name:<22}{row(cost)}".rstrip(), flush=True)
        kept, all_of_them = kept + (not cost.missed()), all_of_them + 1
    print(f"    {kept} of {all_of_them} pages keep all their budgets.")


def row(cost: Cost) -> str:
    """Its figures, and what of them is missed."""
    cells = (
        f"{cost.shift:.3f}",
        f"≤ {UNSEEN}" if cost.paint <= UNSEEN else f"{cost.paint:.0f}",
        f"{cost.packed / 1000:.1f}",
        f"{cost.html / 1000:.1f}",
        f"{cost.requests}",
        f"{len(cost.noises)}",
    )
    missed = f"   {MISSED}: {', '.join(cost.missed())}" if cost.missed() else ""
    return "".join(f"{cell:>12}" for cell in cells) + missed


def tell_pages(found: pages.Figures, small: int, cases: int) -> None:
    title(f"Rate of the bare page's, at {cases:,} cases (beside it: by processor time)")
    for name, aim in (("list", "≥ 0.40"), ("case", "≥ 0.40")):
        rate, cost = found.of(f"big {name}", f"bare {name}")
        line(f"{name} page", rate, aim, beside=f"{cost:.3f}")
    title(
        f"Wait at {cases:,} cases, of that at {small:,}: 50th percentile (beside it: 99th, and processor time)"
    )
    for name in pages.EVERYWHERE:
        _rate, cost = found.of(f"small {name}", f"big {name}")
        slowest = found.slower(name, 99)
        line(name, found.slower(name, 50), "≤ 1.5", beside=f"{slowest:.2f} {cost:.2f}", also=slowest)


def tell_weight(ground: House) -> None:
    title("Weight")
    port, _pid = ground.serve("weight", pages.DJANGO, BIG)
    there = Line(port, ground.cookie)
    case = f"/cases/{ground.references(BIG, 1)[0]}/"
    for name, path in (("list page of 50, HTML", "/cases/"), ("case page, HTML", case)):
        amount(name, weight.page(there, path) / 1000, "KB", "≤ 100")
    linked = weight.linked(there, ["/cases/", "/", case])
    name = f"{len(linked)} sheets and scripts of the desk, packed"
    amount(name, sum(linked.values()) / 1000, "KB", "≤ 80")
    for name, path, aim in (("queries, list page", "/cases/", "≤ 12"), ("queries, case page", case, "≤ 20")):
        amount(name, weight.queries(ground, BIG, path), "", aim)


def amount(name: str, value: float, unit: str, aim: str) -> None:
    told = f"{value:.1f}" if unit else f"{value}"
    print(f"    {name:<52}{told:>8} {unit:<2}   aim {aim}{mark(aim, value)}")


if __name__ == "__main__":
    sys.exit(main())
