"""Which case a message is about, and which move it speaks of. It proposes; only people move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import CharField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Length, StrIndex
from django.utils.translation import gettext as _

from cases import words
from cases.models import Case, Server
from cases.queries import cases_for
from cases.workflow import BEFORE_LICENCE, Stage
from clients.models import User
from trade.days import today
from trade.messages import plainly
from trade.results import Result, parents, words_in

MOST = 5  # cases that staff are asked to choose from
SHORTEST_NAME = 4  # signs; a shorter name stands in too many messages

# Where a case can stand when such a message comes.
STAGES: dict[str, list[Stage]] = {
    "code": [Stage.MIIT_REVIEW],
    "approved": [Stage.MIIT_REVIEW],
    "rejected": BEFORE_LICENCE[1:],
    "submitted": BEFORE_LICENCE[1:],
    "psb_approved": [Stage.LICENSED],
    "psb_rejected": [Stage.LICENSED],
}
# The moves by which a message of each meaning is confirmed.
CONFIRMING = {
    "approved": {"grant_licence"},
    "rejected": {"reject", "return_for_changes"},
    "submitted": {"pass_pre_audit", "finish_photo"},
    "psb_approved": {"file_psb"},
}


@dataclass(frozen=True)
class Proposed:
    """What a message comes to for one case: a move or a step with its data, or why neither."""

    case: Case
    move: str = ""
    step: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    hint: str = ""
    why_not: str = ""

    @property
    def fits(self) -> bool:
        return not self.why_not


class Found(NamedTuple):
    """The cases that a message may be about, those it fits first; `more` where there are too many to choose from."""

    cases: list[Proposed]
    more: bool = False

    @property
    def fitting(self) -> list[Proposed]:
        return [one for one in self.cases if one.fits]


# ── Which case ──────────────────────────────────────────────────────────────────────────────────────────────────────


def cases_meant(user: User, result: Result, text: str) -> Found:
    """By domain, filing number or number of the server; else by the applicant's name, where such a message may come.

    Looked for in the reader's sight and nowhere else.
    """
    if result.meaning == "other":
        return Found([])
    open_cases = cases_for(user).open()  # type: ignore[attr-defined]
    numbered = _by_number(open_cases, result, text)
    told = _proposed(open_cases, numbered, result)
    if not any(one.fits for one in told):
        named = [pk for pk in _by_name(open_cases, result, text) if pk not in numbered]
        told = [one for one in _proposed(open_cases, named, result) if one.fits] + told
        return Found(told[:MOST], more=len(named) > MOST)
    return Found(sorted(told, key=lambda one: not one.fits), more=len(numbered) > MOST)


def _proposed(cases: QuerySet[Case], pks: list[int], result: Result) -> list[Proposed]:
    if not pks:
        return []
    rows = cases.filter(pk__in=pks[:MOST]).with_facts().order_by("id")  # type: ignore[attr-defined]
    return [propose(case, result) for case in rows]


def _by_number(cases: QuerySet[Case], result: Result, text: str) -> list[int]:
    """Each kind of number along its own index, asked in one go."""
    domains = [name for domain in result.domains for name in parents(domain)]
    found = cases.filter(domain_name__in=domains).exclude(domain_name="")
    numbers = Q(icp_number__in=result.icp_numbers)
    for number in result.icp_numbers:
        if number.endswith("号"):
            numbers |= Q(icp_number__startswith=f"{number}-")
    filed = cases.filter(numbers).exclude(icp_number="")
    servers = Server.objects.filter(service_number__in=words_in(text)).exclude(service_number="")
    served = cases.filter(pk__in=servers.values("case_id"))
    asked = (rows.order_by().values_list("pk", flat=True) for rows in (found, filed, served))
    first, *others = asked
    return list(first.union(*others)[: MOST + 1])


class Plainly(Func):
    """Full width made half, and lower case, as messages are read."""

    template = "lower(normalize(%(expressions)s, NFKC))"
    output_field = CharField()


def _by_name(cases: QuerySet[Case], result: Result, text: str) -> list[int]:
    """Cases at these stages whose applicant's name stands in the message; a name within a longer one is not meant."""
    there = Value(plainly(text).lower(), output_field=CharField())
    named: dict[int, str] = {}
    rows = cases.filter(stage__in=STAGES[result.meaning])
    asked = []
    for column in ("subject__name", "subject__name_zh"):
        name = Plainly(F(column))
        asked.append(
            rows.alias(long=Length(column), place=StrIndex(there, name))
            .filter(long__gte=SHORTEST_NAME, place__gt=0)
            .order_by()
            .values_list("pk", name)
        )
    for pk, name in asked[0].union(asked[1])[: 10 * MOST]:
        named[pk] = max(named.get(pk, ""), name, key=len)
    names = set(named.values())
    return [pk for pk, name in named.items() if not any(name != other and name in other for other in names)]


