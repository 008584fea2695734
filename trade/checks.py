"""The pre-flight: what is looked at before a filing leaves draft, as rows and as functions over typed facts."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from django.utils.translation import gettext_lazy as _

from . import kinds, numbers
from .book import checked
from .eligibility import OBSTACLES, RULES, day_of, months_later
from .facts import Facts
from .filing import filing_kind
from .loading import DataError, Dated, as_shipped, by_code, one_of_table
from .names import HAN
from .provinces import PROVINCES, Province
from .words import Words

FILE = "checks.toml"
EACH = "person."  # stands before what is looked at of head and manager alike
BEGINS_WITH_PROVINCE = "市省自壮维回"  # what follows a province's name in an address, and no street's
HOUSE_NUMBER = re.compile(r"[0-9]|[一二三四五六七八九十百]号")


@dataclass(frozen=True, kw_only=True)
class Check(Dated):
    """One thing looked at: where it is mended, how grave it is, what is said and what helps."""

    code: str
    severity: Literal["blocks", "warns"]
    grounds: str
    who: Literal["client", "agency", "whole"]
    name: Words
    fix: Words
    fields: tuple[str, ...] = as_shipped(default=())
    reason: Words | None = None
    unsure: Words | None = None
    rests_on: Literal["head", "foreign_head", "from_elsewhere"] | None = None
    provinces: tuple[str, ...] = one_of_table("provinces.province", default=())
    words: tuple[str, ...] = ()
    limit: int = 0
    names: Literal["", "facts", "contents", "domains"] = ""

    def sentence(self, severity: str) -> Words:
        """What is said of a finding that was judged so."""
        if self.unsure and severity != self.severity:
            return self.unsure
        return self.reason or OBSTACLES[self.code].sentence


@dataclass(frozen=True, kw_only=True)
class Scope(Dated):
    """Words by which a name tells of a class of content that needs an approval."""

    code: str = one_of_table("kinds.content")
    words: tuple[str, ...]


CHECKS = by_code(FILE, "check", Check)
SCOPES = by_code(FILE, "scope", Scope)


# ── What is looked at ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Head or manager as far as they are reached and told apart; of numbers of papers only the hash."""

    part: str
    name: str = ""
    id_kind: str = ""
    id_hash: str = ""
    born: date | None = None
    born_by_id: date | None = None
    email: str = ""
    mobile: str = ""
    landline: str = ""
    emergency_mobile: str = ""
    is_verified: bool = False
    named_by: tuple[str, ...] = ()  # domains of the client's other applicants that name this person
    rung_by: tuple[str, ...] = ()  # the same for the mobile


