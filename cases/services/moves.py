"""The one door: every change of stage comes through here, and leaves an event behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import facts, records, search
from cases.deadlines import CALLBACK, CHANGE_DUTY, midday
from cases.forecast import forecast, learned_for
from cases.models import Case, Reopening, RequirementState, Severity
from cases.models.requirement import FACE, TASK
from cases.promise import by_its_rules
from cases.services import (
    checklist,
    clocks,
    duties,
    history,
    listening,
    planning,
    preflight,
    waiting,
    watching,
)
from cases.workflow import ISSUED, MOVES, MoveForbidden, MoveRefused, Stage
from clients.models import User
from trade.amounts import sms_delay
from trade.checks import CHECKS
from trade.clocks import CLOCKS, sms_persons
from trade.reasons import REASONS

NOT_NOW = gettext_lazy("From “%(stage)s” the case cannot make this move.")
NOT_YOURS = gettext_lazy("This move is not yours to make.")
SMS_MISSED = {"sms_timeout", "sms_failed"}


@by_its_rules
def move_case(
    case: Case,
    move: str,
    *,
    by: User,
    data: Any = None,
    reasons: Any = None,
    note: Any = "",
    now: datetime | None = None,
) -> Case:
    """Lock, check, move, keep time, leave the event; all or nothing.

    Raises `MoveForbidden` (never theirs), `MoveRefused` (not now; says why) or `facts.Invalid` (what was given).
    """
    now = now or timezone.now()
    if move == "submit" and by.standing.is_agency:
        # Days pass and change no fact. What is found stays, also where the move is refused for it.
        preflight.check_again(case, now=now)
    return _move(case, move, by=by, data=data, reasons=reasons, note=note, now=now)


@transaction.atomic
def _move(case: Case, move: str, *, by: User, data: Any, reasons: Any, note: Any, now: datetime) -> Case:
    if move not in MOVES:
        raise facts.Invalid([facts.error("move", _("There is no such move."))])
    case = Case.objects.with_facts().locked(case)
    _permit(case, move, by)
    given = records.clean_data(case, move, data, now=now)
    note = records.clean_note(move, note)
    named = records.clean_reasons(case, move, reasons)
    if move == "finish_photo":
        _ask_for_curtain_picture(case, given["photo_way"])
    before = case.stage
    old_results = case.recorded_results
    getattr(case, move)()
    if case.stage != before:
        case.moved_at = now
    _RECORD.get(move, _nothing)(case, given, now)
    if move == "hold":
        case.hold_note = note
    if move == "submit" and case.forecast_on is None:
        _forecast(case, now)
    case.version += 1
    case.filed_under = search.filed_under(case, case.client)
    case.save()
    kept: dict[str, Any] = {"data": {name: str(value) for name, value in given.items()}} if given else {}
    if move in ("correct", "step_back"):
        kept["old"] = {
            name: str(value) for name, value in old_results.items() if getattr(case, _COLUMN[name]) != value
        }
    if move in records.REASONED:
        kept["opened"] = _reopen(case, named, now)
        kept["round"] = case.round
    _keep_time(case, move, before, given, named, by, now)
    history.record(
        case,
        "case.moved",
        by=by,
        move=move,
        from_stage=before,
        to_stage=case.stage,
        note=note,
        reasons=[
            {
                "code": one["code"],
                "requirements": [r.reference for r in one["requirements"]],
                "note": one["note"],
            }
            for one in named
        ],
        data=kept,
        at=now,
    )
    if case.stage != before:
        listening.settle_by_move(case, move, by=by, now=now)
    case = Case.objects.with_facts().get(pk=case.pk)
    waiting.refresh(case, now=now)
    if before in ISSUED or case.stage in ISSUED:
        watching.follow(case, now=now)
        duties.follow(case, now=now)
    if (before in ISSUED) != (case.stage in ISSUED):
        planning.refresh_others(case, now=now)
    return case


def _permit(case: Case, move: str, by: User) -> None:
    """Who first, then when: a person hears of a case's state only what concerns a move of theirs."""
    every = getattr(Case, move)._django_fsm.transitions
    if not any(step.has_perm(case, by) for step in every.values()):
        raise MoveForbidden(NOT_YOURS, "forbidden")
    step = getattr(Case, move)._django_fsm.get_transition(case.stage)
    if step is None:
        raise MoveRefused(NOT_NOW % {"stage": case.get_stage_display()}, "wrong_stage")
    for condition in step.conditions:
        if not condition(case):
            raise MoveRefused(_with_names(case, condition), condition.code)


