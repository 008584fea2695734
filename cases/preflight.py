"""A case as the pre-flight looks at it: its facts, what its papers prove, and what else the same client has."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from typing import Any

from cases import facts
from cases.models import Case, Person, Requirement, Subject
from cases.models.requirement import TASK
from cases.printing import mark_now, outdated_of
from cases.workflow import BEFORE_LICENCE, ENDED, Stage
from clients.asking import asked
from clients.sealing import Locked, keyed_hash
from trade import numbers
from trade.checks import CHECKS, EACH, Contact, Draft, Finding, Paper
from trade.facts import read

MOST_NAMED = 60  # of the client's other cases; more say no more
BORN_BY_NUMBER = {"resident_id", "hmt_residence_permit"}


def draft_of(case: Case, *, on: date) -> Draft:
    """Everything that is looked at, as of that day, in two queries; read the case by `with_facts` before."""
    papers = list(Requirement.objects.filter(case=case))
    around = _around(case)
    number = _in_clear(case.subject)
    kind = facts.NUMBER_OF.get(case.subject.id_kind)
    return Draft(
        facts=read({**_proven(case, papers, number), "on": on}),
        people=tuple(_contact(person, around) for person in (case.head, case.manager) if person),
        name_zh=case.subject.name_zh,
        id_kind=case.subject.id_kind,
        id_hash=case.subject.id_number_hash,
        number_is_odd=bool(kind and number and numbers.check(kind, number).warning),
        contact_address=case.subject.contact_address,
        note=case.site.note,
        missing=_missing(case),
        papers=tuple(Paper(one.reference, one.state) for one in papers if one.blocks_submit),
        outdated={one.reference: mark_now(case, one) for one in outdated_of(case, papers)},
        tasks=tuple(one.reference for one in papers if one.kind == TASK and not one.is_done),
        reopened=around["reopened", ""] if case.stage == Stage.DRAFT else (),
        same_domain=around["domain", ""],
        same_service_number=around["service_number", ""],
        same_instance=around["instance", ""],
        same_subject=around["subject", ""],
    )


def _proven(case: Case, papers: list[Requirement], number: str) -> dict[str, Any]:
    """The facts for the rules, and with them what accepted papers prove and a number tells by itself."""
    given = facts.for_rules(case)
    done = [one for one in papers if one.is_done]
    if any(one.kind == "residence_proof" for one in done) and "head" in given:
        given["head"] |= {"residence_permit": {}, "study_or_work_proof": True}
    approved = [one.detail for one in done if one.kind == "pre_approval" and one.detail]
    if approved:
        given["site"]["approvals"] = [*given["site"].get("approvals", []), *approved]
    if case.subject.kind != "individual" and (province := numbers.uscc_province(number)):
        given["licence_province"] = province
    return given


def _contact(person: Person, around: dict[tuple[str, str], tuple[str, ...]]) -> Contact:
    born = numbers.birth_of(_in_clear(person)) if person.id_kind in BORN_BY_NUMBER else None
    return Contact(
        part=person.part,
        name=person.name,
        id_kind=person.id_kind,
        id_hash=person.id_number_hash,
        born=person.birth_date,
        born_by_id=born,
        email=person.email,
        mobile=person.mobile,
        landline=person.landline,
        emergency_mobile=person.emergency_mobile,
        is_verified=bool(person.mobile_verified_at),
        named_by=around["person", person.id_number_hash],
        rung_by=around["mobile", person.mobile],
    )


def _in_clear(holder: Subject | Person) -> str:
    """Empty where there is no number, or no key opens it any more."""
    try:
        return holder.id_number
    except Locked:
        return ""


def _missing(case: Case) -> dict[str, tuple[str, ...]]:
    by_thing: dict[str, list[str]] = defaultdict(list)
    for path in case.missing_facts:
        by_thing[path.partition(".")[0] if "." in path else "case"].append(path)
    return {thing: tuple(paths) for thing, paths in by_thing.items()}


# ── What else the client has ────────────────────────────────────────────────────────────────────────────────────────


# A cancelled filing does not give its instance back. That a value is not empty opens the index of those that are none.
AROUND = """
WITH this AS (
    SELECT c.id, c.client_id, c.domain_name, e.service_number, e.instance, u.id_number_hash AS number
    FROM cases_case c JOIN cases_server e ON e.case_id = c.id JOIN cases_subject u ON u.case_id = c.id
    WHERE c.id = %s
), other AS NOT MATERIALIZED (
    SELECT o.id, o.domain_name, o.stage FROM this JOIN cases_case o ON o.client_id = this.client_id
    WHERE o.id <> this.id AND o.taken_back_at IS NULL
)
SELECT 'reopened', '', r.path FROM this JOIN cases_reopening r ON r.case_id = this.id AND r.closed_at IS NULL
UNION ALL
SELECT 'domain', '', o.domain_name
    FROM this JOIN other o ON o.domain_name = this.domain_name AND o.domain_name <> '' AND o.stage = ANY (%s)
