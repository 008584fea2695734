from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from . import kinds
from .amounts import amount
from .book import Codes, as_of, per_page
from .facts import Facts, Person, read
from .filing import filing_kind
from .loading import Dated, as_shipped, by_code
from .provinces import PROVINCES, Province
from .words import Words

PUBLISHED = ("first", "add_service", "add_access")

Of = Literal["subject", "head", "manager", "domain", "site", "app"]


@dataclass(frozen=True, kw_only=True)
class PaperKind(Dated):
    """A kind of paper: what it is called, why it is asked, what a good one looks like, what goes wrong."""

    code: str
    of: tuple[Of, ...]
    name: Words
    why: Words
    good: Words
    mistakes: tuple[Words, ...]
    identity: bool = False
    signed: bool = False
    stage: Literal["draft", "photo"] = "draft"
    # Facts that it is held against; `*` stands for whom or what it is of.
    agrees: tuple[str, ...] = as_shipped(in_order=True, default=())


class Paper(NamedTuple):
    """A paper that a filing asks for; kind, of and content together tell it from the others."""

    kind: str
    of: str
    why: Words
    content: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.kind, self.of, self.content)

    @property
    def detail(self) -> str:
        """The class of content of a pre-approval, else nothing."""
        return self.content

    @property
    def name(self) -> Words:
        """Its name, with the class of content where several of the kind are asked."""
        name = KINDS[self.kind].name
        if not self.content:
            return name
        content = kinds.CONTENTS[self.content].name
        return Words(f"{name.en}: {content.en}", f"{name.zh}：{content.zh}")


class Checklist(NamedTuple):
    filing_kind: str
    papers: list[Paper]


KINDS = by_code("papers.toml", "paper", PaperKind)
SUBJECT_PAPERS = Codes(
    lambda: tuple(dict.fromkeys(kind.paper for kind in kinds.SUBJECT_KINDS.values() if kind.paper))
)
ID_PAPERS = Codes(lambda: tuple(code for kind in kinds.ID_KINDS.values() for code in kind.papers))
# What shows who somebody is: asked with a consent of its own, and destroyed in time.
IDENTITY_PAPERS = Codes(lambda: tuple(code for code, kind in KINDS.items() if kind.identity))


def documents(facts: Mapping[str, Any] | Facts) -> Checklist:
    """The papers that a filing with these facts asks for, each with its why; none is asked twice.

    MIIT Order 33 of 2005 art. 5-7, MIIT's notices on verification of filing data, table of the provinces.
    """
    known = read(facts)
    with as_of(known.on):
        return checklist(known)


def checklist(known: Facts) -> Checklist:
    kind = filing_kind(known)
    if kind in ("none", "blocked"):
        return Checklist(kind, [])
    if kinds.FILING_KINDS[kind].is_cancellation:
        return Checklist(kind, list(of_cancellation(known, kind)))
    home = PROVINCES.get(known.province or "")
    papers = [
        *of_subject(known),
        *of_persons(known),
        *of_residence(known, home),
        *authorisations(known, home),
        *signed_forms(known, kind, home),
        *of_domain(known),
        *of_content(known),
        *plan(known, home),
        *statements(known, kind, home),
        *of_app(known),
        asked("face_verification", "manager"),
    ]
    return Checklist(kind, sorted(papers, key=place))


def asked(kind: str, of: str) -> Paper:
    return Paper(kind, of, KINDS[kind].why)


def place(paper: Paper) -> int:
    """The order of the catalogue; a person's pictures stay together."""
    kind = "id_card_front" if paper.kind in ID_PAPERS else paper.kind
    return places()[kind]


@per_page
def places() -> dict[str, int]:
    return {code: place for place, code in enumerate(KINDS)}


def of_cancellation(facts: Facts, kind: str) -> Iterator[Paper]:
    # Through the provider an SMS is enough; an empty subject's bureau wants the form.
    if kind == "cancel_subject" and facts.subject_filed == "shell":
        yield asked("cancellation_form", "subject")


def of_subject(facts: Facts) -> Iterator[Paper]:
    kind = kinds.SUBJECT_KINDS.get(facts.subject_kind or "")
    if kind and kind.paper:
        yield asked(kind.paper, "subject")


def of_persons(facts: Facts) -> Iterator[Paper]:
    yield from of_person(facts.head, "head")
    if facts.other_manager:
        yield from of_person(facts.other_manager, "manager")


