"""Facts that are copied, line by line. A case has thirty of them and each a key, so they are strings made in Python."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.facts import FACTS, value_of
from cases.words import label_in_table, value_words
from clients.templatetags.look import copier

NUMBERS = {"id_number", "mobile", "landline", "emergency_mobile", "service_number", "instance"}
CHINESE = {"name_zh", "certificate_address", "contact_address"}
IN_THE_HEAD = {"provider", "province", "filing_kind"}  # of the page, where they are said already


class Line(NamedTuple):
    """One line: what it is called, what it says, and whether that is a number."""

    label: str
    value: str
    is_number: bool = False


def drawn(lines: Iterable[Line]) -> SafeString:
    """The list of them; nothing where nothing is given."""
    return _listed([_line(*line) for line in lines])


def _line(label: str, value: str, is_number: bool) -> str:
    said = ' class="number"' if is_number else ""
    key = copier(value, label)
    return f"<div><dt>{escape(label)}</dt><dd><span{said}>{escape(value)}</span>{key}</dd></div>"


def _listed(lines: list[str]) -> SafeString:
    return SafeString(f'<dl class="facts">{"".join(lines)}</dl>' if lines else "")


class Slot(NamedTuple):
    """Where a fact of some object stands: all of it that does not change from case to case, drawn beforehand."""

    name: str
    path: str
    before: str
    after: str  # of what is copied: the key, from behind its value
    is_masked: bool


def facts_of(holder: Any, thing: str, reveal: str) -> SafeString:
    """What is given of one object, in the order of its facts; `reveal` is the address of the number that is masked."""
    told = []
    for name, path, before, after, is_masked in _slots(thing, get_language()):
        kept = value_of(holder, name)
        if not (value := escape(value_words(path, kept))):
            continue
        key = ""
        if is_masked:
            key = _shown(reveal)
        elif not isinstance(kept, bool):
            key = f'<button class="copy" type="button" data-copy="{value}"{after}'
        told.append(f"{before}{value}</span>{key}</dd></div>")
    return _listed(told)


@cache
def _slots(thing: str, _language: str | None) -> list[Slot]:
    slots = []
    for name in FACTS[thing]:
        if thing == "case" and name in IN_THE_HEAD:
            continue
        label = label_in_table(thing, name)
        said = ' class="number"' if name in NUMBERS else ' lang="zh-Hans"' if name in CHINESE else ""
        _start, _value, after = copier("\0", label).partition('\0"')
        slots.append(
            Slot(
                name,
                name if thing == "case" else f"{thing}.{name}",
                f"<div><dt>{escape(label)}</dt><dd><span{said}>",
                after,
                name == "id_number",
            )
        )
    return slots


def _shown(reveal: str) -> str:
    show = escape(_("show"))
    return f' <a href="{reveal}">{show}</a>'