@by_its_rules
def refusal_of(case: Case, move: str, by: User) -> str:
    """What the door would say now, in a sentence without the names that programs read; empty where it is open."""
    every = getattr(Case, move)._django_fsm
    if not any(step.has_perm(case, by) for step in every.transitions.values()):
        return str(NOT_YOURS)
    step = every.get_transition(case.stage)
    if step is None:
        return NOT_NOW % {"stage": case.get_stage_display()}
    return next((str(one.sentence) for one in step.conditions if not one(case)), "")


def _with_names(case: Case, condition: Any) -> str:
    """The condition's sentence, and which facts, papers or people it is about."""
    names: list[str] = []
    if condition.code == "facts_missing":
        names = case.missing_facts
    elif condition.code == "papers_missing":
        names = [f"{paper.kind} ({paper.of})" for paper in case.papers_missing]
    elif condition.code == "phones_unverified":
        names = [person.get_part_display() for person in case.unverified_people]
    elif condition.code == "findings_open":
        return f"{condition.sentence} {_first_finding(case)}"
    return f"{condition.sentence} {', '.join(str(name) for name in names)}".strip()


def _first_finding(case: Case) -> str:
    """What the first finding says, and how many more there are."""
    first = case.findings.filter(severity=Severity.BLOCKS).first()
    if first is None:
        return ""
    told = str(CHECKS[first.code].sentence(first.severity)) if first.code in CHECKS else first.code
    if more := case.open_blocks - 1:
        told += " " + ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}
    return told


def _ask_for_curtain_picture(case: Case, photo_way: str) -> None:
    if photo_way != "curtain":
        return
    if any(paper.kind == FACE and not paper.is_done for paper in case.requirements.all()):
        raise MoveRefused(_("The curtain photo must be sent and accepted first."), "photo_missing")


# ── What each move writes on the case ───────────────────────────────────────────────────────────────────────────────


def _nothing(case: Case, given: dict, now: datetime) -> None:
    """Most moves only change the stage."""


def _photo(case: Case, given: dict, now: datetime) -> None:
    case.photo_way, case.photo_done_on = given["photo_way"], given["done_on"]


def _licence(case: Case, given: dict, now: datetime) -> None:
    case.icp_number, case.licensed_on = given["icp_number"], given["licensed_on"]


def _psb(case: Case, given: dict, now: datetime) -> None:
    case.psb_number, case.filed_on = given["psb_number"], given["filed_on"]


def _commercial(case: Case, given: dict, now: datetime) -> None:
    case.licence_number, case.granted_on = given["licence_number"], given["granted_on"]


def _held(case: Case, given: dict, now: datetime) -> None:
    case.on_hold, case.hold_until = True, given["until"]


def _resumed(case: Case, given: dict, now: datetime) -> None:
    case.on_hold, case.hold_until, case.hold_note = False, None, ""


def _round(case: Case, given: dict, now: datetime) -> None:
    case.round += 1


def _corrected(case: Case, given: dict, now: datetime) -> None:
    for name, value in given.items():
        setattr(case, _COLUMN[name], value)


