"""Draws docs/map.md from the workflow's own table."""

from __future__ import annotations

import inspect
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from cases import records, workflow
from cases.workflow import CaseWorkflow, Stage

MAP = Path(__file__).resolve().parents[3] / "docs" / "map.md"
HEAD = """# The life of a case

*Drawn from `cases/workflow.py` by `make map`; `make check` fails when it is stale. PostgreSQL holds the same pairs as a
trigger (`cases/constitution.py`), and no connection can switch it off.*
"""


class Command(BaseCommand):
    help = "Draw docs/map.md from the workflow; --check fails when it is stale."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args, check: bool = False, **options) -> None:
        with translation.override("en"):
            drawn = draw()
        if not check:
            MAP.parent.mkdir(exist_ok=True)
            MAP.write_text(drawn, encoding="utf-8")
        elif not MAP.exists() or MAP.read_text(encoding="utf-8") != drawn:
            raise CommandError("docs/map.md is stale. Run `make map` and commit it.")


def draw() -> str:
    """The map as Markdown: a picture, then every move with who and when."""
    lines = [HEAD, "```mermaid", "stateDiagram-v2", f"    [*] --> {Stage.DRAFT.value}"]
    lines += [
        f"    {source} --> {target}: {move}" for move, source, target in workflow.table() if source != target
    ]
    lines += [f"    {stage.value} --> [*]" for stage in workflow.ENDED]
    lines += ["```", "", "| move | from → to | who | only when | must be told | what is true then |"]
    lines += ["|---|---|---|---|---|---|"]
    for move in workflow.MOVES:
        lines.append(_row(move))
    return "\n".join(lines) + "\n"


def _row(move: str) -> str:
    steps = [(source, target) for name, source, target in workflow.table() if name == move]
    transitions = getattr(CaseWorkflow, move)._django_fsm.transitions
    one = next(iter(transitions.values()))
    if all(source == target for source, target in steps):
        way = "the stage stays"
    else:
        targets: dict[str, list[str]] = {}
        for source, target in steps:
            targets.setdefault(target, []).append(source)
        way = "; ".join(f"{', '.join(sources)} → {target}" for target, sources in targets.items())
    who = one.permission.__name__.replace("_", " ").removeprefix("is ")
    when = ", ".join(condition.__name__.replace("_", " ") for condition in one.conditions) or "–"
    told = [f"`{name}`" for name in records.WANTED.get(move, ())]
    told += ["reasons"] if move in records.REASONED else []
    told += ["any result", "note"] if move == "correct" else ["note"] if move in records.NOTED else []
    doc = " ".join((inspect.getdoc(getattr(CaseWorkflow, move)) or "").split())
    return f"| `{move}` | {way} | {who} | {when} | {', '.join(told) or '–'} | {doc} |"
