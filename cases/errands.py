"""What a client's person has to do for a case, in the order they would do it; and what of it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import facts, findings, spans, words
from cases.deadlines import CALLBACK
from cases.journey import running
from cases.models import Case, Part, Person, PhoneVerification, Requirement, RequirementState
from cases.models.requirement import FACE, TASK
from cases.printing import is_outdated
from cases.queries import parts_seen, requirements_for
from cases.workflow import ROAD, Stage
from clients.models import User
from clients.sealing import keyed_hash
from clients.templatetags.look import day, moment
from trade.clocks import sms_persons
from trade.forms import form_of
from trade.reasons import AS_WRITTEN, REASONS

# The order in which people can answer: who files, who answers for it, then what they own.
ORDER = ("subject", "head", "manager", "domain", "site", "server", "case")


@dataclass(frozen=True)
class Errand:
    """One line of “your tasks”, and what the card of the day says of it."""

    name: str
    link: str
    mark: str  # todo, redo, checking, accepted, waived
    words: str
    call: str
    label: str
    why: str = ""
    due_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.mark in ("todo", "redo")

    @property
    def is_done(self) -> bool:
        return self.mark in ("accepted", "waived")


def errands(case: Case, user: User) -> list[Errand]:
    """Everything this person is asked for, what came back first among what is open."""
    if case.is_ended:
        return []
    found = [*_urgent(case, user), *_facts(case, user), *_phones(case, user), *_papers(case, user)]
    found += _after_licence(case, user)
    return sorted(found, key=lambda one: one.mark != "redo")


def may_record(case: Case, user: User) -> bool:
    """Who may say that a step outside the portal is done."""
    return user.standing.is_agency or user.standing.is_contact_of(case.client_id)


def _urgent(case: Case, user: User) -> Iterator[Errand]:
    if (call := running(case, CALLBACK)) and not case.on_hold:
        yield Errand(
            name=_("A call that was missed"),
            link=reverse("cases:call-back", args=[case.reference]),
            mark="todo",
            words=_("by %(when)s") % {"when": moment(call.due_at)},
            call=_("Answer the call"),
            why=_("They rang and nobody answered. After a second missed call the filing comes back."),
            label=_("Who rings, and when"),
            due_at=call.due_at,
        )
    clock = running(case, "sms_code")
    parts = parts_seen(user, case)
    if clock is None or case.on_hold or (parts is not None and not parts & set(sms_people(case))):
        return
    yield Errand(
        name=_("The ministry's code by SMS"),
        link=reverse("cases:sms-codes", args=[case.reference]),
        mark="todo",
        words=_("by %(when)s") % {"when": moment(clock.due_at)},
        call=_("Enter the ministry's SMS code"),
        why=_("The ministry sends a code to %(people)s. It must be entered within %(span)s.")
        % {"people": named(sms_people(case), case), "span": spans.of_clock("sms_code")},
        label=_("How it goes"),
        due_at=clock.due_at,
    )


def sms_people(case: Case) -> list[str]:
    """The parts whose people get a code of the ministry's; one where head and manager are one."""
    parts = list(sms_persons(case.filing_kind)) or ["head", "manager"]
    if case.manager is None and "manager" in parts and "head" in parts:
        parts.remove("manager")
    return parts


def named(parts: list[str], case: Case) -> str:
    return _(" and ").join(dict.fromkeys(words.whose(part, case) for part in parts))


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def thing_title(case: Case, thing: str) -> str:
    """What a page of facts is about, by name where there is one."""
    if thing in ("head", "manager") and (someone := facts.holder_of(case, thing)) and someone.name:
        return f"{words.THINGS[thing]}: {someone.name}"
    return str(TITLES[thing])


TITLES: dict[str, Any] = {
    "subject": gettext_lazy("Who files: your organisation, or you"),
    "head": gettext_lazy("The head of the organisation"),
    "manager": gettext_lazy("Who looks after the site"),
    "domain": gettext_lazy("Your domain"),
    "site": gettext_lazy("Your site"),
    "server": gettext_lazy("Your server"),
    "case": gettext_lazy("About this filing"),
}


def missing_of(case: Case) -> dict[str, list[str]]:
    """What is still missing, by object; without what is the agency's to fill in."""
    by_thing: dict[str, list[str]] = {thing: [] for thing in ORDER}
    for path in case.missing_facts:
        thing, _dot, name = path.rpartition(".")
        if name not in facts.AGENCY_ONLY:
            by_thing[thing or "case"].append(name)
    return by_thing


