"""A case in the words of the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from cases import facts, words
from cases.deadlines import BEIJING, beijing_day
from cases.models import Case, CaseEvent, Requirement, RequirementState
from cases.queries import parts_seen, requirements_for
from clients.models import User
from clients.sealing import Locked, mask

LOCKED = "locked"  # no key of the ring opens this number any more
NOT_FOR_PROGRAMS = {"verification"}  # names of rows, for the parts of the portal among themselves
RESULTS = ("done_on", "icp_number", "licensed_on", "psb_number", "filed_on", "licence_number", "granted_on")


def with_all(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Everything that showing a case asks for, in a fixed number of queries."""
    return cases.with_facts().prefetch_related("requirements", "deadlines", "reopenings")  # type: ignore[attr-defined]


def due_on(case: Case) -> date | None:
    return beijing_day(case.due_at) if case.due_at else None


def row(case: Case) -> dict[str, Any]:
    """A line of the list."""
    return {
        "reference": case.reference,
        "client": case.client.reference,
        "domain_name": case.domain_name,
        "stage": case.stage,
        "waiting_on": case.waiting_on,
        "due_on": due_on(case),
        "account_manager": case.account_manager.email if case.account_manager else None,
        "on_hold": case.on_hold,
    }


def facts_of(case: Case, user: User, *, clear: bool = False) -> dict[str, Any]:
    """The facts as `PATCH` takes them; whoever is only head or manager sees of people themselves alone."""
    parts = parts_seen(user, case)
    shown: dict[str, Any] = {
        "reference": case.reference,
        "client": case.client.reference,
        "client_name": case.client.name,
        "account_manager": case.account_manager.email if case.account_manager else None,
        **_values("case", case, clear),
    }
    for thing in facts.OBJECTS:
        holder = facts.holder_of(case, thing)
        hidden = parts is not None and thing in ("head", "manager") and thing not in parts
        shown[thing] = None if holder is None or hidden else _values(thing, holder, clear)
    return shown


def _values(thing: str, holder: Any, clear: bool) -> dict[str, Any]:
    values = {name: facts.value_of(holder, name) for name in facts.FACTS[thing]}
    if clear and values.get("id_number"):
        values["id_number"] = _in_clear(holder)
    return {name: value if facts.is_given(value) or value == [] else None for name, value in values.items()}


def _in_clear(holder: Any) -> str:
    try:
        return holder.id_number
    except Locked:
        return LOCKED


def whole(case: Case, user: User) -> dict[str, Any]:
    """The case as this person sees it; read it by `with_all`."""
    parts = parts_seen(user, case)

    def is_seen(path: str) -> bool:
        return parts is None or path.partition(".")[0] in parts

    def is_internal(paper: Requirement) -> bool:
        """Why the agency does without a paper is its own affair, as in the history."""
        return paper.state == RequirementState.WAIVED and not user.standing.is_agency

    results = case.recorded_results
    return {
        **facts_of(case, user),
        "stage": case.stage,
        "waiting_on": case.waiting_on,
        "waiting_since": in_beijing(case.waiting_since),
        "due_on": due_on(case),
        "on_hold": case.on_hold,
        "hold_until": case.hold_until,
        "round": case.round,
        "version": case.version,
        "filing_kind_is_set": case.filing_kind_is_set,
        # A responsible person knows of no other filing than their own.
        "filing_kind_why": words.kind_why(case) if parts is None else [],
        "missing": [path for path in case.missing_facts if is_seen(path)],
        "verified": [person.part for person in case.people.all() if person.mobile_verified_at],
        "requirements": [
            {
                "id": one.reference,
                "kind": one.kind,
                "of": one.of,
                "why": one.why,
                "state": one.state,
                "document": one.document or None,
                "detail": one.detail,
                "reasons": one.reasons,
                "note": "" if is_internal(one) else one.words,
            }
            for one in requirements_for(user, case)
        ],
        "deadlines": [
            {"kind": one.kind, "due_at": in_beijing(one.due_at), "state": one.state}
            for one in case.deadlines.all()
        ],
        "moves": [move.name for move in case.moves_for(user)],
        "reopened": [
            {"field": one.path, "reason": one.reason, "note": one.note, "open": one.closed_at is None}
            for one in case.reopenings.all()
            if one.round == case.round and is_seen(one.path)
        ],
        **{name: results[name] for name in RESULTS if name in results},
    }


def event(one: CaseEvent, user: User) -> dict[str, Any]:
    """A line of the history; a client reads people of the agency by their name."""
    return {
        "id": one.reference,
        "kind": one.kind,
        "move": one.move or None,
        "from_stage": one.from_stage or None,
        "to_stage": one.to_stage or None,
        "by": _name_of(one.by, user),
        "at": in_beijing(one.at),
        "note": one.note,
        "reasons": [_reason(reason) for reason in one.reasons],
        "data": {name: value for name, value in one.data.items() if name not in NOT_FOR_PROGRAMS},
    }


def _reason(reason: dict[str, Any] | str) -> dict[str, Any]:
    """A reason of a move, of a paper or of the check of a file, in one shape."""
    given = {"code": reason} if isinstance(reason, str) else reason
    return {
        "code": given["code"],
        "requirements": given.get("requirements", []),
        "note": given.get("note", ""),
    }


def _name_of(person: User | None, reader: User) -> str | None:
    if person is None:
        return None
    if person.is_erased:
        return str(person)
    if reader.standing.is_agency or person.pk == reader.pk:
        return person.email
    return person.name or person.email.partition("@")[0]


def phone(part: str, state: str, mobile: str) -> dict[str, str]:
    return {"person": part, "state": state, "mobile": mask(mobile)}


def in_beijing(moment: datetime) -> datetime:
    return moment.astimezone(BEIJING)
