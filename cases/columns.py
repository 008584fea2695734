"""The columns of the list in words: what a row says on the screen, and in a table that leaves the portal."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from cases import words
from cases.deadlines import BEIJING
from cases.models.case import WaitingOn
from cases.queries import Row
from cases.workflow import ROAD, Stage, table
from clients.models import User
from clients.templatetags.look import is_chinese
from trade.book import Page, current
from trade.provinces import PROVINCES

# As they stand on the screen, from left to right.
HEADINGS: tuple[Promise, ...] = (
    gettext_lazy("Due"),
    gettext_lazy("Client"),
    gettext_lazy("Domain"),
    gettext_lazy("Stage"),
    gettext_lazy("Waiting on"),
    gettext_lazy("Since"),
    gettext_lazy("Promised"),
    gettext_lazy("Provider"),
    gettext_lazy("Manager"),
    gettext_lazy("Ref."),
)
# Where a column has little room; the whole name stands on the case's own page.
SHORT_STAGES = {
    Stage.PROVIDER_PRE_AUDIT: pgettext_lazy("stage in a narrow column", "Pre-audit"),
    Stage.COMMERCIAL_LICENSED: pgettext_lazy("stage in a narrow column", "Commercial"),
}
MANAGERS = {"step_back"}  # moves that are nobody else's
SHORT_PARTIES = {WaitingOn.COMMERCIAL_AUTHORITY: pgettext_lazy("waiting on, in a narrow column", "Authority")}


def short_stage(stage: str) -> str:
    return str(SHORT_STAGES.get(stage) or words.stage_name(stage))  # type: ignore[call-overload]


def stop(stage: str, turn: int) -> str:
    """The stage, and the round from the second on."""
    name = short_stage(stage)
    return name if turn < 2 else _("%(stage)s, round %(n)d") % {"stage": name, "n": turn}


def party(code: str) -> str:
    return str(SHORT_PARTIES.get(code) or words.party(code))  # type: ignore[call-overload]


def where(provider: str, province: str) -> str:
    return _where(provider, province, get_language(), current())


@lru_cache(maxsize=1024)
def _where(provider: str, province: str, _language: str | None, _page: Page) -> str:
    """Few pairs for many rows; their names are those of the page of rules that is open."""
    name = words.code_words("provider", provider) if provider else ""
    return " · ".join(part for part in (name, short_province(province)) if part)


def short_province(code: str) -> str:
    """As a narrow column names it: in Chinese by its name, which is as short as its code."""
    row = PROVINCES.get(code) if is_chinese() else None
    return row.name.zh if row else code


def steps_from(stage: str, reader: User) -> dict[str, str]:
    """Where a card of this stop may be put by this person, and the move that does so; the door asks the case itself."""
    return _steps(stage, reader.standing.is_manager)


@cache
def _steps(stage: str, is_manager: bool) -> dict[str, str]:
    return {
        target: move
        for move, source, target in table()
        if source == stage != target and target in ROAD and (is_manager or move not in MANAGERS)
    }


def cells(case: Row) -> tuple[str, ...]:
    """One row as text, each cell under its heading; days as programs sort them, in Beijing."""
    return (
        _day(case.hold_until if case.on_hold else case.due_at),
        f"{case.client_name} {case.client_name_zh}".strip(),
        case.domain_name,
        stop(case.stage, case.round),
        pgettext("waiting on", "On hold") if case.on_hold else party(case.waiting_on),
        _day(case.waiting_since.astimezone(BEIJING).date()),
        _day(case.promised_on),
        where(case.provider, case.province),
        case.manager_name or case.manager_email or "",
        case.reference,
    )


def _day(at: datetime | date | None) -> str:
    if at is None:
        return ""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at.isoformat()
