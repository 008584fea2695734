"""Something of a filed site has changed: a filing of the change begins, with what the old one knows and its clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import facts, records
from cases.deadlines import CHANGE_DUTY, beijing_day, midday
from cases.models import Case
from cases.promise import by_its_rules
from cases.services import changing, clocks, history, waiting
from cases.services.opening import open_case
from cases.workflow import BEFORE_LICENCE, ISSUED, MoveRefused
from clients.models import User
from clients.refusals import Conflict, Invalid, error
from clients.sealing import Locked
from trade.aftercare import CHANGES

# Taken over of the case itself; what is wanted now says the change.
KEPT = ("provider", "province", "service", "platform_email", "legal_representative_id_kind")
# What was true of the old order and is asked of each anew.
DROPPED = {"domain.resolves"}


def open_change(case: Case) -> Case | None:
    """The filing of a change of this site that is on its way."""
    same = Case.objects.filter(client_id=case.client_id, domain_name=case.domain_name, intent="change")
    return same.filter(stage__in=BEFORE_LICENCE).exclude(pk=case.pk).order_by("-id").first()


@transaction.atomic
@by_its_rules
def report_change(
    case: Case,
    about: Iterable[str],
    *,
    by: User,
    on: date | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Case:
    """Begin the filing of a change; `about` are codes of `aftercare.change`, `on` the day on which it changed.

    What has changed is asked anew, all else is taken over. Raises `Invalid` beside the field that is wrong, and
    `Conflict` where such a filing is on its way already.
    """
    now = now or timezone.now()
    if not (by.standing.is_agency or by.standing.is_contact_of(case.client_id)):
        raise PermissionDenied
    case = Case.objects.with_facts().locked(case)
    if case.stage not in ISSUED:
        raise MoveRefused(_("What is not filed yet is changed in the filing itself."), "wrong_stage")
    named = _named(about)
    on = _day(on, now)
    note = records.words_of(note, needed=False)
    if other := open_change(case):
        words = _("A change of this site is on its way already: %(reference)s. Add it there.")
        raise Conflict(words % {"reference": other.reference}, "on_its_way")
    new = open_case(case.client, by=by, given=_taken_over(case, named), now=now)
    if case.account_manager is not None and case.account_manager.is_active:
        new.account_manager = case.account_manager
        new.save(update_fields=["account_manager"])
    told = {"changed": named, "on": on.isoformat()}
    history.record(case, "change.reported", by=by, note=note, data={**told, "case": new.reference}, at=now)
    history.record(new, "change.reported", by=by, note=note, data={**told, "case": case.reference}, at=now)
    return _begin(new, on, now)


@by_its_rules
def _begin(case: Case, on: date, now: datetime) -> Case:
    clocks.start(case, CHANGE_DUTY, at=midday(on))
    waiting.refresh(case, now=now)
    return case


def _named(about: Iterable[str]) -> list[str]:
    named = [code for code in CHANGES if code in set(about)]
    if not named:
        raise Invalid([error("about", _("Choose what has changed."), "missing")])
    return named


def _day(on: date | None, now: datetime) -> date:
    on = on or beijing_day(now)
    if on > beijing_day(now):
        raise Invalid([error("on", _("This day has not come yet in Beijing."))])
    if on < facts.FIRST_RECKONED:
        raise Invalid([error("on", _("The dates must lie in the years 1990 to 2100."))])
    return on


# ── What is taken over ──


def _taken_over(case: Case, named: list[str]) -> dict[str, Any]:
    """The old case's facts as `open_case` takes them, without those that are asked anew."""
    asked = {path for code in named for path in CHANGES[code].fields} | DROPPED
    parts = {part for code in named for part in CHANGES[code].parts}
    if "new_head" in named and case.manager is None:
        parts.add("service")  # whoever heads it manages the site as well
    given: dict[str, Any] = _of("case", case, asked, KEPT)
    for thing in facts.OBJECTS:
        holder = facts.holder_of(case, thing)
        if thing not in asked and holder is not None:
            given[thing] = _of(thing, holder, asked, tuple(facts.FACTS[thing]))
    if "new_manager" in named:
        # Somebody else manages the site from now on: an absent manager would be the head.
        given["manager"] = {"is_legal_representative": False}
    given |= {
        "intent": "change",
        "change_of": [part for part in ("subject", "service", "access") if part in parts],
        "subject_filed": "here",
        "domain_filed": "here",
    }
    if "company_name" in named:
        given["new_name"] = True
    return _without_refused(given)


def _of(thing: str, holder: Any, asked: set[str], names: tuple[str, ...]) -> dict[str, Any]:
    given = {}
    for name in names:
        path = name if thing == "case" else f"{thing}.{name}"
        value = _number(holder) if name == "id_number" else getattr(holder, name)
        if path not in asked and facts.is_given(value):
            given[name] = value
    return given


def _number(holder: Any) -> str:
    """Empty where no key opens it any more: it is typed again then."""
    try:
        return holder.id_number
    except Locked:
        return ""


def _without_refused(given: dict[str, Any]) -> dict[str, Any]:
    """What was taken once and would not be today is asked anew."""
    _changes, errors = changing.read(given, None)
    for one in errors:
        thing, _dot, name = one["field"].partition(".")
        if name:
            given.get(thing, {}).pop(name, None)
        else:
            given.pop(thing, None)
    return given
