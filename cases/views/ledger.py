"""The rows of the list and the choices above it. Fifty rows and a hundred options are drawn on each call, so they are
strings made in Python: through the template engine they would cost more than the whole rest of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from html import escape as escaped
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from cases import columns, words
from cases.journey import is_mine
from cases.models import Case
from cases.models.case import WaitingOn, is_resting
from cases.queries import ManagerNamed, Row
from cases.workflow import Stage
from clients.models import User
from clients.templatetags.look import (
    BEIJING,
    due,
    due_day,
    exact,
    iso,
    named,
    short_day,
    short_days,
    today,
)
from trade.book import Page, current

MOST_DRAWN = 4000  # some four megabytes in each process
RESTS = gettext_lazy("reminders rest")
HELD, YOURS = pgettext_lazy("waiting on", "On hold"), pgettext_lazy("waiting on", "You")
DUE = '<span class="due" data-due="{}"><time datetime="{}" title="{}">{}</time>{}</span>'


class Said(dict[tuple, str]):
    """Words that repeat on a page: `said[_stop, "draft", 2]` is `_stop("draft", 2)`, asked for once."""

    def __missing__(self, asked: tuple) -> str:
        words = self[asked] = asked[0](*asked[1:])
        return words


@lru_cache(maxsize=4096)
def escape(text: str) -> str:
    """Clients, managers and domains come again and again."""
    return escaped(text)


def rows(cases: list[Row], reader: User) -> SafeString:
    """All rows of a page. Each is drawn once a minute, for its day is told against the clock."""
    minute = int(timezone.now().timestamp()) // 60
    known = _drawn(get_language(), current(), minute)
    said, short = Said(), short_days()
    drawn = []
    for case in cases:
        looks = case, case.account_manager_id == reader.pk  # all that a row is drawn from
        row = known.get(looks)
        if row is None:
            row = _row(case, reader, said, short)
            if len(known) < MOST_DRAWN:
                known[looks] = row
        drawn.append(row)
    return mark_safe("".join(drawn))  # noqa: S308 (each value is escaped below)


@lru_cache(maxsize=4)
def _drawn(_language: str | None, _page: Page, _minute: int) -> dict[tuple[Row, bool], str]:
    """By what they show: whoever finds a row here has just read all of it. Two languages, this minute and the last."""
    return {}


def _row(case: Row, reader: User, said: Said, short: Callable[[date], str]) -> str:
    ref, domain = case.reference, escape(case.domain_name)
    title = escape(f"{case.client_name} {case.client_name_zh}")
    client = said[named, case.client_name, case.client_name_zh]
    until = _held(case) if case.on_hold else said[_due, case.due_at]
    rests = _rests(case, said) if case.snoozed_at else ""
    promised = said[_promised, case.promised_on, case.promise_is_late, case.lateness_is_told]
    return (
        f'<tr><td class="pick"><input type="checkbox" name="case" value="{ref}" aria-label="{said[(_pick,)] % domain}">'
        f'</td><td>{until}{rests}</td><td class="who-cell"><a href="/cases/{ref}/" title="{title}">{client}'
        f'</a></td><td class="cut" title="{domain}">{domain}</td>'
        f'<td><span class="stage" data-stage="{case.stage}">{said[_stop, case.stage, case.round]}</span></td>'
        f"<td>{turn(case, reader, said)}</td>"
        f'<td class="quiet" data-label="{said[(_since,)]}">{short(case.waiting_since.astimezone(BEIJING).date())}</td>'
        f'<td class="quiet spare" data-label="{said[(_promised_head,)]}">{promised}</td>'
        f'<td class="quiet spare">{said[_where, case.provider, case.province]}</td>'
        f'<td class="quiet spare">{escape(case.manager_name or case.manager_email or "—")}</td>'
        f'<td class="spare"><a class="number" href="/cases/{ref}/">{ref}</a></td></tr>\n'
    )


def _pick() -> str:
    return escape(_("Select %s"))


def _since() -> str:
    return escape(_("Since"))


def _promised_head() -> str:
    return escape(_("Promised"))


def _stop(stage: str, turn: int) -> str:
    return escape(columns.stop(stage, turn))


def turn(case: Case | Row, reader: User, said: Said) -> str:
    """Whose move: red where it is the reader's."""
    if case.on_hold:
        label = said[str, HELD]
        return f'<span class="turn" data-waiting-on="nobody" data-held>{label}</span>'
    if is_mine(case, reader) and case.account_manager_id == reader.pk:
        label = said[str, YOURS]
        return f'<span class="turn" data-waiting-on="{case.waiting_on}" data-mine>{label}</span>'
    label = said[columns.party, case.waiting_on]
    return f'<span class="turn" data-waiting-on="{case.waiting_on}">{label}</span>'


