"""A case as people follow it: the line of seven stops with its forecast, and the next move in one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import words
from cases.deadlines import CALLBACK, working_days_between
from cases.facts import is_the_agencys
from cases.forecast import Arrival
from cases.models import Case, CaseEvent, Deadline, DeadlineState
from cases.models.case import WaitingOn
from cases.models.requirement import FACE, TASK, RequirementState
from cases.workflow import ENDED, ROAD, Stage, rests_for_consent
from clients.models import User
from clients.templatetags.look import day, day_of, due_day, moment, short_day, today
from trade.clocks import USUAL, sms_persons

FOOTERS = ("footer", "psb_footer")  # the clocks of the number at the foot of the site: they wait on nobody


def running(case: Case, *kinds: str) -> Deadline | None:
    """The clock of one of these kinds that still counts, if there is one."""
    alive = (DeadlineState.RUNNING, DeadlineState.PAUSED)
    return next((one for one in case.clocks if one.kind in kinds and one.state in alive), None)


def is_missed_again(case: Case) -> bool:
    """Whether they rang a second time in vain: the provider returns the order then, as a rule."""
    if running(case, CALLBACK) is None:
        return False
    return any(
        one.kind == CALLBACK and one.state == DeadlineState.STOPPED and one.started_at >= case.moved_at
        for one in case.clocks
    )


def is_mine(case: Case, reader: User) -> bool:
    """Whether the reader is who must act: the agency's move, and nobody else's case."""
    return case.waiting_on == WaitingOn.AGENCY and case.account_manager_id in (None, reader.pk)


# ── The line ────────────────────────────────────────────────────────────────────────────────────────────────────────


def stops(
    case: Case, moves: Iterable[CaseEvent], reader: User, expected: dict[str, Arrival]
) -> list[dict[str, Any]]:
    """The seven stops as `components/rail.html` draws them; `moves` are the case's moves, oldest first."""
    entered: dict[str, datetime] = {Stage.DRAFT: case.created_at}
    left: dict[str, datetime] = {}
    last_from = case.stage
    for event in moves:
        if event.from_stage != event.to_stage:
            entered[event.to_stage] = left[event.from_stage] = event.at
            last_from = event.from_stage
    at = last_from if case.stage in ENDED else case.stage
    here = ROAD.index(Stage(at))
    drawn: list[dict[str, Any]] = []
    for place, stage in enumerate(ROAD):
        stop: dict[str, Any] = {"name": words.stage_name(stage), "state": "ahead"}
        if place < here or (place == here and case.stage in ENDED):
            stop |= _behind(case, stage, entered.get(stage), left.get(stage))
        elif place == here:
            stop |= {
                "state": "here",
                "mine": is_mine(case, reader),
                "when": _since(entered.get(stage, case.moved_at)),
            }
            stop["leg"] = _usual_leg(stage)
        elif case.stage not in ENDED:
            stop |= _ahead(case, stage, expected.get(stage))
            if stop.get("is_provisional") and any(one.get("is_provisional") for one in drawn):
                stop["note"] = ""  # it holds for all that follows, and is said once
        if stage == Stage.COMMERCIAL_LICENSED and place > here and not case.wants_licence:
            stop |= _no_licence(case)
        drawn.append(stop)
    return drawn


def _behind(case: Case, stage: str, came: datetime | None, went: datetime | None) -> dict[str, Any]:
    stop: dict[str, Any] = {"state": "done"}
    if went is not None:
        stop["when"] = short_day(went)
        if came is not None and day_of(came) != day_of(went):
            stop["when"] = f"{short_day(came)} – {short_day(went)}"
        if came is not None:
            stop["leg"] = _("%(n)d wd") % {"n": working_days_between(day_of(came), day_of(went))}
    if stage == Stage.PROVIDER_PRE_AUDIT and case.provider:
        stop["note"] = words.code_words("provider", case.provider)
    elif stage == Stage.PHOTO and case.photo_way:
        stop["note"] = words.code_words("photo_way", case.photo_way)
    elif stage == Stage.LICENSED:
        stop["note"] = case.icp_number
    elif stage == Stage.PSB_FILED:
        stop["note"] = case.psb_number
    return stop


def _since(moved: datetime) -> str:
    return _("since %(when)s") % {"when": moment(moved)}


