from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from .book import DataError, checked
from .kinds import Kind
from .loading import by_code, one_of_table


@dataclass(frozen=True, kw_only=True)
class Closure(Kind):
    """Days on which bureaus take no orders (管局停止受理): all of them, or those of some provinces."""

    first_day: date
    last_day: date
    provinces: tuple[str, ...] = one_of_table("provinces.province", default=())
    unconfirmed: bool = False


CLOSURES = by_code("closures.toml", "closure", Closure, grows=True)


@checked
def no_closure_ends_before_it_begins() -> None:
    for row in CLOSURES.values():
        if row.last_day < row.first_day:
            words = _("The last day must not lie before the first.")
            raise DataError(f"closures.toml, {row.code}: {words}", column="last_day", sentence=words)


def closures_between(first: date, last: date, province: str = "") -> list[Closure]:
    """The closures that touch these days, the next first."""
    return sorted(
        (
            row
            for row in CLOSURES.values()
            if row.first_day <= last
            and first <= row.last_day
            and (not row.provinces or province in row.provinces)
        ),
        key=lambda row: row.first_day,
    )