def thing_of(path: str) -> str:
    """The object a reopened path belongs to: `head` of `head.mobile`, `case` of `province`."""
    first = path.partition(".")[0]
    return first if first in facts.OBJECTS else "case"


def _facts(case: Case, user: User) -> Iterator[Errand]:
    if parts_seen(user, case) is not None:
        return
    missing = missing_of(case)
    reopened = [one for one in case.reopenings.all() if one.closed_at is None and case.stage == Stage.DRAFT]
    # What only warns is said on the page of its object; what blocks opens the task again.
    to_mend = [one for one in findings.of_answers(case, user) if one.blocks]
    for thing in ORDER:
        title = thing_title(case, thing)
        link = reverse("cases:facts", args=[case.reference, thing])
        came_back = [
            one for one in reopened if thing_of(one.path) == thing and one.path not in facts.AGENCY_ONLY
        ]
        n = len(missing[thing])
        wrong = next((one for one in to_mend if thing_of(one.place) == thing), None)
        if came_back and case.stage == Stage.DRAFT:
            for code in dict.fromkeys(one.reason for one in came_back):
                reason = words.reason_name(code)
                yield _look_again(title, link, reason, f"{reason} {reason_fix(code)}".strip(), case)
        elif n and case.stage == Stage.DRAFT:
            yield Errand(
                name=title,
                link=link,
                mark="todo",
                words=ngettext("%(n)d answer missing", "%(n)d answers missing", n) % {"n": n},
                call=title,
                why=_("A few questions; every answer is saved as you type."),
                label=_("Answer"),
                due_at=_fix_by(case),
            )
        elif wrong:
            reason = findings.tell(case, wrong).reason
            yield _look_again(title, link, reason, reason, case)
        else:
            yield Errand(name=title, link=link, mark="accepted", words=title, call=title, label=_("Look"))


def _look_again(title: str, link: str, reason: str, why: str, case: Case) -> Errand:
    return Errand(
        name=title,
        link=link,
        mark="redo",
        words=_("please look again: %(why)s") % {"why": reason},
        call=_("Look again at: %(thing)s") % {"thing": title},
        why=why,
        label=_("Change it"),
        due_at=_fix_by(case),
    )


def reason_fix(code: str) -> str:
    """What mends it, in the reader's language."""
    return str(REASONS[code].fix) if code in REASONS else ""


def _fix_by(case: Case) -> datetime | None:
    clock = running(case, "returned_fix")
    return clock.due_at if clock and not case.on_hold else None


# ── Phones ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _phones(case: Case, user: User) -> Iterator[Errand]:
    parts = parts_seen(user, case)
    seen: set[str] = set()
    for part in (Part.HEAD, Part.MANAGER):
        person = facts.holder_of(case, part)
        if person is None or not person.mobile or person.mobile in seen:
            continue
        if parts is not None and part not in parts:
            continue
        seen.add(person.mobile)
        name = _("Mobile of %(person)s") % {"person": words.whose(part, case)}
        if person.mobile_verified_at:
            mark, told = "accepted", name
        elif case.stage == Stage.DRAFT:
            mark, told = "todo", _("to verify, one minute")
        else:
            continue
        yield Errand(
            name=name,
            link=reverse("cases:phone", args=[case.reference, part]),
            mark=mark,
            words=told,
            call=_("Verify the mobile of %(person)s") % {"person": words.whose(part, case)},
            why=_("We send a code by SMS to see that somebody answers. The ministry will ring this number."),
            label=_("Verify it"),
        )


def asked_code(case: Case, person: Person) -> PhoneVerification | None:
    """The newest code that was asked for this number, if any was."""
    hashed = keyed_hash(person.mobile, kind="mobile") if person.mobile else ""
    return case.phone_verifications.filter(mobile_hash=hashed).first() if hashed else None


# ── Papers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def paper_title(requirement: Requirement, case: Case) -> str:
    """A paper with whose it is: “Passport of Ann Summer”."""
    name = words.paper_name(requirement)
    if requirement.of in (Part.HEAD, Part.MANAGER):
        return _("%(paper)s of %(person)s") % {"paper": name, "person": words.whose(requirement.of, case)}
    return name


