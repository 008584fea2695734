from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .book import faultless
from .fields import FIELDS
from .kinds import PROVIDERS
from .loading import Dated, by_code, one_of_table, own_column, refuse_unknown
from .papers import KINDS

FILE = "packs.toml"
Format = Literal["jpg", "png", "pdf"]
# Names of files are ours alone: letters, digits, hanzi; no path, no sign that a system takes for an order.
_NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff]{1,40}")


@dataclass(frozen=True, kw_only=True)
class Pack(Dated):
    """What a provider takes: formats, kilobytes and pixels of a file."""

    code: str = one_of_table("kinds.provider")
    kilobytes: int
    side: int
    formats: tuple[Format, ...]
    unconfirmed: tuple[str, ...] = own_column(default=())


@dataclass(frozen=True, kw_only=True)
class Section(Dated):
    """A page of a provider's form, its facts in the form's order."""

    code: str
    provider: str = one_of_table("packs.pack")
    name: str
    fields: tuple[str, ...] = one_of_table("fields.field", in_order=True)


@dataclass(frozen=True, kw_only=True)
class Called(Dated):
    """A provider's own word for a fact; `provider:path`."""

    code: str
    label: str


@dataclass(frozen=True, kw_only=True)
class PackPaper(Dated):
    """How a paper is handed over: the name of its file, and limits where they are not the provider's usual ones."""

    code: str
    file: str
    kilobytes: int | None = None
    side: int | None = None
    formats: tuple[Format, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Whose(Dated):
    """How a file's name says whose paper it is."""

    code: str
    file: str


PACKS = by_code(FILE, "pack", Pack)
SECTIONS = by_code(FILE, "section", Section)
CALLED = by_code(FILE, "called", Called)
PAPERS = by_code(FILE, "paper", PackPaper)
WHOSE = by_code(FILE, "whose", Whose)


@dataclass(frozen=True)
class Wanted:
    """How one provider wants one kind of paper."""

    file: str
    bytes: int
    side: int
    formats: tuple[str, ...]


def provider_of(code: str) -> str:
    """The provider whose form it is; the general one where none is chosen."""
    return code if code in PACKS else "other"


def sections_of(provider: str) -> list[Section]:
    return [section for section in SECTIONS.values() if section.provider == provider_of(provider)]


def label_of(path: str, provider: str) -> str:
    """What this provider's form calls the fact."""
    own = CALLED.get(f"{provider}:{path}")
    return own.label if own else FIELDS[path].label


def wanted(kind: str, of: str, provider: str) -> Wanted | None:
    """How the provider wants this paper; None for what is no file, such as a task in words."""
    pack = PACKS[provider_of(provider)]
    paper = PAPERS.get(f"{provider}:{kind}") or PAPERS.get(kind)
    if paper is None:
        return None
    whose = WHOSE.get(of) if KINDS[kind].identity else None
    return Wanted(
        f"{whose.file}-{paper.file}" if whose else paper.file,
        (paper.kilobytes or pack.kilobytes) * 1000,
        paper.side or pack.side,
        paper.formats or pack.formats,
    )


def _faults() -> Iterator[str]:
    if set(PACKS) != set(PROVIDERS):
        yield "each provider has a pack"
    for called in CALLED.values():
        provider, _colon, path = called.code.partition(":")
        refuse_unknown("packs.called", called, "code", [provider], PACKS)
        refuse_unknown("packs.called", called, "code", [path], FIELDS)
    for paper in PAPERS.values():
        provider, _colon, kind = paper.code.rpartition(":")
        refuse_unknown("packs.paper", paper, "code", filter(None, [provider]), PACKS)
        refuse_unknown("packs.paper", paper, "code", [kind], KINDS)
    files = {code: paper.file for code, paper in PAPERS.items()} | {
        code: of.file for code, of in WHOSE.items()
    }
    for code, file in files.items():
        if not _NAME.fullmatch(file):
            yield f"{code} has a name that is more than letters, digits and hanzi"
    yield from (f"{kind} has no name" for kind in KINDS if kind not in PAPERS)


faultless(FILE, _faults)
