"""What was typed and what was kept of it: said beside the field wherever the two differ, and where it only warns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from cases import countries, facts
from cases.models import Case
from trade import numbers

READ = ("mobile", "landline", "domain", "number", "country")


def readings(before: Case, now: Case, given: dict[str, Any]) -> dict[str, str]:
    """A sentence for the box of each number or country that this saving changed and that was read otherwise than typed.

    The number of a paper goes back to no browser: of it only the end is told.
    """
    told = {}
    for thing, name, typed in _numbers_in(given):
        holder, old = facts.holder_of(now, thing), facts.holder_of(before, thing)
        if holder is None or _kept(old, name) == _kept(holder, name):
            continue
        said = [_difference(holder, name, typed), _warning(holder, name, typed)]
        if sentence := " ".join(filter(None, said)):
            told[f"{thing}-{name}"] = sentence
    return told


def tell(form: forms.Form, told: dict[str, str]) -> None:
    """Put each sentence beside its box."""
    for key in told.keys() & form.fields.keys():
        setattr(form[key], "reading", told[key])  # noqa: B010  a box has no such word; the template reads it


def as_read(typed: str, kept: str) -> str:
    """The sentence itself; empty where it is kept as typed."""
    if typed.strip() == kept:
        return ""
    return _("We read “%(typed)s” as “%(kept)s”.") % {"typed": typed.strip()[:80], "kept": kept}


def _numbers_in(given: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for thing, values in given.items():
        if thing not in facts.OBJECTS or not isinstance(values, dict):
            continue
        for name, typed in values.items():
            fact = facts.FACTS[thing].get(name)
            if fact and fact.kind in READ and isinstance(typed, str) and typed.strip():
                yield thing, name, typed


def _kept(holder: Any, name: str) -> Any:
    if holder is None:
        return ""
    return holder.id_number_hash if name == "id_number" else getattr(holder, name)


def _difference(holder: Any, name: str, typed: str) -> str:
    if name == "nationality":
        return _country(typed, holder.nationality)
    if name != "id_number":
        return as_read(typed, getattr(holder, name))
    if holder.hash_of(typed.strip()) == holder.id_number_hash:
        return ""
    return _("We left out what does not belong to the number: it is kept as %(number)s.") % {
        "number": holder.masked_number
    }


def _country(typed: str, kept: str) -> str:
    """With its name, for few know all countries by their letters."""
    if typed.strip().upper() == kept:
        return ""
    return as_read(typed, f"{kept} ({countries.name_of(kept)})")


def _warning(holder: Any, name: str, typed: str) -> str:
    if name == "nationality":
        return ""
    kind = facts.number_kind(getattr(holder, "id_kind", "")) if name == "id_number" else _KIND.get(name, name)
    warning = numbers.check(kind, typed).warning if kind else None
    return str(warning) if warning else ""


_KIND = {"name": "domain", "emergency_mobile": "mobile"}
