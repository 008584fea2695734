"""Findings as people read them: whose they are, what they say, and where they are mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import pgettext

from cases import facts, words
from cases.models import Case, Collision, Finding, Requirement
from cases.queries import parts_seen
from cases.workflow import Stage
from clients.models import User
from trade.checks import CHECKS

MOST_NAMED = 5


@dataclass(frozen=True)
class Told:
    """One finding in words."""

    code: str
    place: str
    where: str
    severity: str
    reason: str
    fix: str
    finding: Finding
    link: str = ""
    other: Case | None = None

    @property
    def blocks(self) -> bool:
        return self.finding.blocks

    @property
    def is_waived(self) -> bool:
        return self.finding.is_waived


def of_case(case: Case) -> list[Finding]:
    """The open and waived findings of the last run, in the order of the checks: what blocks first."""
    order = {code: place for place, code in enumerate(CHECKS)}
    known = [one for one in case.findings.select_related("waived_by") if one.code in order]
    return sorted(known, key=lambda one: (not one.blocks, order[one.code], one.place))


def for_client(findings: Iterable[Finding], case: Case, user: User) -> list[Finding]:
    """Those that a client's person can mend themselves: of their own facts and papers, in draft, and not waived."""
    if case.stage != Stage.DRAFT:
        return []
    parts = parts_seen(user, case)
    papers = {one.reference: one.of for one in case.requirements.all()}
    return [
        one
        for one in findings
        if one.code in CHECKS
        and CHECKS[one.code].who == "client"
        and not one.is_waived
        and _is_theirs(one.place, case, parts, papers)
    ]


def of_answers(case: Case, user: User) -> list[Finding]:
    """Those about an answer of theirs; missing answers, papers and phones are tasks of their own already."""
    found = for_client(case.findings.all(), case, user)
    return [one for one in found if CHECKS[one.code].fields and one.code != "phone_unverified"]


def _is_theirs(place: str, case: Case, parts: set[str] | None, papers: dict[str, str]) -> bool:
    if place in papers:
        return parts is None or papers[place] in parts
    thing = place.partition(".")[0]
    if parts is not None:
        return thing in parts
    is_open = case.round == 1 or any(
        one.round == case.round and one.covers(place) for one in case.reopenings.all()
    )
    return is_open and place not in facts.AGENCY_ONLY


def tell(case: Case, finding: Finding) -> Told:
    """The finding in the reader's language."""
    check = CHECKS[finding.code]
    paper = next((one for one in case.requirements.all() if one.reference == finding.place), None)
    reason = str(check.sentence(finding.severity))
    if named := _names(finding.detail, check.names):
        reason = f"{reason} {named}"
    return Told(
        code=finding.code,
        place=finding.place,
        where=_where(case, finding.place, paper),
        severity=finding.severity,
        reason=reason,
        fix=str(check.fix),
        finding=finding,
        link=_link(case, finding, paper),
    )


def collided(case: Case, collision: Collision) -> Told:
    """A collision, for whoever sees every client."""
    check = CHECKS[collision.code]
    standing = Finding(code=collision.code, place=collision.place, severity=check.severity)
    return Told(
        code=collision.code,
        place=collision.place,
        where=words.label_of(collision.place),
        severity=check.severity,
        reason=str(check.sentence(check.severity)),
        fix=str(check.fix),
        finding=standing,
        link=collision.other.get_absolute_url(),
        other=collision.other,
    )


def _where(case: Case, place: str, paper: Requirement | None) -> str:
    if paper is None:
        return words.label_of(place)
    return f"{words.paper_name(paper)} · {words.whose(paper.of, case)}"


def _names(detail: list[str], kind: str) -> str:
    """What the sentence goes on with: some names, and a sign that there are more."""
    if not detail or not kind:
        return ""
    if kind == "facts":
        told = [words.capital(str(words.field_label(*_parted(path)))) for path in detail]
    elif kind == "contents":
        told = [words.code_words("site.content", code) for code in detail]
    else:
        told = list(detail)
    more = " …" if len(told) > MOST_NAMED else ""
    return pgettext("between the words of a list", ", ").join(told[:MOST_NAMED]) + more


def _parted(path: str) -> tuple[str, str]:
    thing, _dot, name = path.rpartition(".")
    return thing or "case", name


def _link(case: Case, finding: Finding, paper: Requirement | None) -> str:
    """Where staff mend it: the fact's box, the person's phone, or the paper."""
    if paper is not None:
        return f"{case.get_absolute_url()}#check"
    if finding.code == "phone_unverified":
        return reverse("cases:phone-ask", args=[case.reference, finding.place.partition(".")[0]])
    thing, name = _parted(finding.place)
    if name in facts.FACTS and thing == "case":
        thing, name = name, ""
    box = f"#id_{thing}-{name}" if name else ""
    return f"{reverse('cases:facts-edit', args=[case.reference])}?of={thing}{box}"


def as_json(told: Told, user: User) -> dict[str, Any]:
    """One finding in the words of the API; who waived it and why is the agency's own affair."""
    shown: dict[str, Any] = {
        "code": told.code,
        "severity": told.severity,
        "place": told.place,
        "reason": told.reason,
        "fix": told.fix,
        "waived": told.is_waived,
    }
    if user.standing.is_agency:
        by = told.finding.waived_by
        shown |= {"note": told.finding.note, "waived_by": by.email if by else None}
        shown["other"] = told.other.reference if told.other else None
    return shown