def of_person(person: Person, of: str) -> Iterator[Paper]:
    kind = kinds.ID_KINDS.get(person.id_kind or "")
    for code in kind.papers if kind else ():
        yield asked(code, of)


def of_residence(facts: Facts, home: Province | None) -> Iterator[Paper]:
    if facts.is_individual and (facts.head.is_foreign() or comes_with_proof(facts, home)):
        yield asked("residence_proof", "head")


def comes_with_proof(facts: Facts, home: Province | None) -> bool:
    return home is not None and is_from_elsewhere(facts) and home.from_elsewhere in ("permit", "proof")


def is_from_elsewhere(facts: Facts) -> bool:
    """An individual of the mainland whose ID is of another province."""
    head = facts.head
    from_here = head.id_province is None or facts.province is None or head.id_province == facts.province
    return facts.is_individual and head.id_kind == "resident_id" and not from_here


def authorisations(facts: Facts, home: Province | None) -> Iterator[Paper]:
    if not facts.is_organisation:
        return
    if not facts.head_is_legal and home and (home.head != "must" or must_authorise(facts, home)):
        yield asked("authorisation_head", "head")
    if not facts.manager_is_legal:
        yield asked("authorisation_manager", "manager")


def must_authorise(facts: Facts, home: Province) -> bool:
    """Whether a legal representative without a mainland ID must authorise somebody with one."""
    legal = facts.legal_representative_id_kind
    return home.foreign_head == "authorise" and legal is not None and legal != "resident_id"


def signed_forms(facts: Facts, kind: str, home: Province | None) -> Iterator[Paper]:
    if is_website(facts) and (kind in PUBLISHED or kind.startswith("change_")):
        yield asked("verification_form", "site")
    if home and home.commitment_letter:
        yield asked("commitment_letter", "subject")
    if home and home.responsibility_notice:
        yield asked("responsibility_notice", "manager")


def is_website(facts: Facts) -> bool:
    return facts.service in (None, "website")


def of_domain(facts: Facts) -> Iterator[Paper]:
    if is_website(facts) or (facts.service == "app" and facts.domain.is_named()):
        yield asked("domain_certificate", "domain")
        if facts.domain.registrar == "other":
            yield asked("domain_verification_screenshot", "domain")


def of_content(facts: Facts) -> Iterator[Paper]:
    classes = kinds.PRE_APPROVAL_CLASSES
    for code in facts.site.content:
        if code in classes:
            why, approval = KINDS["pre_approval"].why, classes[code].approval
            assert approval is not None
            yield Paper("pre_approval", "site", why.fill(approval=approval), code)
    if any(code in classes and code not in facts.site.content for code in facts.site.scope_hits):
        yield asked("no_pre_approval_commitment", "subject")


def plan(facts: Facts, home: Province | None) -> Iterator[Paper]:
    in_order = 1 if facts.domains_in_order is None else facts.domains_in_order
    threshold = home.plan_threshold(individual=facts.is_individual) if home else None
    reached = threshold is not None and (facts.sites_filed or 0) + in_order >= threshold
    if reached or in_order >= amount("plan_domains"):
        yield asked("website_plan", "site")


def statements(facts: Facts, kind: str, home: Province | None) -> Iterator[Paper]:
    head = facts.head
    if home and home.name_match_statement and head.id_kind == "passport" and head.name_differs:
        yield asked("name_match_statement", "head")
    if lives_on_own_work(facts, home):
        yield asked("income_proof", "head")
    subject = kinds.SUBJECT_KINDS.get(facts.subject_kind or "")
    if subject and subject.public_body:
        yield asked("public_body_approval", "subject")
    if kind in ("change_subject", "change_all") and facts.new_name:
        yield asked("name_change_certificate", "subject")


def lives_on_own_work(facts: Facts, home: Province | None) -> bool:
    """Individuals below the age of organisations' people, who file where the bureau wants to see an income."""
    age = facts.head.age_on(facts.on) if facts.on else None
    if home is None or not home.income_proof or not facts.is_individual or age is None:
        return False
    return home.minimum_age <= age < amount("adult_years")


def of_app(facts: Facts) -> Iterator[Paper]:
    if facts.service == "app":
        yield asked("app_icon", "app")
        yield asked("app_fingerprint", "app")