def _due(at: datetime | None) -> str:
    if at is None:
        return '<span class="quiet">—</span>'
    return due(at)


def _held(case: Row) -> str:
    if case.hold_until is None:
        return '<span class="quiet">—</span>'
    until = case.hold_until
    stopped = _("clock stopped")
    small = f" <small>{stopped}</small>"
    return DUE.format("held", iso(until), exact(until), due_day(until), small)


def _rests(case: Row, said: Said) -> str:
    """That its reminders rest, in the row; the day is in its title."""
    if case.on_hold or not is_resting(case.snoozed_at, case.snoozed_until, today()):
        return ""
    label = said[str, RESTS]
    until = case.snoozed_until
    words = _("until %(day)s") % {"day": due_day(until)} if until else _("until the client moves")
    return f' <small class="quiet" title="{escape(words)}">{escape(label)}</small>'


def _promised(on: date | None, is_late: bool, is_told: bool) -> str:
    if on is None:
        return "—"
    words = (_("will be late, client told") if is_told else _("will be late")) if is_late else ""
    small = f" <small>{words}</small>" if words else ""
    return DUE.format("overdue" if is_late else "ok", iso(on), exact(on), short_day(on), small)


def _where(provider: str, province: str) -> str:
    return escape(columns.where(provider, province)) or "—"


# ── Cards of the board ──────────────────────────────────────────────────────────────────────────────────────────────

CARD = (
    '<article class="card" id="card-{ref}" data-card="{ref}"{marks}>{due}<a href="/cases/{ref}/">{client}</a>'
    '<p class="card-domain">{domain}</p>'
    '<p class="card-foot">{turn} <span>{age}</span></p>{refusal}{moves}</article>\n'
)
REFUSED = '<p class="card-refusal" role="alert"><strong>{back}</strong> {why}{link}</p>'
SEE = ' <a href="/cases/{ref}/moves/{move}/">{see}</a>'
MENU = (
    '<details class="menu card-moves" data-menu><summary>{move}<span class="hidden-visually">: {domain}</span>'
    "</summary><ul>{steps}</ul></details>"
)
STEP = '<li><button name="to" value="{to}" formaction="/cases/{ref}/stage/?{query}">{label}</button></li>'


class Refused(NamedTuple):
    """A card that came back: which move it was, and why."""

    reference: str
    move: str
    why: str


def cards(cases: list[Row], reader: User, query: str, refused: Refused | None = None) -> SafeString:
    """The cards of one column, each with the moves that its stop has for this reader."""
    said = Said()
    query = escape(query)
    drawn = (_card(case, reader, query, said, refused) for case in cases)
    return mark_safe("".join(drawn))  # noqa: S308 (each value is escaped below)


def _card(case: Row, reader: User, query: str, said: Said, refused: Refused | None) -> str:
    came_back = refused if refused and refused.reference == case.reference else None
    is_own = is_mine(case, reader) and case.account_manager_id == reader.pk and not case.on_hold  # type: ignore[arg-type]
    marks = " data-mine" if is_own else " data-held" if case.on_hold else ""
    return CARD.format(
        ref=case.reference,
        marks=marks + (" data-refused" if came_back else ""),
        due=_card_due(case, said),
        client=said[named, case.client_name, case.client_name_zh],
        domain=escape(case.domain_name),
        turn=turn(case, reader, said),
        age=said[_age, case.round, case.waiting_since.astimezone(BEIJING).date()],
        refusal=_came_back(came_back) if came_back else "",
        moves=_menu(case, reader, query, said),
    )


def _card_due(case: Row, said: Said) -> str:
    """A card without a day has no line for it."""
    if case.on_hold:
        return _held(case) if case.hold_until else ""
    return said[_due, case.due_at] if case.due_at else ""


def _age(turn: int, since: date) -> str:
    days = (today() - since).days
    said = ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days > 0 else _("today")
    if turn < 2:
        return said
    again = _("round %(n)d") % {"n": turn}
    return f"{again} · {said}"


def _came_back(refused: Refused) -> str:
    link = SEE.format(ref=refused.reference, move=refused.move, see=_("See what is open"))
    return REFUSED.format(back=_("Came back."), why=escape(refused.why), link=link if refused.move else "")


