"""Whose move it is: derived here and nowhere else, stored where lists can filter on it."""

from __future__ import annotations

from datetime import datetime

from cases.deadlines import CALLBACK, next_nudge
from cases.models import Case, Deadline, DeadlineState
from cases.models.case import WaitingOn
from cases.models.requirement import FACE
from cases.services import clocks, preflight, promising
from cases.workflow import ENDED, Stage

ASKED_OF_THE_CLIENT = {"sms_code", CALLBACK}


def whose_move(case: Case, running: set[str]) -> str:
    """From the top, the first that fits; `running` are the kinds of the clocks that run."""
    stage = case.stage
    if case.on_hold:
        return WaitingOn.NOBODY
    if stage not in ENDED and running & ASKED_OF_THE_CLIENT:
        return WaitingOn.CLIENT
    if stage in ENDED or stage == Stage.COMMERCIAL_LICENSED:
        return WaitingOn.NOBODY
    if stage == Stage.PSB_FILED and not case.wants_licence:
        return WaitingOn.NOBODY
    if stage == Stage.DRAFT:
        return WaitingOn.CLIENT if _something_is_asked(case) else WaitingOn.AGENCY
    if stage == Stage.PROVIDER_PRE_AUDIT:
        return WaitingOn.PROVIDER
    if stage == Stage.PHOTO:
        face_is_open = any(paper.kind == FACE and paper.is_open for paper in case.requirements.all())
        return WaitingOn.CLIENT if face_is_open else WaitingOn.AGENCY
    if stage == Stage.MIIT_REVIEW:
        return WaitingOn.MIIT
    if stage == Stage.LICENSED:
        return WaitingOn.PSB if case.psb_handed_in_on else WaitingOn.CLIENT
    return WaitingOn.COMMERCIAL_AUTHORITY if case.application_handed_in_on else WaitingOn.CLIENT


def _something_is_asked(case: Case) -> bool:
    """A paper or task to do, a reopened fact untouched, or a fact never given."""
    if any(paper.is_asked_in_draft for paper in case.requirements.all()):
        return True
    return any(not opened.closed_at for opened in case.reopenings.all()) or bool(case.missing_facts)


def refresh(case: Case, *, now: datetime) -> None:
    """Bring `waiting_on`, its since, the due moment, the next nudge and the findings up to date.

    Call last in each service.
    """
    running = list(case.deadlines.filter(state=DeadlineState.RUNNING).order_by("due_at", "id"))
    rested = case.snoozed_at
    reckon(case, running, now=now)
    if rested and case.snoozed_at is None:
        clocks.look_since(case, rested)
    case.save(update_fields=RECKONED)
    preflight.refresh(case, now=now)
    promising.weigh(case, now=now)


RECKONED = ["waiting_on", "waiting_since", "due_at", "nudge_at", "nudges", "snoozed_at", "snoozed_until"]


def reckon(case: Case, running: list[Deadline], *, now: datetime) -> None:
    """The same without a query where everything of the case is at hand: its running clocks, the next due first."""
    turn = whose_move(case, {clock.kind for clock in running})
    if turn != case.waiting_on:
        case.waiting_on, case.waiting_since = turn, now
        case.nudges = 0
        if case.snoozed_until is None:
            case.snoozed_at = None  # it was to rest until somebody moves
        case.nudge_at = next_nudge(now, after=now) if turn == WaitingOn.CLIENT else None
    elif turn == WaitingOn.CLIENT and case.nudge_at is None and case.nudges == 0:
        case.nudge_at = next_nudge(now, after=now)
    # The day is that of whoever must move; a duty beside it, as of the footer, has its clock on the case.
    # Nobody's move has no day: what still runs after the last stop is a duty of aftercare.
    theirs = [clock for clock in running if clock.waiting_on == turn] or running
    case.due_at = theirs[0].due_at if theirs and turn != WaitingOn.NOBODY else None
