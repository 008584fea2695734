"""The table of rules and attacks tells the truth: each rule of the first issue has a test, and each test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from documents.children import ROOT

# What `docs/threats.md` has to answer for.
RULES = {
    "P17",
    "P18",
    *(f"W{n}" for n in range(1, 16)),
    *(f"K{n}" for n in (*range(1, 11), 14)),
    *(f"P{n}" for n in range(1, 16)),
    *(f"T{n}" for n in range(1, 11)),
    *(f"H{n}" for n in range(1, 12)),
    *(f"R{n}" for n in range(1, 7)),
}


def table() -> dict[str, list[str]]:
    lines = (Path(ROOT) / "docs" / "threats.md").read_text().splitlines()
    rows = (re.match(r"\| ([A-Z]\d+) \|", line) for line in lines)
    return {row[1]: re.findall(r"`(tests/[\w/]+\.py::test_\w+)`", row.string) for row in rows if row}


def names_in(path: str) -> set[str]:
    file = Path(ROOT) / path
    if not file.exists():
        return set()
    return {one.name for one in ast.parse(file.read_text()).body if isinstance(one, ast.FunctionDef)}


def test_every_rule_has_its_attack():
    found = table()

    assert set(found) == RULES
    assert [rule for rule, tests in found.items() if not tests] == []


def test_every_attack_that_is_named_is_there():
    named = {one for tests in table().values() for one in tests}

    missing = [one for one in sorted(named) if one.partition("::")[2] not in names_in(one.partition("::")[0])]

    assert missing == [], "docs/threats.md names tests that are gone"