# ── Which move ──────────────────────────────────────────────────────────────────────────────────────────────────────


def propose(case: Case, result: Result) -> Proposed:
    """What this message asks of this case; the stage must fit, and so must the domain where one is named."""
    if case.stage not in STAGES.get(result.meaning, ()):
        return Proposed(case, why_not=_("It stands at “%(stage)s”, where no such message is awaited.")
                        % {"stage": case.get_stage_display()})  # fmt: skip
    if names_other_site(case, result):
        return Proposed(case, why_not=_("The message names another domain: %(domain)s.")
                        % {"domain": result.domains[0]})  # fmt: skip
    return _BY_MEANING[result.meaning](case, result)


def names_other_site(case: Case, result: Result) -> bool:
    """The message names domains, and none of them is the case's."""
    named = {name for domain in result.domains for name in parents(domain)}
    return bool(named) and case.domain_name not in named


def _code(case: Case, result: Result) -> Proposed:
    return Proposed(
        case,
        step="sms-codes",
        hint=_(
            "The code goes to beian.miit.gov.cn and nowhere else. Record it once everybody has entered theirs."
        ),
    )


def _approved(case: Case, result: Result) -> Proposed:
    number, hint = result.message.icp_number or "", ""
    if number.endswith("号"):
        hint = _("The message names the applicant's number only: %(number)s. The site's ends in -1, -2 …") % {
            "number": number
        }
        number = ""
    data = {"icp_number": number, "licensed_on": _day(result)}
    return Proposed(case, move="grant_licence", data=data, hint=hint)


def _rejected(case: Case, result: Result) -> Proposed:
    move = "reject" if case.stage == Stage.MIIT_REVIEW else "return_for_changes"
    return Proposed(case, move=move, reasons=result.message.reasons)


def _submitted(case: Case, result: Result) -> Proposed:
    if case.stage == Stage.PROVIDER_PRE_AUDIT and "pre_audit_passed" in result.said:
        return Proposed(case, move="pass_pre_audit")
    if case.stage == Stage.PHOTO and "handed_over" in result.said:
        data = {"photo_way": case.photo_way, "done_on": _day(result)}
        return Proposed(case, move="finish_photo", data=data)
    if case.stage == Stage.MIIT_REVIEW and "sms_done" in result.said:
        return Proposed(case, step="sms-codes")
    return Proposed(case, why_not=_("The message asks for nothing: the case stands where it says."))


def _psb_approved(case: Case, result: Result) -> Proposed:
    data = {"psb_number": result.psb_number or "", "filed_on": _day(result)}
    return Proposed(case, move="file_psb", data=data)


def _psb_rejected(case: Case, result: Result) -> Proposed:
    if not case.psb_handed_in_on:
        return Proposed(case, why_not=_("No PSB filing has been handed in for it yet."))
    return Proposed(case, step="psb-return")


_BY_MEANING = {
    "code": _code,
    "approved": _approved,
    "rejected": _rejected,
    "submitted": _submitted,
    "psb_approved": _psb_approved,
    "psb_rejected": _psb_rejected,
}


def _day(result: Result) -> date:
    return result.on or today()


def summary(result: Result) -> list[tuple[str, str]]:
    """What the message says, as lines of a name and a value."""
    told = [
        (_("Domain"), result.domains[0] if result.domains else ""),
        (_("ICP number"), result.message.icp_number or ""),
        (_("PSB number"), result.psb_number or ""),
        (_("Day"), result.on.isoformat() if result.on else ""),
        (_("Reasons"), " ".join(words.reason_name(code) for code in result.message.reasons)),
    ]
    return [(name, value) for name, value in told if value]
