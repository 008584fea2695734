"""The checklist follows from the facts; a changed fact changes it at once and keeps what was sent."""

from __future__ import annotations

from datetime import datetime

from cases import facts
from cases.models import Case, Requirement, RequirementState
from cases.models.requirement import TASK
from cases.promise import by_its_rules
from cases.services import history, waiting
from clients.models import User
from trade.papers import documents


@by_its_rules
def sync(case: Case, *, now: datetime) -> None:
    """Ask for what the facts ask for: new papers begin as to do, dropped ones keep what lies in them."""
    known = list(Requirement.everything.filter(case=case).exclude(kind=TASK))
    new, changed = difference(case, known, now=now)
    Requirement.objects.bulk_create(new)
    Requirement.everything.bulk_update(changed, CHANGED)


CHANGED = ["dropped_at", "place"]


def difference(
    case: Case, known: list[Requirement], *, now: datetime
) -> tuple[list[Requirement], list[Requirement]]:
    """What the list lacks, and what of it changes, by the rules that are open here; nothing is saved yet."""
    asked = {paper.key: place for place, paper in enumerate(documents(facts.for_rules(case)).papers)}
    there = {(one.kind, one.of, one.detail): one for one in known}
    new = [
        Requirement(
            case=case, client_id=case.client_id, kind=kind, of=of, detail=detail, place=place, changed_at=now
        )
        for (kind, of, detail), place in asked.items()
        if (kind, of, detail) not in there
    ]
    changed = []
    for key, one in there.items():
        before = (one.dropped_at, one.place)
        if key in asked:
            one.dropped_at, one.place = None, asked[key]
        elif one.dropped_at is None:
            one.dropped_at = now
        if (one.dropped_at, one.place) != before:
            changed.append(one)
    return new, changed


def open_task(case: Case, reason: dict, *, now: datetime) -> None:
    """Something to mend that is neither a field nor a paper: a task in words."""
    Requirement.objects.create(
        case=case,
        client_id=case.client_id,
        kind=TASK,
        of="site",
        state=RequirementState.REDO,
        place=900,
        words=reason["note"],
        reasons=[reason["code"]],
        changed_at=now,
    )


def close_tasks(case: Case, *, by: User, now: datetime) -> None:
    """Handing in is the word that all is mended."""
    case.requirements.filter(kind=TASK).exclude(state=RequirementState.ACCEPTED).update(
        state=RequirementState.ACCEPTED, changed_at=now, changed_by=by
    )


# ── What documents/ tells us; accepting a document tells its case "this requirement is met" ────────────────────────


def paper_sent(
    requirement: Requirement, document: str, *, by: User | None, now: datetime, facts_mark: str = ""
) -> None:
    """A file has come and is being checked; it is the newest of this paper. A form says of which facts it was made."""
    requirement.facts_mark = facts_mark
    _settle(requirement, RequirementState.SENT, by=by, now=now, document=document)


def paper_refused(requirement: Requirement, document: str, *, reasons: list[str], now: datetime) -> None:
    """The file could not be taken; the paper is to be sent again unless a newer one is under way."""
    if requirement.document == document:
        _settle(requirement, RequirementState.REDO, by=None, now=now, reasons=reasons)


def paper_withdrawn(
    requirement: Requirement,
    document: str,
    *,
    state: str,
    reasons: list[str],
    words: str,
    facts_mark: str,
    by: User,
    now: datetime,
) -> None:
    """The newest was taken back before anybody looked: the line stands as it stood before it came."""
    requirement.facts_mark = facts_mark
    _settle(
        requirement,
        RequirementState(state),
        by=by,
        now=now,
        document=document,
        reasons=reasons,
        words=words,
    )


def paper_accepted(requirement: Requirement, document: str, *, by: User, now: datetime) -> None:
    """The agency looked at exactly this document and found it right."""
    _settle(requirement, RequirementState.ACCEPTED, by=by, now=now, document=document)


def paper_returned(
    requirement: Requirement, document: str, *, by: User, reasons: list[str], note: str, now: datetime
) -> None:
    """The agency wants this paper again, and says why."""
    _settle(
        requirement, RequirementState.REDO, by=by, now=now, document=document, reasons=reasons, words=note
    )


def waive(requirement: Requirement, *, by: User, note: str, now: datetime) -> None:
    """The agency does without this paper."""
    _settle(requirement, RequirementState.WAIVED, by=by, now=now, words=note)
    history.record(
        requirement.case, "paper.waived", by=by, note=note, data=_named(requirement), audience="internal"
    )


def meet(requirement: Requirement, *, by: User, now: datetime) -> None:
    """A task in words, or the face check, is done."""
    _settle(requirement, RequirementState.ACCEPTED, by=by, now=now)
    history.record(requirement.case, "task.done", by=by, data=_named(requirement))


def report(requirement: Requirement, *, by: User, now: datetime) -> None:
    """The client says it is done; the agency looks."""
    _settle(requirement, RequirementState.SENT, by=by, now=now)
    history.record(requirement.case, "task.reported", by=by, data=_named(requirement))


def _named(requirement: Requirement) -> dict:
    return {
        "requirement": requirement.reference,
        "kind": requirement.kind,
        "of": requirement.of,
        "detail": requirement.detail,
    }


def _settle(
    requirement: Requirement,
    state: str,
    *,
    by: User | None,
    now: datetime,
    document: str | None = None,
    reasons: list[str] | None = None,
    words: str = "",
) -> None:
    if document is not None:
        requirement.document = document
    requirement.state = state
    requirement.reasons = reasons or []
    requirement.words = words if requirement.kind != TASK or words else requirement.words
    requirement.changed_at, requirement.changed_by = now, by
    requirement.save(
        update_fields=["document", "facts_mark", "state", "reasons", "words", "changed_at", "changed_by"]
    )
    # The door locks the case before its papers; so do we, and derive whose move it is from fresh rows.
    case = Case.objects.with_facts().locked(requirement.case)
    waiting.refresh(case, now=now)
