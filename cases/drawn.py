"""What a page was drawn with: a sign of each answer, by which a later saving sees whether that answer stands still.

A sign is a keyed hash of where the answer stands and what it says, cut short: it tells nothing to who lacks the key, of
the number of a paper neither. It is of digits alone, as a version is: nobody's words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cases import facts
from cases.models import Case
from cases.models.facts import SealedNumber
from clients.sealing import keyed_hash

LENGTH = 15  # hex digits: enough to tell one answer from another, too few to look for a number with


@dataclass(frozen=True)
class Page:
    """The page that sends answers: with which sign each was drawn, by its path.

    A page that saves as it is typed has a name of its own and counts what it sends: by that it is known again where
    an answer to it was lost, and what it sent later stays, though what it sent before came after.
    """

    signs: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    turn: int = 0


def path_of(thing: str, name: str) -> str:
    return name if thing == "case" else f"{thing}.{name}"


def signs_of(case: Case, thing: str, names: Iterable[str]) -> dict[str, str]:
    """The sign of each of these answers as it stands now, by its path."""
    holder = facts.holder_of(case, thing)
    return {
        path: sign_of(case, path, standing(holder, name)) for name in names if (path := path_of(thing, name))
    }


def standing(holder: Any, name: str) -> Any:
    """What is kept, as signs compare it: of the number of a paper its hash."""
    if holder is None:
        return None
    return holder.id_number_hash if name == "id_number" else getattr(holder, name)


def told(name: str, value: Any) -> Any:
    """A cleaned value that is to be kept, as signs compare it."""
    if name == "id_number" and value:
        return keyed_hash(value, kind=SealedNumber.number_kind)
    return value


def sign_of(case: Case, path: str, value: Any) -> str:
    said = json.dumps(value if facts.is_given(value) else "", default=str)
    return str(int(keyed_hash(f"{case.reference} {path} {said}", kind="drawn")[:LENGTH], 16))