def _stepped_back(case: Case, given: dict, now: datetime) -> None:
    """What belongs to the stage that was left is no longer so; the old result stays in the event."""
    if case.stage == Stage.PHOTO:
        case.photo_done_on = None
        _ask_for_face_check_again(case, now)
    elif case.stage == Stage.MIIT_REVIEW:
        case.icp_number, case.licensed_on, case.psb_handed_in_on = "", None, None
        case.opened_on = None
    elif case.stage == Stage.LICENSED:
        case.psb_number, case.filed_on, case.application_handed_in_on = "", None, None
    elif case.stage == Stage.PSB_FILED:
        case.licence_number, case.granted_on = "", None


_RECORD: dict[str, Callable[[Case, dict, datetime], None]] = {
    "finish_photo": _photo,
    "grant_licence": _licence,
    "file_psb": _psb,
    "grant_commercial_licence": _commercial,
    "hold": _held,
    "resume": _resumed,
    "withdraw": _resumed,
    "cancel": _resumed,
    "return_for_changes": _round,
    "reject": _round,
    "correct": _corrected,
    "step_back": _stepped_back,
}
_COLUMN = {name: "photo_done_on" if name == "done_on" else name for name in records.RESULTS}


def _forecast(case: Case, now: datetime) -> None:
    """What can be said of the licence on the day of the first handing in, to be held against the fact."""
    licence = forecast(case, learned_for([case]), now=now)[Stage.LICENSED]
    case.forecast_on, case.forecast_from, case.forecast_until = licence.on, licence.earliest, licence.latest


# ── What a return opens again ───────────────────────────────────────────────────────────────────────────────────────


def _reopen(case: Case, reasons: list[dict], now: datetime) -> list[str]:
    """Each reason opens exactly the fields and papers it is about; what it opened, by name."""
    opened: list[str] = []
    case.reopenings.filter(closed_at__isnull=True).update(closed_at=now)
    asked = list(case.requirements.all())
    for reason in reasons:
        rule = REASONS[reason["code"]]
        if rule.opens == "nothing":
            continue  # handed in again as it is
        papers = reason["requirements"]
        if not papers and not rule.staff_choose:
            papers = [one for one in asked if one.kind in rule.papers]
        for paper in papers:
            paper.state = RequirementState.REDO
            paper.reasons = [*(code for code in paper.reasons if code != reason["code"]), reason["code"]]
            paper.words = reason["note"]
            paper.changed_at = now
            paper.save(update_fields=["state", "reasons", "words", "changed_at"])
            opened.append(f"{paper.kind}:{paper.of}")
        paths = list(dict.fromkeys(_present(case, path) for path in rule.fields if _exists(case, path)))
        for path in paths:
            Reopening.objects.create(
                case=case,
                client_id=case.client_id,
                round=case.round,
                reason=reason["code"],
                path=path,
                note=reason["note"],
                opened_at=now,
            )
            opened.append(path)
        if not papers and not paths:
            checklist.open_task(case, reason, now=now)
            opened.append(TASK)
    return opened


def _present(case: Case, path: str) -> str:
    """A fact of an absent manager is the head's."""
    thing, dot, name = path.partition(".")
    return f"head.{name}" if thing == "manager" and dot and case.manager is None else path


def _exists(case: Case, path: str) -> bool:
    """A fact of the table that the client could mend; the kind of filing is the agency's."""
    thing, _dot, name = path.partition(".")
    if thing in facts.OBJECTS:
        return not name or name in facts.FACTS[thing]
    return thing in facts.FACTS["case"] and thing not in facts.AGENCY_ONLY


# ── Clocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _keep_time(
    case: Case, move: str, before: str, given: dict, reasons: list[dict], by: User, now: datetime
) -> None:
    """What the move says about running clocks, and which begin."""
    if move == "submit":
        clocks.meet(case, ["returned_fix", CHANGE_DUTY], at=now)
        case.reopenings.filter(closed_at__isnull=True).update(closed_at=now)
        checklist.close_tasks(case, by=by, now=now)
        clocks.start(case, "provider_pre_audit", at=now)
    elif move == "pass_pre_audit":
        clocks.meet(case, ["provider_pre_audit", CALLBACK], at=now)
        clocks.start(case, "photo", at=now)
    elif move in ("return_for_changes", "reject"):
        if any(reason["code"] in SMS_MISSED for reason in reasons):
            clocks.miss(case, ["sms_code"], at=now)
        clocks.meet(case, ["provider_pre_audit", "sms_code", "miit_review"], at=now)
        clocks.stop(case, at=now)
        clocks.start(case, "returned_fix", at=now)
        clocks.run_on(
            case, CHANGE_DUTY
        )  # the law counts from the day of the change, however often it comes back
    elif move == "finish_photo":
        clocks.meet(case, ["photo", CALLBACK], at=now)
        _meet_face_check(case, by, now)
        if sms_persons(case.filing_kind):
            clocks.start(case, "sms_code", at=now + sms_delay(case.provider))
        clocks.start(case, "miit_review", at=now)
    elif move == "grant_licence":
        clocks.meet(case, ["sms_code", "miit_review", CALLBACK], at=now)
        clocks.start(case, "psb_filing", at=midday(case.licensed_on))
    elif move == "file_psb":
        clocks.meet(case, ["psb_filing", "psb_review"], at=now)
        clocks.start(case, "psb_footer", at=midday(case.filed_on))
    elif move == "grant_commercial_licence":
        clocks.meet(case, ["commercial_review"], at=now)
    elif move in ("withdraw", "cancel"):
        clocks.stop(case, at=now)
    elif move == "hold":
        clocks.pause(case, at=now)
    elif move == "resume":
        clocks.go_on(case, at=now)
    elif move == "step_back":
        # Where the number stays, so does the duty to show it.
        clocks.stop(case, CLOCKS.keys() - {"footer"} if case.icp_number else None, at=now)
        start_again(case, now)
    elif move == "correct":
        _set_right(case, given, now)


def start_again(case: Case, now: datetime) -> None:
    """The clocks of the stage where the case stands again."""
    if case.stage == Stage.PROVIDER_PRE_AUDIT:
        clocks.start(case, "provider_pre_audit", at=now)
    elif case.stage == Stage.PHOTO:
        clocks.start(case, "photo", at=now)
    elif case.stage == Stage.MIIT_REVIEW:
        clocks.start(case, "miit_review", at=now)
    elif case.stage == Stage.LICENSED and not case.psb_handed_in_on:
        clocks.start(case, "psb_filing", at=midday(case.opened_on or case.licensed_on))
    elif case.stage == Stage.LICENSED:
        clocks.start(case, "psb_review", at=midday(case.psb_handed_in_on))
    elif case.stage == Stage.PSB_FILED:
        clocks.start(case, "psb_footer", at=midday(case.filed_on))


def _set_right(case: Case, given: dict[str, Any], now: datetime) -> None:
    """A corrected date moves the clock that began with it; on hold it goes on standing still."""
    for name, kind in (("licensed_on", "psb_filing"), ("filed_on", "psb_footer")):
        day: date | None = given.get(name)
        if kind == "psb_filing" and case.opened_on:
            continue  # it began when the site was opened
        if day and case.deadlines.filter(kind=kind, state__in=clocks.RUNNING).exists():
            clocks.start(case, kind, at=midday(day))
    if case.on_hold:
        clocks.pause(case, at=now)


def _ask_for_face_check_again(case: Case, now: datetime) -> None:
    """The photo was not done after all; a curtain picture that was accepted stays so."""
    case.requirements.filter(kind=FACE, state=RequirementState.ACCEPTED, document="").update(
        state=RequirementState.TO_DO, changed_at=now
    )


def _meet_face_check(case: Case, by: User, now: datetime) -> None:
    case.requirements.filter(kind=FACE).exclude(state=RequirementState.WAIVED).update(
        state=RequirementState.ACCEPTED, changed_at=now, changed_by=by
    )
