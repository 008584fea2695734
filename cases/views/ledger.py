"""The rows of the list and the choices above it. Fifty rows and a hundred options are drawn on each call, so they are
strings made in Python: through the template engine they would cost more than the whole rest of the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from cases import columns
from cases.journey import is_mine
from cases.models import Case
from cases.queries import Row
from clients.models import User
from clients.templatetags.look import due_day, due_state, due_words, exact, iso, short_day

ROW = (
    '<tr><td>{due}</td><td class="who-cell"><a href="/cases/{ref}/" title="{client} {zh}">{client} '
    '<span lang="zh-Hans">{zh}</span></a></td><td class="cut" title="{domain}">{domain}</td>'
    '<td><span class="stage" data-stage="{stage}">{stop}</span></td><td>{turn}</td>'
    '<td class="quiet spare">{since}</td><td class="quiet spare">{where}</td><td class="quiet spare">{manager}</td>'
    '<td class="spare"><a class="number" href="/cases/{ref}/">{ref}</a></td></tr>\n'
)
HELD, YOURS = pgettext_lazy("waiting on", "On hold"), pgettext_lazy("waiting on", "You")
DUE = '<span class="due" data-due="{}"><time datetime="{}" title="{}">{}</time>{}</span>'


def rows(cases: list[Row], reader: User) -> SafeString:
    """All rows of a page; words that repeat are asked for once."""
    said: dict[Any, str] = {}
    return mark_safe("".join(_row(case, reader, said) for case in cases))  # noqa: S308 (each value is escaped below)


def _row(case: Row, reader: User, said: dict[Any, str]) -> str:
    return ROW.format(
        due=_once(said, ("due", case.due_at), _due, case.due_at) if not case.on_hold else _held(case),
        ref=case.reference,
        client=escape(case.client_name),
        zh=escape(case.client_name_zh),
        domain=escape(case.domain_name),
        stage=case.stage,
        stop=_once(said, (case.stage, case.round), _stop, case.stage, case.round),
        turn=turn(case, reader, said),
        since=_once(said, ("since", case.waiting_since.date()), short_day, case.waiting_since),
        where=_once(said, (case.provider, case.province), _where, case.provider, case.province),
        manager=escape(case.manager_name or case.manager_email or "—"),
    )


def _once(said: dict[Any, str], key: Any, say: Any, *of: Any) -> str:
    if key not in said:
        said[key] = say(*of)
    return said[key]


def _stop(stage: str, turn: int) -> str:
    return escape(columns.stop(stage, turn))


def turn(case: Case | Row, reader: User, said: dict[Any, str]) -> str:
    """Whose move: red where it is the reader's."""
    if case.on_hold:
        label = _once(said, "held", str, HELD)
        return f'<span class="turn" data-waiting-on="nobody" data-held>{label}</span>'
    if is_mine(case, reader) and case.account_manager_id == reader.pk:
        label = _once(said, "you", str, YOURS)
        return f'<span class="turn" data-waiting-on="{case.waiting_on}" data-mine>{label}</span>'
    label = _once(said, case.waiting_on, columns.party, case.waiting_on)
    return f'<span class="turn" data-waiting-on="{case.waiting_on}">{label}</span>'


def _due(at: datetime | None) -> str:
    if at is None:
        return '<span class="quiet">—</span>'
    distance = due_words(at)
    small = f" <small>{distance}</small>" if distance else ""
    return DUE.format(due_state(at), iso(at), exact(at), due_day(at), small)


def _held(case: Row) -> str:
    if case.hold_until is None:
        return '<span class="quiet">—</span>'
    until = case.hold_until
    stopped = _("clock stopped")
    small = f" <small>{stopped}</small>"
    return DUE.format("held", iso(until), exact(until), due_day(until), small)


def _where(provider: str, province: str) -> str:
    return escape(columns.where(provider, province)) or "—"


# ── The choices above ───────────────────────────────────────────────────────────────────────────────────────────────

CHOICE = (
    '<span class="filter"{set}><label for="f-{name}">{label}</label><select id="f-{name}" name="{name}">'
    '<option value="">{any}</option>{options}</select></span>\n'
)


def choice(name: str, label: str, empty: str, options: Iterable[tuple[str, Any]], value: str) -> SafeString:
    """One choice of the query, as `components/filter.html` draws it; fixed tables are drawn once a language."""
    is_fixed = isinstance(options, tuple)
    drawn = _drawn(get_language() or "en", name, options) if is_fixed else _options(options)
    if value:
        drawn = drawn.replace(f'value="{escape(value)}"', f'value="{escape(value)}" selected', 1)
    told = {"set": " data-set" if value else "", "name": name, "label": escape(label), "any": escape(empty)}
    return mark_safe(CHOICE.format(options=drawn, **told))  # noqa: S308 (each value is escaped)


@lru_cache(maxsize=64)
def _drawn(language: str, name: str, options: tuple[tuple[str, Any], ...]) -> str:
    return _options(options)


def _options(options: Iterable[tuple[str, Any]]) -> str:
    return "".join(f'<option value="{escape(code)}">{escape(str(name))}</option>' for code, name in options)
