"""The commercial licence: when it is wanted, what its application is made of, and what differs with foreign capital."""

from __future__ import annotations

from dataclasses import dataclass

from .loading import Dated, by_code
from .words import Words

FILE = "commercial.toml"


@dataclass(frozen=True, kw_only=True)
class Licence(Dated):
    """A kind of licence, and which site is asked for it."""

    code: str
    name: Words
    asked: Words


@dataclass(frozen=True, kw_only=True)
class Demand(Dated):
    """One line of the application's checklist."""

    code: str
    name: Words
    why: Words


@dataclass(frozen=True, kw_only=True)
class Told(Dated):
    """Something that an applicant is told, in its term."""

    code: str
    name: Words
    words: Words


LICENCES = by_code(FILE, "licence", Licence)
DEMANDS = by_code(FILE, "demand", Demand, grows=True)
STEPS = by_code(FILE, "step", Told, grows=True)
FOREIGN = by_code(FILE, "foreign", Told, grows=True)