UNION ALL
SELECT 'service_number', '', o.domain_name
    FROM this JOIN cases_server e ON e.service_number = this.service_number AND e.service_number <> ''
    JOIN other o ON o.id = e.case_id AND o.domain_name <> this.domain_name AND o.stage <> ALL (%s)
UNION ALL
SELECT 'instance', '', o.domain_name
    FROM this JOIN cases_server e ON e.instance = this.instance AND e.instance <> ''
    JOIN other o ON o.id = e.case_id AND o.domain_name <> this.domain_name AND o.stage <> %s
UNION ALL
SELECT 'subject', '', o.domain_name
    FROM this JOIN cases_subject u ON u.id_number_hash = this.number AND u.id_number_hash <> ''
    JOIN other o ON o.id = u.case_id AND o.stage = ANY (%s)
UNION ALL
SELECT shared.what, shared.key, o.domain_name
    FROM this JOIN cases_person p ON p.case_id = this.id AND this.number <> ''
    CROSS JOIN LATERAL (
        SELECT 'person' AS what, q.id_number_hash AS key, q.case_id FROM cases_person q
        WHERE q.id_number_hash = p.id_number_hash AND q.id_number_hash <> ''
        UNION ALL
        SELECT 'mobile', q.mobile, q.case_id FROM cases_person q
        WHERE q.mobile = p.mobile AND q.mobile <> ''
    ) AS shared
    JOIN other o ON o.id = shared.case_id AND o.stage <> ALL (%s)
    JOIN cases_subject u ON u.case_id = o.id
    WHERE u.id_number_hash NOT IN ('', this.number) AND u.kind NOT IN ('', 'individual')
LIMIT %s
"""
BEFORE, OVER = [one.value for one in BEFORE_LICENCE], [one.value for one in ENDED]
IN_FLIGHT = [one for one in BEFORE if one != Stage.DRAFT]
STAGES = [BEFORE, OVER, Stage.WITHDRAWN.value, IN_FLIGHT, OVER]  # as they are asked for, in turn


def _around(case: Case) -> dict[tuple[str, str], tuple[str, ...]]:
    """Domains of the client's other cases by what they share with this one, as saved; and what is open again."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for what, key, told in asked(AROUND, [case.pk, *STAGES, MOST_NAMED * 10]):
        found[what, key].add(told)
    named: dict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    return named | {key: tuple(sorted(told)[:MOST_NAMED]) for key, told in found.items()}


# ── What a finding was about ────────────────────────────────────────────────────────────────────────────────────────


def about(case: Case, found: Finding) -> str:
    """Keyed hash of the values that a finding was judged by: with other values it is another finding."""
    part = found.place.partition(".")[0]
    values = [_value(case, path, part) for path in CHECKS[found.code].fields]
    told = [found.code, found.place, found.severity, found.detail, values]
    return keyed_hash(json.dumps(told, default=str), kind="finding")


def _value(case: Case, path: str, part: str) -> Any:
    path = f"{part}.{path.removeprefix(EACH)}" if path.startswith(EACH) else path
    thing, _dot, name = path.rpartition(".")
    holder = facts.holder_of(case, thing or "case")
    if holder is None:
        return None
    value = holder.id_number_hash if name == "id_number" else getattr(holder, name)
    return value.isoformat() if isinstance(value, date) else value