def about(requirement: Requirement, case: Case) -> str:
    """For whom a paper is asked: “Ann Summer, manager of the site”; empty of a task in words."""
    part = str(words.THINGS.get(requirement.of, ""))
    if requirement.kind == TASK or not part:
        return ""
    name = {"subject": case.subject.name, "domain": case.domain_name, "site": case.site.name}.get(
        requirement.of, ""
    )
    if requirement.of in (Part.HEAD, Part.MANAGER):
        name = words.whose(requirement.of, case)
    return f"{name} · {part}" if name and name != part else part


def _papers(case: Case, user: User) -> Iterator[Errand]:
    for paper in requirements_for(user, case):
        if paper.kind == FACE and not face_is_asked(case, paper):
            continue
        yield _paper(paper, case)


def face_is_asked(case: Case, paper: Requirement) -> bool:
    """The face check belongs to the photo stage; before it only a failed one is asked, after it only a done one."""
    if case.stage == Stage.DRAFT:
        return paper.is_asked_in_draft
    return case.stage == Stage.PHOTO or (
        not paper.is_open and ROAD.index(Stage(case.stage)) > ROAD.index(Stage.PHOTO)
    )


def _paper(paper: Requirement, case: Case) -> Errand:
    title = paper_title(paper, case)
    code = paper.reasons[0] if paper.reasons else ""
    cause = words.reason_name(code) if code in REASONS and code != AS_WRITTEN else ""
    told = {
        RequirementState.TO_DO: _("to do"),
        RequirementState.SENT: _("sent %(day)s, being checked") % {"day": day(paper.changed_at)},
        RequirementState.ACCEPTED: title,
        RequirementState.REDO: _("please redo: %(why)s") % {"why": cause} if cause else _("please redo"),
        RequirementState.WAIVED: _("%(paper)s, not needed") % {"paper": title},
    }[RequirementState(paper.state)]
    call, label = _("Send: %(paper)s") % {"paper": title}, _("Send it")
    if paper.kind in (FACE, TASK):
        call, label = title, _("See how")
        if paper.state == RequirementState.SENT:
            told = _("reported done %(day)s") % {"day": day(paper.changed_at)}
    elif paper.state == RequirementState.REDO:
        call, label = _("Send again: %(paper)s") % {"paper": title}, _("Send it again")
    clock = running(case, "photo" if paper.kind == FACE and case.stage == Stage.PHOTO else "returned_fix")
    mark = words.MARKS[RequirementState(paper.state)]
    if case.stage == Stage.DRAFT and is_outdated(case, paper):
        # Said, and not reopened: whether the change matters on paper is the agency's to judge.
        told, mark = _("being checked; made from older facts, better signed anew"), "checking"
    if paper.is_open and (ours := agencys_facts(case, paper)):
        told, mark = _("waits for your agency: %(facts)s") % {"facts": words.named_facts(ours)}, "checking"
    return Errand(
        name=title,
        link=reverse("documents:task", args=[paper.reference]),
        mark=mark,
        words=told,
        call=call,
        why=paper.words or cause or paper.why,
        label=label,
        due_at=clock.due_at if clock and not case.on_hold else None,
    )


def agencys_facts(case: Case, paper: Requirement) -> list[str]:
    """Facts that only the agency can give, without which this paper's form is not made: the client cannot go on."""
    form = form_of(paper.kind, case.province) if case.stage == Stage.DRAFT else None
    if form is None:
        return []
    return [path for path in case.missing_facts if facts.is_the_agencys(path) and path in form.facts]


# ── After the licence ───────────────────────────────────────────────────────────────────────────────────────────────


def _after_licence(case: Case, user: User) -> Iterator[Errand]:
    if parts_seen(user, case) is not None:
        return
    if case.stage == Stage.LICENSED and not case.psb_handed_in_on:
        clock = running(case, "psb_filing")
        yield Errand(
            name=_("Registration with the police (PSB)"),
            link=reverse("cases:psb-filing", args=[case.reference]),
            mark="todo",
            words=_("to do"),
            call=_("Register the site with the police"),
            why=_("Within %(span)s after the licence, on a page of the police. We help you with it.")
            % {"span": spans.of_clock("psb_filing")},
            label=_("How it goes"),
            due_at=clock.due_at if clock and not case.on_hold else None,
        )
    if case.stage == Stage.PSB_FILED and case.wants_licence and not case.application_handed_in_on:
        yield Errand(
            name=_("Application for the commercial licence"),
            link=reverse("cases:licence-application", args=[case.reference]),
            mark="todo",
            words=_("to do"),
            call=_("Apply for the commercial licence"),
            why=_("Your site earns money, so it needs a licence of its own."),
            label=_("How it goes"),
        )
