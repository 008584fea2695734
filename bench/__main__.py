"""`python -m bench`: one run, told as it goes."""

from __future__ import annotations

import argparse
import sys
import time

from bench import pages, starting, sweeping, uploads, weight
from bench.asking import Line
from bench.house import BIG, House, house
from runner.words import Terminal, Trouble

SMALL_CASES, BIG_CASES, FULL_CASES = 1_000, 100_000, 1_000_000


def main() -> int:
    words = argparse.ArgumentParser(prog="make bench with=", description=__doc__)
    words.add_argument("--full", action="store_true", help=f"{FULL_CASES:,} cases instead of {BIG_CASES:,}")
    words.add_argument("--cases", type=int, default=0, help="so many instead")
    words.add_argument("--only", choices=("pages", "uploads", "sweep"), help="this part alone")
    words.add_argument("--start", action="store_true", help="memory and start times of `make run` alone")
    words.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a figure")
    asked = words.parse_args()
    terminal = Terminal(sys.stderr)
    begun = time.monotonic()
    try:
        if asked.start:
            starting.tell(terminal)
        else:
            cases = asked.cases or (FULL_CASES if asked.full else BIG_CASES)
            run(terminal, cases, only=asked.only or "", quick=asked.quick)
    except (Trouble, AssertionError) as trouble:
        print(f"\n  {trouble}\n", file=sys.stderr)
        return 1
    print(f"\n  {time.monotonic() - begun:.0f} s in all; ratios only, for the machine is shared.")
    return 0


def run(terminal: Terminal, cases: int, *, only: str, quick: bool) -> None:
    """What was asked for, each as soon as it is known."""
    small = min(SMALL_CASES, cases)
    with house(terminal) as ground:
        with terminal.step(f"{small:,} and {cases:,} cases"):
            ground.grow(small, cases)
        if only in ("", "pages"):
            with terminal.step("pages, in turns"):
                found = pages.measure(ground, rounds=3 if quick else 8, seconds=0.5 if quick else 0.8)
            tell_pages(found, small, cases)
            tell_weight(ground)
        if only in ("", "uploads"):
            with terminal.step("uploads"):
                large, more, all_of_it = uploads.measure(ground, pairs=3 if quick else 6)
            title("Web processor time of an upload")
            line("10 MB in terms of 10 KB", large, "1.0: none for the bytes")
            line("one MB more, in list pages", more, "0.0: none")
            line("10 MB in all, in list pages", all_of_it)
        if only in ("", "sweep"):
            with terminal.step("the sweep"):
                swept = sweeping.measure(ground, rounds=1 if quick else 5)
            title(f"Sweep of {swept.rows:,} clocks that are due")
            for one in swept.among:
                name = f"rows a second, of one statement's, among {one.open:,}"
                line(name, one.share, "≥ 0.6", beside=f"{one.paid:.3f}")
            first, last = swept.among[0], swept.among[-1]
            line(f"its time among {last.open:,}, of that among {first.open:,}", swept.grown, "1.0")


def title(words: str) -> None:
    print(f"\n  {words}")


def line(name: str, value: float, aim: str = "", *, beside: str = "") -> None:
    told = f"{value:.3f}" if value < 1 else f"{value:.2f}"
    print(f"    {name:<52}{told:>8}   {beside}{f'  aim {aim}' if aim else ''}".rstrip(), flush=True)


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
        beside = f"{found.slower(name, 99):.2f} {cost:.2f}"
        line(name, found.slower(name, 50), "≤ 1.5", beside=beside)


def tell_weight(ground: House) -> None:
    title("Weight")
    port, _pid = ground.serve("weight", pages.DJANGO, BIG)
    there = Line(port, ground.cookie)
    case = f"/cases/{ground.references(BIG, 1)[0]}/"
    for name, path, most in (("list page of 50, HTML", "/cases/", 100), ("case page, HTML", case, 100)):
        print(f"    {name:<52}{weight.page(there, path) / 1000:>8.1f} KB   aim ≤ {most}")
    linked = weight.linked(there, ["/cases/", "/", case])
    name = f"{len(linked)} sheets and scripts of the desk, packed"
    print(f"    {name:<52}{sum(linked.values()) / 1000:>8.1f} KB   aim ≤ 80")
    for name, path, most in (("queries, list page", "/cases/", 12), ("queries, case page", case, 20)):
        print(f"    {name:<52}{weight.queries(ground, BIG, path):>8}      aim ≤ {most}")


if __name__ == "__main__":
    sys.exit(main())
