"""Facts as they stand on a form that is printed and signed: in Chinese, and with a mark that tells older ones apart."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import translation

from cases import facts, words
from cases.models import Case, Requirement, RequirementState
from clients.references import LETTERS
from clients.sealing import keyed_hash
from trade.forms import BUREAUS, Form, form_of

CHINESE = "zh-hans"
# The case's own record rather than a fact that is filled in.
RECORDED = {"icp_number"}
SIGNED = (RequirementState.SENT, RequirementState.ACCEPTED)


# ── One fact ────────────────────────────────────────────────────────────────────────────────────────────────────────


def value_at(case: Case, path: str) -> Any:
    """The fact by its path; an absent manager is the head, and a name without Chinese is the one there is."""
    if path in RECORDED:
        return getattr(case, path)
    holder, name = _holder(case, path), path.rpartition(".")[2]
    if holder is None:
        return ""
    if path == "subject.name_zh":
        return holder.name_zh or holder.name
    return facts.value_of(holder, name)


def in_chinese(case: Case, path: str) -> str:
    """The fact as an official form has it, a number by its mask; empty where nobody gave it."""
    value = value_at(case, path)
    if not facts.is_given(value):
        return ""
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if path == "domain.registrar" and value == "provider":
        path, value = "provider", case.provider
    with translation.override(CHINESE):
        return words.value_words(path.replace("manager.", "head.") if "id_kind" in path else path, value)


def number_at(case: Case, path: str) -> str:
    """The number of a paper in clear: for the worker alone, who prints it. `Locked` where no key opens it."""
    holder = _holder(case, path)
    return holder.id_number if holder is not None else ""


def _holder(case: Case, path: str) -> Any:
    """The row that keeps the fact; an absent manager is the head."""
    thing = path.rpartition(".")[0]
    return case.manager_or_head if thing == "manager" else facts.holder_of(case, thing or "case")


def said_of(case: Case) -> dict[str, str]:
    """What wording says of the whole filing: its bureau, “we” or “I”, and who files."""
    bureau = BUREAUS.get(case.province)
    return {
        "bureau": bureau.name if bureau else "",
        "we": "本人" if is_individual(case) else "本单位",
        "subject": in_chinese(case, "subject.name_zh"),
    }


def is_individual(case: Case) -> bool:
    return case.subject.kind == "individual"


# ── The mark ────────────────────────────────────────────────────────────────────────────────────────────────────────


def mark_of(case: Case, form: Form) -> str:
    """Eight letters that change with any fact that stands on the form: `K7P3-9Q2X`. Numbers go in by their hash."""
    told = {path: _fixed(case, path) for path in form.facts}
    digest = int(keyed_hash(json.dumps(told, sort_keys=True), kind=f"form:{form.code}")[:10], 16)
    mark = "".join(LETTERS[digest >> 5 * place & 31] for place in range(8))
    return f"{mark[:4]}-{mark[4:]}"


def _fixed(case: Case, path: str) -> Any:
    if path.endswith("id_number"):
        holder = _holder(case, path)
        return holder.id_number_hash if holder is not None else ""
    value = value_at(case, path)
    return value if isinstance(value, str | bool | int | list | None) else str(value)


def mark_now(case: Case, requirement: Requirement) -> str:
    """The mark that a form of this kind would bear today; empty where none is printed."""
    form = form_of(requirement.kind, case.province)
    return mark_of(case, form) if form else ""


def is_outdated(case: Case, requirement: Requirement) -> bool:
    """Whether a form that was signed and sent bears facts that have changed since. Nothing is reopened by it."""
    if not requirement.facts_mark or requirement.state not in SIGNED:
        return False
    return requirement.facts_mark != mark_now(case, requirement)


def outdated_of(case: Case, papers: Iterable[Requirement]) -> list[Requirement]:
    """Signed forms among these papers of the case that bear older facts."""
    return [one for one in papers if is_outdated(case, one)]
