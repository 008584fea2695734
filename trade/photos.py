"""How the face check may be done: the ways open to provider and province, and the places where a photo is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from . import kinds
from .loading import Dated, by_code, one_of_table
from .provinces import PROVINCES
from .words import Words

FILE = "places.toml"


@dataclass(frozen=True, kw_only=True)
class Place(Dated):
    """A place where a provider makes the photo (现场核验点)."""

    code: str
    province: str = one_of_table("provinces.province")
    name: Words
    address: Words
    hours: Words
    providers: tuple[str, ...] = one_of_table("kinds.provider", default=())
    note: Words | None = None


PLACES = by_code(FILE, "place", Place, grows=True)


def open_ways(provider: str, province: str) -> tuple[str, ...]:
    """The ways of the photo that provider and province both take; whichever is not known closes none."""
    ways = tuple(kinds.PHOTO_WAYS)
    for table, code in ((kinds.PROVIDERS, provider), (PROVINCES, province)):
        if row := table.get(code):
            ways = tuple(way for way in ways if way in row.photo_ways)
    return ways


def places_for(provider: str, province: str, day: date) -> list[Place]:
    """The places that serve this provider in this province on that day."""
    return [
        place
        for place in PLACES.values()
        if place.province == province
        and place.holds_on(day)
        and (not place.providers or not provider or provider in place.providers)
    ]