class Paper(NamedTuple):
    """A paper that handing in waits for."""

    reference: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A filing before it is handed in: the facts, and what the portal knows around them of the same client."""

    facts: Facts
    people: tuple[Contact, ...] = ()
    name_zh: str = ""
    id_kind: str = ""
    id_hash: str = ""
    number_is_odd: bool = False
    contact_address: str = ""
    note: str = ""
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    outdated: Mapping[str, str] = field(
        default_factory=dict
    )  # signed forms, and the mark each would bear today
    tasks: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    same_domain: tuple[str, ...] = ()  # each: domains of the client's other cases
    same_service_number: tuple[str, ...] = ()
    same_instance: tuple[str, ...] = ()
    same_subject: tuple[str, ...] = ()

    @property
    def home(self) -> Province | None:
        return PROVINCES.get(self.facts.province or "")

    @property
    def apart(self) -> tuple[Contact, Contact] | None:
        """Head and manager where they are two people."""
        return (self.people[0], self.people[1]) if self.facts.other_manager and len(self.people) > 1 else None


class Finding(NamedTuple):
    """What is not right, where, and whether the filing can pass with it."""

    code: str
    place: str
    severity: str
    detail: tuple[str, ...] = ()


class Found(NamedTuple):
    """The same before it is weighed; not sure where something could not be looked up."""

    place: str
    detail: tuple[str, ...] = ()
    is_sure: bool = True


Looking = Callable[[Draft, Check], Iterator[Found]]
LOOKINGS: dict[str, Looking] = {}


def judge(draft: Draft) -> list[Finding]:
    """Every open finding, in the order of the rows; nothing is asked of anybody.

    Pre-audit rules of the hosting providers over MIIT Order 33 of 2005 and the bureaus' own.
    """
    home = draft.home
    found = []
    for code, check in CHECKS.items():
        if check.who == "whole" or (check.provinces and (home is None or home.code not in check.provinces)):
            continue
        for one in LOOKINGS[code](draft, check):
            found.append(Finding(code, one.place, weigh(check, one, home), one.detail))
    return found


def weigh(check: Check, found: Found, home: Province | None) -> str:
    """A finding blocks only where all it rests on is certain."""
    is_confirmed = not (check.rests_on and home and check.rests_on in home.unconfirmed)
    return check.severity if found.is_sure and is_confirmed else "warns"


def looks(looking: Looking) -> Looking:
    LOOKINGS[looking.__name__] = looking
    return looking


# ── What eligibility.py looks at, at its place ──────────────────────────────────────────────────────────────────────


def obstacle(code: str) -> Looking:
    """The rule of eligibility.py; of people one after the other, so that the finding has its person."""

    def look(draft: Draft, check: Check) -> Iterator[Found]:
        facts, home, place = draft.facts, draft.home, check.fields[0]
        is_sure = code not in UNSURE or UNSURE[code](draft)
        if not place.startswith(EACH):
            if RULES[code](facts, home):
                yield Found(place, is_sure=is_sure)
            return
        for part, person in (("head", facts.head), ("manager", facts.other_manager)):
            if person and RULES[code](dataclasses.replace(facts, head=person, manager=None), home):
                yield Found(f"{part}.{place.removeprefix(EACH)}", is_sure=is_sure)

    return look


# Of these the portal may not know enough: a permit is a paper, a legal representative's ID is seldom told.
UNSURE: dict[str, Callable[[Draft], bool]] = {
    "individual_foreigner_not_accepted": lambda draft: bool(
        draft.home and not draft.home.foreign_individuals
    ),
    "individual_out_of_province": lambda draft: bool(draft.home and draft.home.from_elsewhere == "local"),
    "legal_rep_required": lambda draft: bool(
        draft.facts.legal_representative_id_kind or (draft.home and draft.home.foreign_head != "authorise")
    ),
}
LOOKINGS |= {code: obstacle(code) for code in RULES}


@looks
def mobile_not_local(draft: Draft, check: Check) -> Iterator[Found]:
    known = list(obstacle("mobile_not_local")(draft, check))
    yield from known
    home, facts = draft.home, draft.facts
    if known or home is None or not home.wants_local_mobile(individual=facts.is_individual):
        return
    for part, person in (("head", facts.head), ("manager", facts.other_manager)):
        if person and person.mobile and person.mobile_province is None:
            yield Found(f"{part}.mobile", is_sure=False)


@looks
def domain_registrar_not_approved(draft: Draft, check: Check) -> Iterator[Found]:
    yield from obstacle("domain_registrar_not_approved")(draft, check)
    domain = draft.facts.domain
    if domain.registrar == "other" and domain.registrar_approved is None:
        yield Found("domain.registrar", is_sure=False)


@looks
def domain_resolves(draft: Draft, check: Check) -> Iterator[Found]:
    yield from obstacle("domain_resolves")(draft, check)
    named = draft.facts.domain.name is not None
    if named and draft.facts.domain.resolves is None and filing_kind(draft.facts) in ("first", "add_service"):
        yield Found("domain.resolves", is_sure=False)


@looks
def service_quota_used_up(draft: Draft, check: Check) -> Iterator[Found]:
    """Sites on one instance of a provider that counts them (Huawei, Tencent)."""
    if draft.facts.server.quota_left == 0 or len(draft.same_instance) >= check.limit:
        yield Found("server.instance", draft.same_instance)


@looks
def order_in_progress(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.facts.order_in_progress or draft.same_subject:
        yield Found("subject.id_number", draft.same_subject)


# ── Persons and contact ─────────────────────────────────────────────────────────────────────────────────────────────


@looks
def shared_mobile(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.apart and draft.apart[0].mobile and draft.apart[0].mobile == draft.apart[1].mobile:
        yield Found("manager.mobile")


@looks
def shared_email(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.apart and draft.apart[0].email and draft.apart[0].email == draft.apart[1].email:
        yield Found("manager.email")


@looks
def emergency_is_own(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.emergency_mobile and one.emergency_mobile == one.mobile:
            yield Found(f"{one.part}.emergency_mobile")


@looks
def emergency_is_others(draft: Draft, check: Check) -> Iterator[Found]:
    mobiles = {one.mobile for one in draft.people if one.mobile}
    for one in draft.people:
        if one.emergency_mobile in mobiles - {one.mobile}:
            yield Found(f"{one.part}.emergency_mobile")


@looks
def emergency_missing(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.mobile and not one.emergency_mobile:
            yield Found(f"{one.part}.emergency_mobile")


@looks
def landline_elsewhere(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        area = numbers.landline_province(one.landline) if one.landline else None
        if area and draft.home and area != draft.home.code:
            yield Found(f"{one.part}.landline")


@looks
def landline_is_mobile(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.landline and digits(one.landline) == digits(one.mobile):
            yield Found(f"{one.part}.landline")


@looks
def virtual_mobile(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.mobile and numbers.check("mobile", one.mobile).warning:
            yield Found(f"{one.part}.mobile")


@looks
def phone_unverified(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.mobile and not one.is_verified:
            yield Found(f"{one.part}.mobile")


@looks
def id_birth_mismatch(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.born and one.born_by_id and one.born != one.born_by_id:
            yield Found(f"{one.part}.birth_date")


@looks
def one_id_two_names(draft: Draft, check: Check) -> Iterator[Found]:
    if len(draft.people) < 2:
        return
    head, manager = draft.people
    if head.id_hash and head.id_hash == manager.id_hash and "" != head.name != manager.name != "":
        yield Found("manager.name")


@looks
def two_legal_representatives(draft: Draft, check: Check) -> Iterator[Found]:
    other = draft.facts.other_manager
    if other and other.is_legal_representative and draft.facts.head.is_legal_representative:
        yield Found("manager.is_legal_representative")


@looks
def individual_not_head(draft: Draft, check: Check) -> Iterator[Found]:
    head = draft.people[0].id_hash if draft.people else ""
    if draft.facts.is_individual and head and draft.id_hash and head != draft.id_hash:
        yield Found("head.id_number")


@looks
def person_name_not_chinese(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.id_kind == "resident_id" and one.name and not HAN.search(one.name):
            yield Found(f"{one.part}.name")


@looks
def person_elsewhere(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.named_by and draft.facts.is_organisation:
            yield Found(f"{one.part}.id_number", one.named_by)


@looks
def mobile_elsewhere(draft: Draft, check: Check) -> Iterator[Found]:
    for one in draft.people:
        if one.rung_by and not one.named_by and draft.facts.is_organisation:
            yield Found(f"{one.part}.mobile", one.rung_by)


# ── Applicant ───────────────────────────────────────────────────────────────────────────────────────────────────────


@looks
def subject_name_not_chinese(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.name_zh and not HAN.search(draft.name_zh):
        yield Found("subject.name_zh")


@looks
def contact_address_incomplete(draft: Draft, check: Check) -> Iterator[Found]:
    text = unicodedata.normalize("NFKC", draft.contact_address)
    if text and (not HOUSE_NUMBER.search(text) or any(word in text for word in check.words)):
        yield Found("subject.contact_address")


@looks
def contact_address_elsewhere(draft: Draft, check: Check) -> Iterator[Found]:
    text = draft.contact_address.strip().removeprefix("中国")
    for code, province in PROVINCES.items():
        rest = text.removeprefix(province.name.zh)
        if rest != text and rest[:1] and rest[0] in BEGINS_WITH_PROVINCE and draft.home:
            if code != draft.home.code:
                yield Found("subject.contact_address")
            return


@looks
def licence_expiring(draft: Draft, check: Check) -> Iterator[Found]:
    until, day = draft.facts.licence_valid_until, day_of(draft.facts)
    if until and day <= until <= months_later(day, check.limit):
        yield Found("subject.licence_valid_until")


@looks
def certificate_of_other_kind(draft: Draft, check: Check) -> Iterator[Found]:
    kind = kinds.SUBJECT_KINDS.get(draft.facts.subject_kind or "")
    if kind is None or not draft.id_kind:
        return
    fits = draft.id_kind in kinds.ID_KINDS if kind.is_individual else kind.paper in (None, draft.id_kind)
    if not fits:
        yield Found("subject.id_kind")


@looks
def subject_number_odd(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.number_is_odd:
        yield Found("subject.id_number")


# ── Domain, server, site ────────────────────────────────────────────────────────────────────────────────────────────


@looks
def domain_twice(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.same_domain:
        yield Found("domain.name", draft.same_domain)


@looks
def service_number_taken(draft: Draft, check: Check) -> Iterator[Found]:
    if draft.same_service_number:
        yield Found("server.service_number", draft.same_service_number)


@looks
def scope_needs_pre_approval(draft: Draft, check: Check) -> Iterator[Found]:
    site = draft.facts.site
    told = {*site.content, *site.approvals, *site.scope_hits}
    text = f"{site.name or ''} {draft.name_zh} {draft.note}"
    hits = tuple(
        code
        for code, scope in SCOPES.items()
        if code not in told and any(word in text for word in scope.words)
    )
    if hits:
        yield Found("site.content", hits)


@looks
def site_name_unrelated(draft: Draft, check: Check) -> Iterator[Found]:
    ours, theirs = pairs(draft.name_zh), pairs(draft.facts.site.name or "")
    if draft.facts.is_organisation and ours and theirs and not ours & theirs:
        yield Found("site.name")


@looks
def content_without_note(draft: Draft, check: Check) -> Iterator[Found]:
    if "other" in draft.facts.site.content and not draft.note:
        yield Found("site.note")


# ── The case ────────────────────────────────────────────────────────────────────────────────────────────────────────


@looks
def nothing_to_file(draft: Draft, check: Check) -> Iterator[Found]:
    kind = kinds.FILING_KINDS.get(filing_kind(draft.facts))
    if kind and not kind.filed and kind.code != "blocked":  # that one has its own obstacle
        yield Found("filing_kind")


@looks
def facts_missing(draft: Draft, check: Check) -> Iterator[Found]:
    for thing, paths in draft.missing.items():
        yield Found(thing, paths)


@looks
def paper_missing(draft: Draft, check: Check) -> Iterator[Found]:
    yield from (Found(paper.reference) for paper in draft.papers if paper.state == "to_do")


@looks
def paper_to_review(draft: Draft, check: Check) -> Iterator[Found]:
    yield from (Found(paper.reference) for paper in draft.papers if paper.state == "sent")


@looks
def paper_returned(draft: Draft, check: Check) -> Iterator[Found]:
    yield from (Found(paper.reference) for paper in draft.papers if paper.state == "redo")


@looks
def form_outdated(draft: Draft, check: Check) -> Iterator[Found]:
    # The mark goes with it: what was waived of one change is not waived of the next.
    yield from (Found(paper, (mark,)) for paper, mark in draft.outdated.items())


@looks
def task_open(draft: Draft, check: Check) -> Iterator[Found]:
    yield from map(Found, draft.tasks)


@looks
def fact_reopened(draft: Draft, check: Check) -> Iterator[Found]:
    yield from map(Found, draft.reopened)


def digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def pairs(text: str) -> set[str]:
    """Every two Chinese characters that stand together."""
    return {text[n : n + 2] for n in range(len(text) - 1) if HAN.match(text[n]) and HAN.match(text[n + 1])}


@checked
def each_row_is_looked_at() -> None:
    if {code for code, check in CHECKS.items() if check.who != "whole"} != set(LOOKINGS):
        words = _("The checks are those that the portal looks at, each with its row at all times.")
        raise DataError(f"{FILE}: {words}", column="valid_to", sentence=words)
    if unknown := set(SCOPES) - set(kinds.PRE_APPROVAL_CLASSES):
        words = _("Only contents that need an approval have such words.")
        raise DataError(f"{FILE}, scope {min(unknown)}: {words}", column="code", sentence=words)
