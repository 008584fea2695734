"""A case as the pre-flight looks at it: its facts, what its papers prove, and what else the same client has."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import CharField, F, QuerySet, Value

from cases import facts
from cases.models import Case, Domain, Person, Reopening, Requirement, Server, Subject
from cases.models.requirement import TASK
from cases.printing import mark_now, outdated_of
from cases.workflow import BEFORE_LICENCE, ENDED, Stage
from clients.sealing import Locked, keyed_hash
from trade import numbers
from trade.checks import CHECKS, EACH, Contact, Draft, Finding, Paper
from trade.facts import read

MOST_NAMED = 60  # of the client's other cases; more say no more
IN_FLIGHT = [stage for stage in BEFORE_LICENCE if stage != Stage.DRAFT]
BORN_BY_NUMBER = {"resident_id", "hmt_residence_permit"}


def draft_of(case: Case, *, on: date) -> Draft:
    """Everything that is looked at, as of that day, in two queries; read the case by `with_facts` before."""
    asked = list(Requirement.objects.filter(case=case))
    around = _around(case)
    number = _in_clear(case.subject)
    kind = facts.NUMBER_OF.get(case.subject.id_kind)
    return Draft(
        facts=read({**_proven(case, asked, number), "on": on}),
        people=tuple(_contact(person, around) for person in (case.head, case.manager) if person),
        name_zh=case.subject.name_zh,
        id_kind=case.subject.id_kind,
        id_hash=case.subject.id_number_hash,
        number_is_odd=bool(kind and number and numbers.check(kind, number).warning),
        contact_address=case.subject.contact_address,
        note=case.site.note,
        missing=_missing(case),
        papers=tuple(Paper(one.reference, one.state) for one in asked if one.blocks_submit),
        outdated={one.reference: mark_now(case, one) for one in outdated_of(case, asked)},
        tasks=tuple(one.reference for one in asked if one.kind == TASK and not one.is_done),
        reopened=around["reopened", ""] if case.stage == Stage.DRAFT else (),
        same_domain=around["domain", ""],
        same_service_number=around["service_number", ""],
        same_instance=around["instance", ""],
        same_subject=around["subject", ""],
    )


def _proven(case: Case, asked: list[Requirement], number: str) -> dict[str, Any]:
    """The facts for the rules, and with them what accepted papers prove and a number tells by itself."""
    given = facts.for_rules(case)
    done = [one for one in asked if one.is_done]
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


def _around(case: Case) -> dict[tuple[str, str], tuple[str, ...]]:
    """Domains of the client's other cases by what they share with this one; and what is open again. One query."""
    first, *more = _shared(case)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for what, key, told in first.union(*more, all=True)[: MOST_NAMED * 10]:
        found[what, key].add(told)
    named: dict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    return named | {key: tuple(sorted(told)[:MOST_NAMED]) for key, told in found.items()}  # type: ignore[return-value]


def _shared(case: Case) -> Iterator[QuerySet]:
    opened = Reopening.objects.filter(case=case, closed_at__isnull=True)
    yield _told(opened, "reopened", F("path"))
    if case.domain_name:
        same = Domain.objects.filter(case__domain_name=case.domain_name, case__stage__in=BEFORE_LICENCE)
        yield _others(same, case, "domain")
    if case.server.service_number:
        same = Server.objects.filter(service_number=case.server.service_number)
        same = same.exclude(case__stage__in=ENDED).exclude(case__domain_name=case.domain_name)
        yield _others(same, case, "service_number")
    if case.server.instance:
        # A cancelled filing does not give its place back.
        same = Server.objects.filter(instance=case.server.instance).exclude(case__stage=Stage.WITHDRAWN)
        yield _others(same.exclude(case__domain_name=case.domain_name), case, "instance")
    ours = case.subject.id_number_hash
    if not ours:
        return
    same = Subject.objects.filter(id_number_hash=ours, case__stage__in=IN_FLIGHT)
    yield _others(same, case, "subject")
    people = Person.objects.exclude(case__stage__in=ENDED).exclude(
        case__subject__id_number_hash__in=["", ours]
    )
    people = people.exclude(case__subject__kind__in=["", "individual"])
    numbers_, mobiles = (
        [value for person in case.people.all() if (value := getattr(person, name))]
        for name in ("id_number_hash", "mobile")
    )
    if numbers_:
        yield _others(people.filter(id_number_hash__in=numbers_), case, "person", F("id_number_hash"))
    if mobiles:
        yield _others(people.filter(mobile__in=mobiles), case, "mobile", F("mobile"))


def _others(rows: QuerySet, case: Case, what: str, key: Any = None) -> QuerySet:
    rows = rows.filter(client_id=case.client_id).exclude(case=case)
    return _told(rows, what, F("case__domain_name"), key)


def _told(rows: QuerySet, what: str, told: Any, key: Any = None) -> QuerySet:
    words = CharField()
    return (
        rows.order_by()
        .annotate(what=Value(what, words), key=key or Value("", words), told=told)
        .values_list("what", "key", "told")
    )


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
