"""The rules change: shipped ones are loaded, the agency edits; each act is an edition that nobody rewrites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from clients.models import Agency, User
from clients.queries import forget_agency
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from rulebook.models import Edition, Origin, Rule
from rulebook.permissions import may_change_rules
from rulebook.queries import compose, typed, versions
from rulebook.rows import DATED, from_json, to_json
from trade import days
from trade.book import CHAPTERS, SHIPPED, Book, DataError, Page


def newest_rules(**which: Any) -> Iterable[Rule]:
    """The newest version of each row, withdrawn ones among them."""
    agency = Agency.objects.get(pk=1)
    return versions(agency.rules_edition, agency.rules_edition).filter(**which)


def _publish(rules: list[Rule], *, by: User | None, note: str = "", reaches_running: bool = False) -> Edition:
    """Write the rows as the next edition. The caller holds the agency's row: editions come one after another."""
    edition = Edition.objects.create(by=by, note=note, reaches_running=reaches_running)
    for rule in rules:
        rule.edition = edition
    Rule.objects.bulk_create(rules)
    Agency.objects.filter(pk=1).update(rules_edition=edition.pk)
    forget_agency()
    transaction.on_commit(forget_agency)
    return edition


def _hold() -> Agency:
    return Agency.objects.select_for_update().get(pk=1)


# ── What ships with the code ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Loaded:
    """What a loading found, row by row."""

    told: Counter[str]  # loaded, changed, unchanged, kept, withdrawn
    kept: list[str]
    edition: int


@transaction.atomic
def load_shipped() -> Loaded:
    """Bring the shipped rows into the table. A code that the agency has edited stays as the agency wants it."""
    agency = _hold()
    newest: dict[tuple[str, str], dict[str, Rule]] = {}
    for rule in versions(agency.rules_edition, agency.rules_edition):
        newest.setdefault((rule.kind, rule.code), {})[rule.term] = rule
    told: Counter[str] = Counter()
    kept: list[str] = []
    written: list[Rule] = []
    for kind, lines in SHIPPED.lines.items():
        shipped: dict[str, dict[str, Rule]] = {}
        for line in lines:
            rule = rule_of(kind, line.row, origin=Origin.SHIPPED)
            shipped.setdefault(rule.code, {})[rule.term] = rule
        for code, terms in shipped.items():
            there = newest.pop((kind, code), {})
            if any(rule.origin == Origin.AGENCY for rule in there.values()):
                told["kept"] += 1
                kept.append(f"{kind} {code}")
                continue
            for term, rule in terms.items():
                before = there.pop(term, None)
                if before is None:
                    told["loaded"] += 1
                elif _says_the_same(before, rule):
                    told["unchanged"] += 1
                    continue
                else:
                    told["changed"] += 1
                    rule.checked_on = max(rule.checked_on, before.checked_on)
                written.append(rule)
            written += _withdrawn(there.values(), told)
    for there in newest.values():
        # No longer shipped. What the agency wrote stays in the table, and counts where its table may grow.
        written += _withdrawn((rule for rule in there.values() if rule.origin == Origin.SHIPPED), told)
    number = agency.rules_edition
    if written:
        number = _publish(written, by=None, note="").pk
    return Loaded(told, kept, number)


def _withdrawn(rules: Iterable[Rule], told: Counter[str]) -> list[Rule]:
    gone = []
    for rule in rules:
        if not rule.is_withdrawn:
            told["withdrawn"] += 1
            gone.append(_next_version(rule, is_withdrawn=True))
    return gone


def _says_the_same(before: Rule, rule: Rule) -> bool:
    return (
        not before.is_withdrawn
        and before.checked_on >= rule.checked_on
        and all(getattr(before, name) == getattr(rule, name) for name in ("body", *DATED[:3]))
    )


def rule_of(kind: str, row: Any, *, origin: str, term: str = "") -> Rule:
    """A typed row of the trade as the database keeps it, not saved."""
    dated = {name: getattr(row, name) for name in DATED}
    return Rule(
        kind=kind,
        code=row.code,
        term=term or row.valid_from.isoformat(),
        body=to_json(row),
        origin=origin,
        **dated,
    )


def _next_version(rule: Rule, **changed: Any) -> Rule:
    kept = {
        name: getattr(rule, name)
        for name in ("kind", "code", "term", "body", *DATED, "origin", "is_withdrawn")
    }
    return Rule(**(kept | changed))


