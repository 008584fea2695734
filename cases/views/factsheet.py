"""Facts that are copied, line by line. A case has thirty of them and each a key, so they are strings made in Python."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clients.templatetags.look import copier


class Line(NamedTuple):
    """One fact: what it is called, what it says, and how it is drawn."""

    label: str
    value: str
    is_number: bool = False
    is_masked: bool = False
    is_copied: bool = True
    lang: str = ""


def drawn(lines: Iterable[Line], reveal: str) -> SafeString:
    """The list of them; `reveal` is the address of the numbers that are masked. Nothing where nothing is given."""
    told = "".join(_line(line, reveal) for line in lines)
    return SafeString(f'<dl class="facts">{told}</dl>' if told else "")


def _line(line: Line, reveal: str) -> str:
    said = ' class="number"' if line.is_number else f' lang="{line.lang}"' if line.lang else ""
    key = ""
    if line.is_masked:
        show = escape(_("show"))
        key = f' <a href="{reveal}">{show}</a>'
    elif line.is_copied:
        key = copier(line.value, line.label)
    return f"<div><dt>{escape(line.label)}</dt><dd><span{said}>{escape(line.value)}</span>{key}</dd></div>"