def _usual_leg(stage: str) -> str:
    row = USUAL.get(stage)
    if row is None or row.n is None:
        return ""
    return (_("%(n)d d") if row.unit == "calendar" else _("%(n)d wd")) % {"n": row.n}


def _ahead(case: Case, stage: str, expected: Arrival | None) -> dict[str, Any]:
    stop: dict[str, Any] = {"leg": _usual_leg(stage)}
    if case.on_hold:
        return stop | {"when": _("on hold")}
    if expected is None:
        return stop
    allowed = expected.allowed_until
    if allowed and allowed < today():
        return stop | {"when": _("overdue since %(day)s") % {"day": short_day(allowed)}, "note": ""}
    if expected.from_today:
        stop["when"] = _("%(day)s at the earliest") % {"day": short_day(expected.on)}
    elif expected.is_overdue:
        stop["when"] = _("later than usual")
    else:
        stop["when"] = _("expected %(day)s") % {"day": expected.in_words}
    if allowed:
        stop["note"] = _("at the latest %(day)s") % {"day": day(allowed)}
    elif expected.is_provisional:
        stop |= {"is_provisional": True, "note": _("provisional: the year's calendar is not out")}
    return stop


def _no_licence(case: Case) -> dict[str, Any]:
    if case.site.revenue is None:
        return {"when": _("only if the site earns money"), "note": ""}
    if case.makes_revenue:
        return {"state": "branch", "when": _("not needed"), "note": _("as the agency decided"), "leg": ""}
    return {"state": "branch", "when": _("not needed"), "note": _("the site earns no money"), "leg": ""}


# ── The next move ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Next:
    """What has to happen, in one sentence; and what it waits for, by name."""

    sentence: str
    facts: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)


def next_move(case: Case) -> Next:
    """The next move in one sentence, with a name and a day in it where there are any."""
    if case.on_hold:
        return Next(
            _("On hold until %(day)s: %(why)s") % {"day": day(case.hold_until), "why": case.hold_note}
        )
    if rests_for_consent(case):
        return Next(
            _(
                "The client took its consent to identity papers back on %(day)s: nothing is handed on. Speak with them."
            )
            % {"day": day(case.client.consent_withdrawn_at)}
        )
    if callback := running(case, CALLBACK):
        people = dict.fromkeys(words.whose(part, case) for part in ("head", "manager"))
        return Next(
            _("They rang and nobody answered: %(people)s must take the call by %(when)s.")
            % {"people": _(" and ").join(people), "when": moment(callback.due_at)}
        )
    return _NEXT[case.stage](case)


def _draft(case: Case) -> Next:
    lacking = case.missing_facts
    ours = [path for path in lacking if is_the_agencys(path)]
    missing = [words.label_of(path) for path in lacking if path not in ours]
    papers = [one for one in case.papers_missing if one.state != RequirementState.SENT]
    tasks = [one for one in case.requirements.all() if one.kind in (FACE, TASK) and one.is_asked_in_draft]
    opened = [words.label_of(one.path) for one in case.reopenings.all() if one.closed_at is None]
    sent = [one for one in case.requirements.all() if one.state == RequirementState.SENT]
    silent = [person.name or person.get_part_display() for person in case.unverified_people]
    asked = []
    if missing or opened:
        n = len(missing) + len(opened)
        asked.append(ngettext("%(n)d fact", "%(n)d facts", n) % {"n": n})
    if papers:
        asked.append(ngettext("%(n)d paper", "%(n)d papers", len(papers)) % {"n": len(papers)})
    if tasks:
        asked.append(ngettext("%(n)d task", "%(n)d tasks", len(tasks)) % {"n": len(tasks)})
    waits = ngettext("%(n)d paper waits to be reviewed.", "%(n)d papers wait to be reviewed.", len(sent))
    waits = waits % {"n": len(sent)} if sent else ""
    if asked or ours:
        owed = _("The client still owes %(things)s.") % {"things": _(" and ").join(asked)} if asked else ""
        own = _("We still have to fill in: %(facts)s.") % {"facts": words.named_facts(ours)} if ours else ""
        sentence = " ".join(filter(None, [owed, own, waits]))
    elif sent:
        sentence = waits
    elif silent:
        sentence = _("Verify the mobile of %(people)s.") % {"people": _(" and ").join(silent)}
    else:
        sentence = _("Everything is together: hand it in to %(provider)s.") % {"provider": _provider(case)}
    return Next(sentence, missing + [words.label_of(path) for path in ours] + opened, silent)