def _menu(case: Row, reader: User, query: str, said: Said) -> str:
    steps = columns.steps_from(case.stage, reader)
    if not steps:
        return ""
    drawn = [
        STEP.format(to=to, ref=case.reference, query=query, label=escape(words.move_label(move)))
        for to, move in steps.items()
    ]
    return MENU.format(move=said[(_move_words,)], domain=escape(case.domain_name), steps="".join(drawn))


def _move_words() -> str:
    return escape(_("Move"))


# ── The choices above ───────────────────────────────────────────────────────────────────────────────────────────────

DUE_WORDS = {
    "overdue": pgettext_lazy("due", "overdue"),
    "today": pgettext_lazy("due", "by today"),
    "week": pgettext_lazy("due", "by Sunday"),
    "none": pgettext_lazy("due", "no date"),
}
# Tables that do not change while the portal runs.
TABLES: dict[str, tuple[tuple[str, Any], ...]] = {
    "stage": tuple(Stage.choices),
    "waiting_on": tuple(WaitingOn.choices),
    "provider": tuple(words.choices_of("case", "provider")),
    "province": tuple(words.choices_of("case", "province")),
    "due": tuple(DUE_WORDS.items()),
    "promise": (
        ("late", pgettext_lazy("promise", "will be late")),
        ("untold", pgettext_lazy("promise", "late, client not told")),
        ("given", pgettext_lazy("promise", "with a day")),
    ),
    "on_hold": (
        ("no", pgettext_lazy("filter", "not on hold")),
        ("yes", pgettext_lazy("filter", "only those")),
    ),
}
# In the order people think of them.
LABELS = {
    "stage": gettext_lazy("Stage"),
    "waiting_on": gettext_lazy("Waiting on"),
    "account_manager": gettext_lazy("Manager"),
    "provider": gettext_lazy("Provider"),
    "province": gettext_lazy("Province"),
    "due": gettext_lazy("Due"),
    "promise": gettext_lazy("Promised"),
    "on_hold": gettext_lazy("On hold"),
}
OTHERS = {"q": gettext_lazy("Search"), "client": gettext_lazy("Client")}


def choices(query: Mapping[str, str], staff: list[ManagerNamed]) -> list[SafeString]:
    """The choices of the query."""
    language, people = get_language() or "en", tuple(staff)
    drawn = {
        name: _fixed(language, name) if name in TABLES else _of_people(language, name, people)
        for name in LABELS
    }
    return [_chosen(choice, query[name]) for name, choice in drawn.items()]


def narrowed_words(query: Mapping[str, str], called: Mapping[str, Any]) -> str:
    """What a query is narrowed to, in words; people and clients as they are `called` by address and reference."""
    told = []
    for name, label in (LABELS | OTHERS).items():
        if value := query.get(name):
            named = {"label": label, "value": dict(TABLES.get(name, ())).get(value, called.get(value, value))}
            told.append(_("%(label)s: %(value)s") % named)
    return " · ".join(told)


CHOICE = (
    '<span class="filter"><label for="f-{name}">{label}</label><select id="f-{name}" name="{name}">'
    '<option value="">{any}</option>{options}</select></span>\n'
)
NONE = {
    "waiting_on": pgettext_lazy("filter", "anyone"),
    "account_manager": pgettext_lazy("filter", "anyone"),
    "on_hold": pgettext_lazy("filter", "shown"),
}
ANY = pgettext_lazy("filter", "any")


@lru_cache(maxsize=64)
def _fixed(_language: str, name: str) -> str:
    """Tables that do not change are drawn once a language."""
    return _choice(name, TABLES[name])


@lru_cache(maxsize=64)
def _of_people(_language: str, name: str, people: tuple[ManagerNamed, ...]) -> str:
    """Of these people by these names; whoever comes or is called otherwise makes it another."""
    return _choice(name, [(one.email, str(one)) for one in people])


def _choice(name: str, options: Iterable[tuple[str, Any]]) -> str:
    """One choice of the query, as `components/filter.html` draws it."""
    drawn = "".join(f'<option value="{escape(code)}">{escape(str(said))}</option>' for code, said in options)
    label, nothing = escape(str(LABELS[name])), escape(str(NONE.get(name, ANY)))
    return CHOICE.format(name=name, label=label, any=nothing, options=drawn)


def _chosen(drawn: str, value: str) -> SafeString:
    if value:
        value = f'value="{escape(value)}"'
        drawn = drawn.replace('class="filter"', 'class="filter" data-set', 1).replace(
            value, f"{value} selected", 1
        )
    return mark_safe(drawn)  # noqa: S308 (each value is escaped)
