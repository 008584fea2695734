from __future__ import annotations

from dataclasses import dataclass

from .loading import Dated, by_code


@dataclass(frozen=True, kw_only=True)
class Field(Dated):
    """What the authorities' forms call a fact, by its path."""

    code: str
    label: str


FIELDS = by_code("fields.toml", "field", Field)