def _provider(case: Case) -> str:
    return words.code_words("provider", case.provider) if case.provider else _("the provider")


def _pre_audit(case: Case) -> Next:
    clock = running(case, "provider_pre_audit")
    return Next(
        _("%(provider)s looks at the order and answers by %(day)s.")
        % {"provider": _provider(case), "day": _until(clock)}
    )


def _photo(case: Case) -> Next:
    clock = running(case, "photo")
    someone = words.whose("manager", case)
    face_is_open = any(one.kind == FACE and one.is_open for one in case.requirements.all())
    if face_is_open:
        return Next(
            _("%(person)s still has to do the face check, by %(day)s.")
            % {"person": someone, "day": _until(clock)}
        )
    return Next(_("The face check of %(person)s is reported done: record it.") % {"person": someone})


def _miit(case: Case) -> Next:
    if sms := running(case, "sms_code"):
        people = [words.whose(part, case) for part in sms_persons(case.filing_kind)] or [
            words.whose("head", case)
        ]
        return Next(
            _("%(people)s must enter the ministry's SMS code by %(day)s.")
            % {"people": _(" and ").join(dict.fromkeys(people)), "day": moment(sms.due_at)}
        )
    clock = running(case, "miit_review")
    return Next(_("The bureau reviews the filing and answers by %(day)s.") % {"day": _until(clock)})


def _licensed(case: Case) -> Next:
    if case.psb_handed_in_on:
        return Next(
            _("The police have had the filing since %(day)s; record their number when it comes.")
            % {"day": day(case.psb_handed_in_on)}
        )
    clock = running(case, "psb_filing")
    return Next(_("The PSB filing is to be handed in by %(day)s.") % {"day": _until(clock)})


def _psb_filed(case: Case) -> Next:
    if not case.wants_licence:
        clock = running(case, *FOOTERS)
        if clock is None:
            return Next(_("Filed with ministry and police: nothing is left to do."))
        if clock.due_at < timezone.now():
            told = _(
                "Filed with ministry and police. The footer should have shown the number by %(day)s: look at the site."
            )
        else:
            told = _("Filed with ministry and police. The footer must show the number by %(day)s.")
        return Next(told % {"day": _until(clock)})
    if case.application_handed_in_on:
        return Next(
            _("The authority has had the application since %(day)s; record the licence when it comes.")
            % {"day": day(case.application_handed_in_on)}
        )
    looked = case.commercial_or_none
    if looked is not None and looked.appointment_on and looked.appointment_on >= today():
        return Next(
            _("The commercial licence is to be applied for: appointment %(day)s, %(office)s.")
            % {"day": day(looked.appointment_on), "office": looked.office or _("office not said yet")}
        )
    return Next(_("The commercial licence is to be applied for."))


def _commercial(case: Case) -> Next:
    clock = running(case, *FOOTERS)
    if clock is None:
        return Next(_("Licensed for business: nothing is left to do."))
    if clock.due_at < timezone.now():
        told = _(
            "Licensed for business. The footer should have shown the number by %(day)s: look at the site."
        )
    else:
        told = _("Licensed for business. The footer must show the number by %(day)s.")
    return Next(told % {"day": _until(clock)})


def _withdrawn(case: Case) -> Next:
    return Next(_("Withdrawn on %(day)s; nothing follows.") % {"day": day(case.moved_at)})


def _cancelled(case: Case) -> Next:
    return Next(_("Cancelled on %(day)s; the number never returns.") % {"day": day(case.moved_at)})


_NEXT = {
    Stage.DRAFT: _draft,
    Stage.PROVIDER_PRE_AUDIT: _pre_audit,
    Stage.PHOTO: _photo,
    Stage.MIIT_REVIEW: _miit,
    Stage.LICENSED: _licensed,
    Stage.PSB_FILED: _psb_filed,
    Stage.COMMERCIAL_LICENSED: _commercial,
    Stage.WITHDRAWN: _withdrawn,
    Stage.CANCELLED: _cancelled,
}


def _until(clock: Deadline | None) -> str:
    if clock is None:
        return _("a day nobody set")
    return due_day(clock.due_at) if day_of(clock.due_at) != today() else _("today")
