"""Whether a filing can begin, asked in six questions at most; answers are codes in an address, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases import words
from trade import eligibility, kinds, papers
from trade.eligibility import Alternative
from trade.provinces import PROVINCES
from trade.reasons import REASONS

Answers = dict[str, tuple[str, ...]]
LONGEST = 40  # of a code; more is no answer
MOST = 40
ABROAD, UNDECIDED, NONE = "abroad", "undecided", "none"


@dataclass(frozen=True)
class Question:
    """One screen: what is asked, why, and the answers it takes."""

    name: str
    title: Callable[[Answers], Any]
    hint: Callable[[Answers], Any]
    choices: Callable[[Answers], list[tuple[str, Any]]]
    is_asked: Callable[[Answers], bool]
    several: bool = False
    is_long: bool = False  # so many that they go into a list to open


class Asking(NamedTuple):
    """Where somebody stands: the answers so far, the question that is open, and what was wrong with its answer."""

    answers: Answers
    question: Question | None
    error: str
    number: int


def _is(answers: Answers, name: str, *codes: str) -> bool:
    return bool(set(answers.get(name, ())) & set(codes))


def _can_file(answers: Answers) -> bool:
    """Somebody who may file at all, at a server that needs it."""
    return not _is(answers, "server", "hong_kong", "overseas") and not _is(answers, "who", ABROAD)


def _is_individual(answers: Answers) -> bool:
    return _is(answers, "who", "individual")


def _always(answers: Answers) -> bool:
    return True


# ── The questions ───────────────────────────────────────────────────────────────────────────────────────────────────

_SERVERS = {
    "mainland": gettext_lazy("In mainland China"),
    "hong_kong": gettext_lazy("In Hong Kong"),
    "overseas": gettext_lazy("Elsewhere outside the mainland"),
    UNDECIDED: gettext_lazy("That is not decided yet"),
}
_OWNERS = {
    "subject": gettext_lazy("In the name of whoever files"),
    "legal_representative": gettext_lazy("In the name of the legal representative"),
    "shareholder": gettext_lazy("In the name of a shareholder"),
    "other": gettext_lazy("In somebody else's name"),
    NONE: gettext_lazy("There is no domain yet"),
}
_PEOPLE = {
    "resident_here": gettext_lazy("ID card of this province"),
    "resident_permit": gettext_lazy("ID card of another province, with a residence permit of this one"),
    "resident_proof": gettext_lazy("ID card of another province, with a proof of study or work here"),
    "resident_elsewhere": gettext_lazy("ID card of another province, and none of these"),
    "passport_permit": gettext_lazy("Passport, with a residence permit in force"),
    "passport": gettext_lazy("Passport, without a residence permit"),
}
_SITE_MORE = {
    "revenue": gettext_lazy("Visitors pay for content or services"),
    "approved": gettext_lazy("We hold the licences that such contents need"),
}


def _servers(answers: Answers) -> list[tuple[str, Any]]:
    return list(_SERVERS.items())


def _applicants(answers: Answers) -> list[tuple[str, Any]]:
    named = [(code, row.name) for code, row in kinds.SUBJECT_KINDS.items()]
    named.sort(key=lambda one: (one[0] != "enterprise", one[0] != "individual"))
    return [*named, (ABROAD, _("A company registered in Hong Kong, Macau, Taiwan or abroad"))]


def _provinces(answers: Answers) -> list[tuple[str, Any]]:
    return [(code, row.name) for code, row in PROVINCES.items()]


def _papers_of_person(answers: Answers) -> list[tuple[str, Any]]:
    named = [(code, row.name) for code, row in kinds.ID_KINDS.items()]
    if _is_individual(answers):
        return [*_PEOPLE.items(), *(one for one in named if one[0] not in ("resident_id", "passport"))]
    return named


def _owners(answers: Answers) -> list[tuple[str, Any]]:
    closed = ("legal_representative", "shareholder") if _is_individual(answers) else ()
    return [(code, name) for code, name in _OWNERS.items() if code not in closed]


def _contents(answers: Answers) -> list[tuple[str, Any]]:
    named = [(code, row.name) for code, row in kinds.CONTENTS.items()]
    more = [one for one in _SITE_MORE.items() if one[0] != "approved" or not _is_individual(answers)]
    return [*named, *more]


def _said(text: Any) -> Callable[[Answers], Any]:
    return lambda answers: text


def _either(individual: Any, organisation: Any) -> Callable[[Answers], Any]:
    """One sentence for a person who files, another for an organisation."""
    return lambda answers: individual if _is_individual(answers) else organisation


QUESTIONS: tuple[Question, ...] = (
    Question(
        "server",
        _said(gettext_lazy("Where does the server of the site stand?")),
        _said(gettext_lazy("Only servers in mainland China need a filing, and only they can get one.")),
        _servers,
        _always,
    ),
    Question(
        "who",
        _said(gettext_lazy("Who files the site?")),
        _said(gettext_lazy("A company with foreign capital files like any other company of the mainland.")),
        _applicants,
        lambda answers: not _is(answers, "server", "hong_kong", "overseas"),
    ),
    Question(
        "province",
        _either(
            gettext_lazy("In which province do you want to file?"),
            gettext_lazy("In which province is the licence registered?"),
        ),
        _said(gettext_lazy("Each province has a bureau of its own, and rules of its own.")),
        _provinces,
        _can_file,
        is_long=True,
    ),
    Question(
        "person",
        _either(
            gettext_lazy("Which ID do you have?"),
            gettext_lazy("Which ID does the legal representative have?"),
        ),
        _either(
            gettext_lazy("Some provinces only take their own residents."),
            gettext_lazy("Or the operator, the chief representative, the head: whoever the licence names."),
        ),
        _papers_of_person,
        _can_file,
    ),
    Question(
        "domain",
        _said(gettext_lazy("In whose name is the domain?")),
        _said(gettext_lazy("It stands in the domain certificate, and must be verified by name.")),
        _owners,
        _can_file,
    ),
    Question(
        "site",
        _said(gettext_lazy("What is the site about?")),
        _said(gettext_lazy("Tick all that fits.")),
        _contents,
        _can_file,
        several=True,
    ),
)


# ── Reading the answers ─────────────────────────────────────────────────────────────────────────────────────────────


def ask(given: Mapping[str, Any]) -> Asking:
    """The answers that can be taken, in the order of the questions; the first that cannot is asked again in words."""
    answers: Answers = {}
    number = 0
    for question in QUESTIONS:
        if not question.is_asked(answers):
            continue
        number += 1
        told = _listed(given, question.name)
        error = _wrong(question, told, answers) if told else ""
        if not told and given.get("asked") == question.name:
            error = _("Choose one of these.") if not question.several else _("Tick at least one of these.")
        if error or not told:
            return Asking(answers, question, error, number)
        answers[question.name] = tuple(dict.fromkeys(told))
    return Asking(answers, None, "", number)


def _listed(given: Mapping[str, Any], name: str) -> list[str]:
    found = given.getlist(name) if hasattr(given, "getlist") else given.get(name, [])
    return [one for one in ([found] if isinstance(found, str) else found) if one]


def _wrong(question: Question, told: list[str], answers: Answers) -> str:
    """Why these are no answers; what was typed is never said back."""
    if len(told) > MOST or any(len(one) > LONGEST for one in told):
        return _("This answer is too long. Choose one of these.")
    known = {code for code, _name in question.choices(answers)}
    if not set(told) <= known:
        return _("This answer is not known here. Choose one of these.")
    if not question.several and len(set(told)) > 1:
        return _("Two answers contradict each other. Choose one of them.")
    if question.several and set(told) <= set(_SITE_MORE):
        return _("Tick what the site is about, too.")
    return ""


def facts_of(answers: Answers) -> dict[str, Any]:
    """The answers as the rules of the trade ask for them; what is undecided is absent."""
    facts: dict[str, Any] = {}
    one = {name: codes[0] for name, codes in answers.items()}
    if one.get("server") in ("mainland", "hong_kong", "overseas"):
        facts["server"] = {"location": one["server"]}
    if one.get("who") == ABROAD:
        facts |= {"subject_kind": "enterprise", "registered_in_mainland": False}
    elif "who" in one:
        facts["subject_kind"] = one["who"]
    if "province" in one:
        facts["province"] = one["province"]
    if "person" in one:
        facts["head"] = _head(one["person"], one.get("province", ""))
    if one.get("domain", NONE) != NONE:
        facts["domain"] = {"owner": one["domain"]}
    if "site" in answers:
        content = [code for code in answers["site"] if code not in _SITE_MORE]
        facts["site"] = {"content": content}
        if "revenue" in answers["site"]:
            facts["site"]["revenue"] = True
        if "approved" in answers["site"]:
            facts["site"]["approvals"] = [code for code in content if code in kinds.PRE_APPROVAL_CLASSES]
    return facts


def _head(person: str, province: str) -> dict[str, Any]:
    if person not in _PEOPLE:
        return {"id_kind": person}
    if person.startswith("passport"):
        permit = {"residence_permit": {"province": province}} if person == "passport_permit" else {}
        return {"id_kind": "passport", **permit}
    home = province if person == "resident_here" else next(code for code in PROVINCES if code != province)
    more: dict[str, Any] = {}
    if person == "resident_permit":
        more["residence_permit"] = {"province": province}
    elif person == "resident_proof":
        more["study_or_work_proof"] = True
    return {"id_kind": "resident_id", "id_province": home, **more}


# ── The answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Reason(NamedTuple):
    """Why not, and what mends it."""

    sentence: Any
    fix: Any


class Verdict(NamedTuple):
    """Yes with the papers, or no with each reason and what can be done instead."""

    eligible: bool
    title: str
    reasons: list[Reason]
    alternatives: list[Alternative]
    kind: str
    papers: list[dict[str, Any]]


def judge(answers: Answers) -> Verdict:
    """By the same rules as `POST /api/v1/tools/eligibility` and `tools/documents`."""
    facts = facts_of(answers)
    found = eligibility.judge(facts)
    if found.eligible:
        asked = papers.documents(facts)
        named = [
            {"name": one.name, "of": words.THINGS.get(one.of, one.of), "why": one.why} for one in asked.papers
        ]
        kind = words.code_words("filing_kind", asked.filing_kind)
        return Verdict(True, _("Yes, this can be filed."), [], [], kind, named)
    codes = [eligibility.OBSTACLES[code].alternative for code in found.reasons]
    alternatives = [eligibility.ALTERNATIVES[code] for code in dict.fromkeys(filter(None, codes))]
    reasons = [
        Reason(
            eligibility.OBSTACLES[code].sentence,
            REASONS[code].fix if code in REASONS and not eligibility.OBSTACLES[code].alternative else "",
        )
        for code in found.reasons
    ]
    is_free = found.alternative == "no_filing_needed"
    title = _("No filing is needed.") if is_free else _("Not in this way.")
    return Verdict(False, title, reasons, alternatives, "", [])


def said(answers: Answers) -> list[dict[str, Any]]:
    """What was answered, question by question, to be looked at and changed."""
    told: list[dict[str, Any]] = []
    before: Answers = {}
    for question in QUESTIONS:
        if codes := answers.get(question.name):
            named = dict(question.choices(before))
            told.append(
                {
                    "name": question.name,
                    "title": question.title(before),
                    "answer": pgettext("between the words of a list", ", ").join(
                        str(named[code]) for code in codes
                    ),
                }
            )
            before[question.name] = codes
    return told
