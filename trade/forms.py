from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .book import faultless
from .fields import FIELDS
from .loading import Dated, by_code, one_of_table, refuse_unknown
from .papers import KINDS
from .provinces import PROVINCES

FILE = "forms.toml"
# Said of the whole filing rather than being one fact of it: its bureau, “we” or “I”, and who files.
SAID = {"bureau": "province", "we": "subject.kind", "subject": "subject.name_zh"}
_BRACES = re.compile(r"\{([a-z_.]*)\}")


@dataclass(frozen=True, kw_only=True)
class Bureau(Dated):
    """A province's communications administration (通信管理局), by its full name."""

    code: str = one_of_table("provinces.province")
    name: str


@dataclass(frozen=True, kw_only=True)
class Part(Dated):
    """A table of facts on a form."""

    code: str
    form: str = one_of_table("forms.form")
    name: str
    fields: tuple[str, ...] = one_of_table("fields.field", in_order=True)


@dataclass(frozen=True, kw_only=True)
class Form(Dated):
    """A paper to be printed, signed and sealed: its wording, and who signs."""

    code: str
    title: str
    signatures: tuple[str, ...]
    seal: str | None = None
    to: str | None = None
    opening: tuple[str, ...] = ()
    points_head: str | None = None
    points: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    checked_by: str | None = None

    @property
    def parts(self) -> list[Part]:
        return [part for part in PARTS.values() if part.form == self.code]

    @property
    def wording(self) -> list[str]:
        return [*filter(None, [self.to]), *self.opening, *self.points, *self.closing]

    @property
    def facts(self) -> list[str]:
        """Paths of the facts that stand on it; when one of them changes, what was signed is of older facts."""
        said = (SAID.get(name, name) for text in self.wording for name in _BRACES.findall(text))
        return sorted({*said, *(path for part in self.parts for path in part.fields)})


FORMS = by_code(FILE, "form", Form)
PARTS = by_code(FILE, "part", Part)
BUREAUS = by_code(FILE, "bureau", Bureau)


def form_of(kind: str, province: str = "") -> Form | None:
    """The form of this kind of paper, the province's own before the general one; None where none is printed."""
    return FORMS.get(f"{kind}:{province}") or FORMS.get(kind)


def said(text: str, facts: Mapping[str, str]) -> str:
    """The wording with its facts. Names are looked up, nothing is evaluated; a fact nobody gave leaves a line."""
    return _BRACES.sub(lambda found: facts.get(found[1]) or "＿＿＿＿＿＿", text)


def _faults() -> Iterator[str]:
    for form in FORMS.values():
        kind, _colon, province = form.code.partition(":")
        refuse_unknown("forms.form", form, "code", [kind], KINDS)
        refuse_unknown("forms.form", form, "code", filter(None, [province]), PROVINCES)
        yield from (f"{form.code} names {path}" for path in form.facts if path not in FIELDS)
    if set(BUREAUS) != set(PROVINCES):
        yield "each of the 31 provinces has a bureau"


faultless(FILE, _faults)