# ── What the agency edits ───────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def change_rule(
    kind: str,
    code: str,
    term: str,
    columns: dict[str, Any],
    *,
    by: User,
    note: str = "",
    reaches_running: bool = False,
    keeps_until_then: bool = False,
    seen: int | None = None,
) -> Edition | None:
    """Write a row anew; with `keeps_until_then` the present one holds until the day before the new one begins.

    `seen` is the edition that the writer had before them. Returns None where nothing differs; raises `Conflict`
    where somebody else was quicker, and `Invalid` with the column that cannot be so.
    """
    if not may_change_rules(by):
        raise PermissionDenied
    _hold()
    before = _newest(kind, code, term)
    if seen is not None and before.edition_id != seen:
        raise Conflict(
            _("Somebody else changed this rule meanwhile. Look at the new version and decide again."),
            "version",
        )
    new = _rule_from(kind, code, columns)
    if all(getattr(before, name) == getattr(new, name) for name in ("body", *DATED)):
        return None
    if keeps_until_then:
        if new.valid_from <= before.valid_from:
            raise Invalid([error("valid_from", _("The new row must begin after the present one did."))])
        if Rule.objects.filter(kind=kind, code=code, term=new.term).exists():
            raise Invalid([error("valid_from", _("A row of this code begins on that day already."))])
        ended = _next_version(before, valid_to=new.valid_from - timedelta(days=1), origin=Origin.AGENCY)
        rules = [ended, new]
    else:
        new.term = term
        rules = [new]
    _refuse_contradictions(rules)
    edition = _publish(rules, by=by, note=note, reaches_running=reaches_running)
    _tell("rule.changed", edition, new, by=by)
    return edition


@transaction.atomic
def add_rule(kind: str, code: str, columns: dict[str, Any], *, by: User, note: str = "") -> Edition:
    """A code of the agency's own, in a table that may grow; raises `Invalid` with the column that cannot be so."""
    if not may_change_rules(by):
        raise PermissionDenied
    _hold()
    chapter = CHAPTERS[kind]
    if not chapter.grows:
        raise PermissionDenied
    if any(line.row.code == code for line in SHIPPED.lines[kind]) or newest_rules(kind=kind, code=code):
        raise Invalid([error("code", _("This code stands already."))])
    new = _rule_from(kind, code, columns)
    _refuse_contradictions([new])
    edition = _publish([new], by=by, note=note)
    _tell("rule.added", edition, new, by=by)
    return edition


def rehearse_rule(kind: str, code: str, term: str, columns: dict[str, Any]) -> tuple[Any, Page]:
    """The row as it would be, and today's page of the rules with it; nothing is written. Raises `Invalid`."""
    new = _rule_from(kind, code, columns)
    new.term = term or new.term
    return typed(new), _refuse_contradictions([new]).on()


@transaction.atomic
def check_rule(kind: str, code: str, term: str, *, by: User, on: date | None = None) -> Edition | None:
    """Somebody looked at the source and found the row still right; nothing but the day is set."""
    if not may_change_rules(by):
        raise PermissionDenied
    _hold()
    before = _newest(kind, code, term)
    on = on or days.today()
    if before.checked_on >= on:
        return None
    # Nothing to promise or to break: what the row says stays the same for everybody.
    edition = _publish([_next_version(before, checked_on=on)], by=by)
    _tell("rule.checked", edition, before, by=by)
    return edition


def _newest(kind: str, code: str, term: str) -> Rule:
    rule = next(iter(newest_rules(kind=kind, code=code, term=term)), None)
    if rule is None or rule.is_withdrawn:
        raise Rule.DoesNotExist
    return rule


def _rule_from(kind: str, code: str, columns: dict[str, Any]) -> Rule:
    """The columns checked by type and bound; raises `Invalid` beside the one that is wrong."""
    dated = {name: columns[name] for name in DATED}
    body = {name: value for name, value in columns.items() if name not in DATED}
    try:
        return rule_of(kind, from_json(kind, code, body, dated), origin=Origin.AGENCY)
    except DataError as refused:
        raise Invalid([error(refused.column, str(refused.sentence))]) from refused


def _refuse_contradictions(rules: list[Rule]) -> Book:
    """The whole book as it would be, checked on each of its days."""
    changed = {(rule.kind, rule.code, rule.term) for rule in rules}
    kept = [rule for rule in newest_rules() if (rule.kind, rule.code, rule.term) not in changed]
    for rule in rules:
        rule.reaches = False  # type: ignore[attr-defined]
    try:
        for rule in rules:
            typed(rule)
        made = compose([*kept, *rules])
        made.check()
    except DataError as refused:
        raise Invalid([error(refused.column, str(refused.sentence))]) from refused
    return made


def _tell(kind: str, edition: Edition, rule: Rule, *, by: User) -> None:
    record(
        kind,
        by=by,
        rule=f"{rule.kind} {rule.code}",
        edition=edition.pk,
        reaches_running=edition.reaches_running,
    )
