"""What things are called on the pages: facts by their path, papers, clocks, parties, and the history in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.translation import (
    get_language,
    gettext_lazy,
    ngettext,
    pgettext,
    pgettext_lazy,
)
from django.utils.translation import gettext as _

from cases import countries, facts
from cases.models import (
    Case,
    CaseEvent,
    Domain,
    Part,
    Person,
    Requirement,
    RequirementState,
    Server,
    Site,
    Subject,
)
from cases.models.case import WaitingOn
from cases.models.requirement import TASK
from cases.workflow import CaseWorkflow, Stage
from clients.templatetags.look import day, moment, today
from trade import filing, kinds, papers, photos
from trade.aftercare import CHANGES, DUTIES
from trade.book import Derived
from trade.checks import CHECKS
from trade.clocks import CLOCKS
from trade.commercial import DEMANDS
from trade.provinces import PROVINCES
from trade.reasons import REASONS

NEAR = 60  # days
# The mark that stands before a paper's state, as `components/mark.html` knows it.
MARKS = {
    RequirementState.TO_DO: "todo",
    RequirementState.SENT: "checking",
    RequirementState.ACCEPTED: "accepted",
    RequirementState.REDO: "redo",
    RequirementState.WAIVED: "waived",
}
HOLDERS: dict[str, Any] = {
    "case": Case,
    "subject": Subject,
    "head": Person,
    "manager": Person,
    "domain": Domain,
    "server": Server,
    "site": Site,
}
THINGS = {
    "case": gettext_lazy("Case"),
    "subject": pgettext_lazy("part of a filing", "Applicant"),
    "head": Part.HEAD.label,
    "manager": Part.MANAGER.label,
    "domain": gettext_lazy("Domain"),
    "server": gettext_lazy("Server"),
    "site": gettext_lazy("Site"),
    "app": gettext_lazy("App"),
}
FIELDS = {
    "id_number": gettext_lazy("number of the paper"),
    "photo_way": gettext_lazy("way of the photo"),
    "done_on": gettext_lazy("done on"),
    "icp_number": gettext_lazy("ICP number"),
    "licensed_on": gettext_lazy("licensed on"),
    "psb_number": gettext_lazy("PSB number"),
    "filed_on": gettext_lazy("PSB filed on"),
    "licence_number": gettext_lazy("licence number"),
    "granted_on": gettext_lazy("granted on"),
    "until": gettext_lazy("look again on"),
    "account_manager": gettext_lazy("account manager"),
}
LICENCE_STATUSES = {
    "active": pgettext_lazy("licence", "active"),
    "abnormal": pgettext_lazy("licence", "listed as abnormal"),
    "revoked": pgettext_lazy("licence", "revoked"),
}
OWNERS = {
    "subject": pgettext_lazy("owner of the domain", "the applicant"),
    "legal_representative": pgettext_lazy("owner of the domain", "the legal representative"),
    "shareholder": pgettext_lazy("owner of the domain", "a shareholder"),
    "other": pgettext_lazy("owner of the domain", "somebody else"),
}
LOCATIONS = {
    "mainland": pgettext_lazy("server", "mainland China"),
    "hong_kong": pgettext_lazy("server", "Hong Kong"),
    "overseas": pgettext_lazy("server", "elsewhere abroad"),
}
INTENTS = {
    "publish": pgettext_lazy("what is wanted", "open a site"),
    "change": pgettext_lazy("what is wanted", "change what is filed"),
    "cancel": pgettext_lazy("what is wanted", "cancel a filing"),
    "move_to_subject": pgettext_lazy("what is wanted", "move a filing to another applicant"),
}
FILED = {
    "no": pgettext_lazy("filed already", "no"),
    "here": pgettext_lazy("filed already", "yes, through this provider"),
    "elsewhere": pgettext_lazy("filed already", "yes, through another provider"),
}
FILED_PARTS = {
    "subject": pgettext_lazy("part of a filing", "Applicant"),
    "service": pgettext_lazy("part of a filing", "Site or app"),
    "access": pgettext_lazy("part of a filing", "Access through the provider"),
}
LANGUAGES = {
    "zh": pgettext_lazy("language", "Chinese"),
    "en": pgettext_lazy("language", "English"),
    "other": pgettext_lazy("language", "another language"),
}


# ── Codes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _named(*tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Codes and names as the open book has them: whatever the agency calls a thing, pages call it so too."""
    return Derived(lambda: {code: row.name for table in tables for code, row in table.items()})


CODES: dict[str, Mapping[str, Any]] = {
    "provider": _named(kinds.PROVIDERS),
    "province": _named(PROVINCES),
    "filing_kind": _named(kinds.FILING_KINDS),
    "service": _named(kinds.SERVICES),
    "photo_way": _named(kinds.PHOTO_WAYS),
    "intent": INTENTS,
    "subject_filed": FILED | {"shell": pgettext_lazy("filed already", "yes, but without any site left")},
    "domain_filed": FILED | {"other_subject": pgettext_lazy("filed already", "yes, for another applicant")},
    "change_of": FILED_PARTS,
    "cancel_of": FILED_PARTS,
    "legal_representative_id_kind": _named(kinds.ID_KINDS),
    "subject.kind": _named(kinds.SUBJECT_KINDS),
    "subject.id_kind": _named(kinds.ORGANISATION_ID_KINDS, kinds.ID_KINDS),
    "subject.licence_status": LICENCE_STATUSES,
    "head.id_kind": _named(kinds.ID_KINDS),
    "manager.id_kind": _named(kinds.ID_KINDS),
    "domain.owner": OWNERS,
    "server.location": LOCATIONS,
    "site.languages": LANGUAGES,
    "site.content": _named(kinds.CONTENTS),
    "site.approvals": _named(kinds.PRE_APPROVAL_CLASSES),
    "site.scope_hits": _named(kinds.PRE_APPROVAL_CLASSES),
}


def choices_of(thing: str, name: str) -> list[tuple[str, Any]]:
    """Codes and their words, as a select or a list of ticks offers them."""
    return list(CODES.get(name if thing == "case" else f"{thing}.{name}", {}).items())


# What a message says of a filing.
MEANINGS = {
    "code": pgettext_lazy("message", "The ministry's SMS code came"),
    "approved": pgettext_lazy("message", "Approved"),
    "rejected": pgettext_lazy("message", "Rejected or returned"),
    "submitted": pgettext_lazy("message", "Taken in or passed on"),
    "psb_approved": pgettext_lazy("message", "Registered with the police"),
    "psb_rejected": pgettext_lazy("message", "Returned by the police"),
    "other": pgettext_lazy("message", "No result of a filing"),
}


def code_words(path: str, code: str) -> str:
    """The words of a code; one the tables do not know says itself."""
    return str(CODES.get(path, {}).get(code, code))


_WHY = {
    "subject_filed_known": gettext_lazy("The applicant's number is filed already: %(domain)s (%(case)s)."),
    "domain_filed_known": gettext_lazy("The domain is filed already: %(case)s."),
    "domain_filed_other": gettext_lazy("The domain was filed under another applicant's number: %(case)s."),
    "subject_filed_said": gettext_lazy("Said of the applicant, whether it is filed already: %(value)s."),
    "domain_filed_said": gettext_lazy("Said of the domain, whether it is filed already: %(value)s."),
}


def kind_why(case: Case) -> list[str]:
    """Why the rules find the kind of filing that they find, a sentence each."""
    told = []
    for reason in case.filing_kind_why:
        code = reason["code"]
        if code == "rule":
            if rule := filing.RULES.get(reason["rule"]):
                told.append(str(rule.why))
            continue
        value = reason.get("value", "")
        sentence = _WHY["domain_filed_other" if value == "other_subject" and "case" in reason else code]
        name = code.rpartition("_")[0]
        told.append(str(sentence) % {**reason, "value": code_words(name, value)})
        if reason.get("against"):
            told.append(_("The answer given was no; what the portal has seen goes before it."))
    return told


def kind_found(case: Case) -> str:
    """The kind that the rules find, whatever was set by hand; empty where they have not been asked."""
    rule = next(
        (filing.RULES.get(one["rule"]) for one in case.filing_kind_why if one["code"] == "rule"), None
    )
    return rule.kind if rule else ""


def yes_or_no(value: bool) -> str:
    return pgettext("answer", "yes") if value else pgettext("answer", "no")


def value_words(path: str, value: Any) -> str:
    """A fact as people read it; empty where it is not given."""
    if not facts.is_given(value):
        return ""
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return (pgettext("between the words of a list", ", ")).join(code_words(path, one) for one in value)
    if path.endswith(".nationality"):
        return countries.name_of(value)
    if path == "domain.registrar" and value == "provider":
        return capital(_("the provider"))
    return code_words(path, value) if path in CODES else str(value)


# ── Names ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def field_label(thing: str, name: str) -> Any:
    """What a fact is called where its object is plain: “mobile”."""
    return FIELDS.get(name) or HOLDERS[thing]._meta.get_field(name).verbose_name


def named_facts(paths: Iterable[str]) -> str:
    """Facts of the case itself in a row: “provider, kind of filing”."""
    names = (str(field_label("case", path.rpartition(".")[2])) for path in paths)
    return pgettext("between the words of a list", ", ").join(names)


def label_of(path: str) -> str:
    """What a fact is called by itself: “Head of the organisation: mobile”."""
    thing, _dot, name = path.rpartition(".")
    if not thing:
        if path in THINGS and path not in facts.FACTS["case"]:
            return str(THINGS[path])
        thing = "case"
        name = path
    try:
        label = field_label(thing, name)
    except (KeyError, FieldDoesNotExist):
        return path
    if thing == "case":
        return capital(str(label))
    return _("%(thing)s: %(fact)s") % {"thing": THINGS[thing], "fact": label}


def label_in_table(thing: str, name: str) -> str:
    """The same at the head of a line, worked out once a language: a case page has thirty of them."""
    return _label_in_table(thing, name, get_language())


@cache
def _label_in_table(thing: str, name: str, _language: str | None) -> str:
    return capital(str(field_label(thing, name)))


def capital(words: str) -> str:
    """The first letter large, the rest untouched."""
    return words[:1].upper() + words[1:]


_PARTIES, _STAGES, _STATES = dict(WaitingOn.choices), dict(Stage.choices), dict(RequirementState.choices)


def party(code: str) -> str:
    """Whose move it is, in a word."""
    return str(_PARTIES.get(code, code))


def state_name(code: str) -> str:
    """How it stands with a paper."""
    return str(_STATES.get(code, code))


def clock_name(code: str) -> str:
    return str(CLOCKS[code].name) if code in CLOCKS else code


def duty_name(code: str) -> str:
    return str(DUTIES[code].name) if code in DUTIES else code


def is_near(day: date) -> bool:
    """Whether its distance says more in working days than its date does."""
    return (day - today()).days <= NEAR


def stage_name(code: str) -> str:
    return str(_STAGES.get(code, code))


@cache
def _move_labels() -> dict[str, Promise]:
    labels = {}
    for name in dir(CaseWorkflow):
        method = getattr(CaseWorkflow, name, None)
        steps = getattr(method, "_django_fsm", None)
        if steps is not None:
            labels[name] = next(iter(steps.transitions.values())).custom["label"]
    return labels


def move_label(name: str) -> str:
    return str(_move_labels().get(name, name))


def paper_kind_name(kind: str, detail: str = "", reasons: list[str] | None = None) -> str:
    """What a paper or task is called; a task in words by what is wrong."""
    if kind == TASK:
        rule = REASONS.get(reasons[0]) if reasons else None
        return str(rule.cause) if rule else _("Something to mend")
    if kind not in papers.KINDS:
        return kind
    name = str(papers.KINDS[kind].name)
    if detail:
        mark = "：" if (get_language() or "en").startswith("zh") else ": "
        return f"{name}{mark}{code_words('site.content', detail)}"
    return name


def paper_name(requirement: Requirement) -> str:
    return paper_kind_name(requirement.kind, requirement.detail, requirement.reasons)


def whose(of: str, case: Case) -> str:
    """Whose paper it is: the person's name where there is one, else the part."""
    someone = case.head if of == Part.HEAD else case.manager_or_head if of == Part.MANAGER else None
    if someone is not None and someone.name:
        return someone.name
    return str(THINGS.get(of, of))


def reason_name(code: str) -> str:
    """What is wrong, in words; codes of files that could not be taken are left to documents/."""
    return str(REASONS[code].cause) if code in REASONS else code


# ── History ─────────────────────────────────────────────────────────────────────────────────────────────────────────

GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "moves": (gettext_lazy("Moves"), ("case.opened", "case.imported", "case.taken_back", "case.moved")),
    "papers": (
        gettext_lazy("Papers"),
        (
            "paper.sent",
            "paper.available",
            "paper.refused",
            "paper.accepted",
            "paper.returned",
            "paper.withdrawn",
            "paper.destroyed",
            "paper.waived",
            "paper.trouble",
            "form.made",
            "pack.made",
            "task.done",
            "task.reported",
            "preflight.run",
            "finding.waived",
            "finding.lapsed",
        ),
    ),
    "facts": (
        gettext_lazy("Facts"),
        (
            "facts.changed",
            "filing_kind.found",
            "filing_kind.set",
            "filing_kind.cleared",
            "rules.reached",
            "phone.asked",
            "phone.verified",
        ),
    ),
    "notes": (
        gettext_lazy("Notes and calls"),
        ("note.written", "call.logged", "call.missed", "call.answered"),
    ),
    "messages": (
        gettext_lazy("Messages"),
        (
            "message.sent",
            "message.failed",
            "client.reminded",
            "reminders.rest",
            "reminders.wake",
            "result.reported",
            "result.confirmed",
            "result.dismissed",
        ),
    ),
    "site": (
        gettext_lazy("Live site"),
        (
            "site.opened",
            "footer.seen",
            "site.amiss",
            "site.mended",
            "site.away",
            "site.back",
            "watch.asked",
            "watch.off",
            "watch.on",
        ),
    ),
    "aftercare": (
        gettext_lazy("Aftercare"),
        ("duty.done", "duty.waived", "check.noticed", "change.reported"),
    ),
    "views": (gettext_lazy("Views"), ("paper.viewed", "numbers.revealed")),
}
# The shape of each line: what stands in the margin of the timeline.
SHAPES = {
    "case": "move",
    "paper": "paper",
    "form": "paper",
    "pack": "paper",
    "task": "paper",
    "note": "note",
    "call": "note",
    "commercial": "paper",
    "application": "paper",
    "message": "mail",
    "client": "mail",
    "reminders": "mail",
    "result": "mail",
}
SENTENCES: dict[str, Any] = {
    "case.opened": gettext_lazy("Case opened"),
    "case.imported": gettext_lazy("Brought in from a spreadsheet"),
    "case.taken_back": gettext_lazy("Import taken back"),
    "paper.sent": gettext_lazy("Sent: %(paper)s"),
    "paper.available": gettext_lazy("Checked and ready to be reviewed: %(paper)s"),
    "paper.refused": gettext_lazy("File not taken: %(paper)s"),
    "paper.accepted": gettext_lazy("Accepted: %(paper)s"),
    "paper.returned": gettext_lazy("Returned: %(paper)s"),
    "paper.withdrawn": gettext_lazy("Taken back by its sender: %(paper)s"),
    "paper.destroyed": gettext_lazy("Destroyed on its day: %(paper)s"),
    "paper.waived": gettext_lazy("Not needed: %(paper)s"),
    "paper.viewed": gettext_lazy("Viewed: %(paper)s"),
    "paper.trouble": gettext_lazy("Trouble with a file, look at it: %(paper)s"),
    "form.made": gettext_lazy("Form made to be signed: %(paper)s"),
    "pack.made": gettext_lazy("Papers packed for the provider"),
    "task.done": gettext_lazy("Done: %(paper)s"),
    "task.reported": gettext_lazy("Reported done: %(paper)s"),
    "facts.changed": gettext_lazy("Facts changed"),
    "preflight.run": gettext_lazy("Pre-flight run"),
    "finding.waived": gettext_lazy("Warning waived"),
    "finding.lapsed": gettext_lazy("Waiver lapsed"),
    "photo.link_given": gettext_lazy("Link of the face check given to %(person)s"),
    "photo.place_chosen": gettext_lazy("Photo place chosen"),
    "curtain.ordered": gettext_lazy("Curtain ordered"),
    "curtain.sent": gettext_lazy("Curtain sent"),
    "curtain.arrived": gettext_lazy("Curtain arrived"),
    "curtain.returned": gettext_lazy("Curtain returned"),
    "filing_kind.found": gettext_lazy("Kind of filing worked out anew"),
    "filing_kind.set": gettext_lazy("Kind of filing set by hand"),
    "filing_kind.cleared": gettext_lazy("Kind of filing left to the rules again"),
    "rules.reached": gettext_lazy("A change of the rules reached this case"),
    "promise.endangered": gettext_lazy("The day promised to the client is in danger"),
    "phone.asked": gettext_lazy("Code sent by SMS to %(person)s"),
    "phone.verified": gettext_lazy("Mobile verified: %(person)s"),
    "sms.entered": gettext_lazy("Ministry's SMS codes entered"),
    "sms.missed": gettext_lazy("Ministry's SMS codes not entered in time"),
    "psb.returned": gettext_lazy("PSB filing returned"),
    "psb.handed_in": gettext_lazy("PSB filing handed in"),
    "site.opened": gettext_lazy("Site open"),
    "footer.seen": gettext_lazy("Number seen at the foot of the site"),
    "site.amiss": gettext_lazy("Live site: something is amiss at its foot"),
    "site.mended": gettext_lazy("Live site: its foot is right again"),
    "site.away": gettext_lazy("Live site: could not be looked at"),
    "site.back": gettext_lazy("Live site: answers again"),
    "watch.asked": gettext_lazy("Look at the live site asked for"),
    "watch.off": gettext_lazy("Watch of the live site switched off"),
    "watch.on": gettext_lazy("Watch of the live site switched on"),
    "duty.done": gettext_lazy("Done: %(duty)s"),
    "duty.waived": gettext_lazy("Not needed: %(duty)s"),
    "check.noticed": gettext_lazy("The provider checks the filing"),
    "change.reported": gettext_lazy("Something has changed: a filing of the change begins"),
    "commercial.decided": gettext_lazy("Commercial licence: decided whether it is needed"),
    "commercial.checked": gettext_lazy("Commercial licence: what lies ready"),
    "commercial.appointment": gettext_lazy("Commercial licence: appointment"),
    "application.refused": gettext_lazy("Application for the commercial licence refused"),
    "application.handed_in": gettext_lazy("Application for the commercial licence accepted for review"),
    "call.logged": gettext_lazy("Call"),
    "call.missed": gettext_lazy("A call nobody answered"),
    "call.answered": gettext_lazy("The missed call was answered"),
    "note.written": gettext_lazy("Note"),
    "numbers.revealed": gettext_lazy("Numbers shown in clear"),
    "message.sent": gettext_lazy("Message sent"),
    "message.failed": gettext_lazy("Message not delivered"),
    "client.reminded": gettext_lazy("The client was reminded by the agency"),
    "reminders.rest": gettext_lazy("Reminders rest"),
    "reminders.wake": gettext_lazy("Reminders go on"),
    "result.reported": gettext_lazy("The client passed on a message"),
    "result.confirmed": gettext_lazy("The client's message confirmed"),
    "result.dismissed": gettext_lazy("The client's message put aside"),
}
# Who rings, and who does so most likely at each stop.
CALLERS: dict[str, Any] = {
    "provider": pgettext_lazy("caller", "The provider"),
    "bureau": pgettext_lazy("caller", "The bureau (管局)"),
    "police": pgettext_lazy("caller", "The police"),
    "client": pgettext_lazy("caller", "The client"),
    "other": pgettext_lazy("caller", "Somebody else, or we rang"),
}
USUAL_CALLER: dict[str, str] = {
    Stage.PROVIDER_PRE_AUDIT: "provider",
    Stage.PHOTO: "provider",
    Stage.MIIT_REVIEW: "bureau",
    Stage.LICENSED: "police",
}
MOVED: dict[str, Any] = {
    "submit": gettext_lazy("Handed in to the provider"),
    "pass_pre_audit": gettext_lazy("Pre-audit passed"),
    "return_for_changes": gettext_lazy("Returned for changes"),
    "finish_photo": gettext_lazy("Photo done; handed to the ministry"),
    "reject": gettext_lazy("Rejected"),
    "grant_licence": gettext_lazy("ICP number recorded"),
    "file_psb": gettext_lazy("PSB number recorded"),
    "grant_commercial_licence": gettext_lazy("Commercial licence recorded"),
    "withdraw": gettext_lazy("Withdrawn"),
    "cancel": gettext_lazy("Cancelled"),
    "hold": gettext_lazy("Put on hold"),
    "resume": gettext_lazy("Resumed"),
    "correct": gettext_lazy("Result corrected"),
    "step_back": gettext_lazy("Stepped back"),
}


def event_words(event: CaseEvent, case: Case | None = None) -> str:
    """One line of the history as a sentence; particulars stand in `event_details`."""
    if event.kind == "case.moved":
        return str(MOVED.get(event.move, event.move))
    data = event.data
    named = {"paper": "", "person": "", "duty": duty_name(data.get("duty", ""))}
    if "kind" in data:
        named["paper"] = paper_kind_name(data["kind"], data.get("detail", ""))
        if case is not None and data.get("of"):
            named["paper"] = f"{named['paper']} ({whose(data['of'], case)})"
    if "person" in data:
        named["person"] = whose(data["person"], case) if case is not None else part_name(data["person"])
    return str(SENTENCES.get(event.kind, event.kind)) % named


def part_name(part: str) -> str:
    return str(Part(part).label) if part in Part.values else part


def event_details(event: CaseEvent) -> list[str]:
    """What the line says besides: from where to where, which results, which reasons, old and new."""
    told: list[str] = []
    data = event.data
    if event.kind == "case.moved":
        if event.from_stage != event.to_stage:
            told.append(f"{stage_name(event.from_stage)} → {stage_name(event.to_stage)}")
        old = data.get("old", {})
        told += [
            f"{label_of(name)}: {old[name]} → {value}"
            if name in old
            else f"{label_of(name)}: {_result(name, value)}"
            for name, value in data.get("data", {}).items()
        ]
        told += [
            f"{label_of(name)}: {value} → —"
            for name, value in old.items()
            if name not in data.get("data", {})
        ]
        if event.move in ("return_for_changes", "reject"):
            told.append(_("round %(n)d") % {"n": data.get("round", 2)})
    told += [
        reason_name(one["code"]) + (f" ({one['note']})" if one.get("note") else "") for one in event.reasons
    ]
    for change in data.get("changes", []):
        path = change["path"]
        told.append(f"{label_of(path)}: {_kept(path, change['old'])} → {_kept(path, change['new'])}")
    if event.kind.startswith("filing_kind."):
        named = (code_words("filing_kind", data[name]) for name in ("old", "new") if data.get(name))
        told.append(" → ".join(named))
    if event.kind == "rules.reached":
        told += [_("asked now: %(paper)s") % {"paper": paper_kind_name(one)} for one in data.get("asked", [])]
        told += [
            _("asked no more: %(paper)s") % {"paper": paper_kind_name(one)} for one in data.get("dropped", [])
        ]
        told += [_("another time: %(clock)s") % {"clock": clock_name(one)} for one in data.get("clocks", [])]
    if event.kind == "numbers.revealed" and "kind" in data:
        told.append(paper_kind_name(data["kind"], data.get("detail", "")))
    if "mark" in data:
        told.append(_("version code %(mark)s") % {"mark": data["mark"]})
    if event.kind == "pack.made":
        told.append(ngettext("%(n)d paper", "%(n)d papers", len(data["papers"])) % {"n": len(data["papers"])})
    if place := photos.PLACES.get(data.get("place", "")):
        told.append(str(place.name))
    if "place_at" in data:
        told.append(moment(datetime.fromisoformat(data["place_at"])))
    told += [data[name] for name in ("carrier", "tracking") if data.get(name)]
    told += [str(CHECKS[code].name) if code in CHECKS else code for code in data.get("findings", [])]
    if "says" in data:
        told.append(str(MEANINGS.get(data["says"], data["says"])))
    if "on" in data:
        told.append(day(date.fromisoformat(data["on"])))
    if "until" in data:
        told.append(_("until %(day)s") % {"day": day(date.fromisoformat(data["until"]))})
    if event.kind == "change.reported":
        told += [str(CHANGES[code].name) if code in CHANGES else code for code in data["changed"]]
        told.append(data["case"])
    if "site" in data:
        told.append(site_words(data["site"]))
    if "site_why" in data:
        told.append(unseen_words(data["site_why"]))
    if "needed" in data:
        told.append(_("needed") if data["needed"] else _("not needed"))
    for mark, key in (("✓", "ticked"), ("–", "unticked")):
        told += [f"{mark} {DEMANDS[code].name}" for code in data.get(key, []) if code in DEMANDS]
    told += [data[name] for name in ("office", "receipt") if data.get(name)]
    if data.get("version", 1) > 1:
        told.append(_("version %(n)d") % {"n": data["version"]})
    if data.get("download"):
        told.append(_("downloaded"))
    return told


# ── The live site ───────────────────────────────────────────────────────────────────────────────────────────────────

SEEN_AT_FOOT: dict[str, Any] = {
    "ok": gettext_lazy("The number stands at the foot as it must."),
    "missing": gettext_lazy("The filing number is not to be found."),
    "wrong_number": gettext_lazy("Another filing number stands there."),
    "not_linked": gettext_lazy("The filing number has no link."),
    "wrong_link": gettext_lazy("The filing number leads to a wrong place."),
    "hidden": gettext_lazy("The filing number is there, but nobody sees it."),
    "psb_missing": gettext_lazy("The number of the police is not to be found."),
    "psb_wrong_number": gettext_lazy("Another number of the police stands there."),
    "psb_not_linked": gettext_lazy("The number of the police has no link."),
    "psb_wrong_link": gettext_lazy("The number of the police leads to a wrong place."),
    "psb_hidden": gettext_lazy("The number of the police is there, but nobody sees it."),
}
UNSEEN: dict[str, Any] = {
    "name": gettext_lazy("Its name leads nowhere."),
    "address": gettext_lazy("Its name leads into a private network."),
    "host": gettext_lazy("It leads on to something that is no address of a site."),
    "scheme": gettext_lazy("It leads on to something that is no address of a site."),
    "port": gettext_lazy("It leads on to something that is no address of a site."),
    "connect": gettext_lazy("Nobody answers there."),
    "tls": gettext_lazy("Its certificate is not valid for its name."),
    "slow": gettext_lazy("It answers too slowly."),
    "status": gettext_lazy("It answers with an error."),
    "redirects": gettext_lazy("It leads on and on."),
    "protocol": gettext_lazy("Its answer cannot be understood."),
    "type": gettext_lazy("Its home page is no HTML page."),
    "too_large": gettext_lazy("Its home page is larger than what is looked at."),
    "encoding": gettext_lazy("Its home page is packed in an odd way."),
    "unread": gettext_lazy("Its home page cannot be read."),
    "by_script": gettext_lazy("Its home page is drawn by scripts in the browser. Look at it yourself."),
}


def site_words(finding: str) -> str:
    """What a look saw at the foot of the page."""
    return str(SEEN_AT_FOOT.get(finding, finding))


def unseen_words(why: str) -> str:
    """Why nobody could look."""
    return str(UNSEEN.get(why, why))


def _result(name: str, value: str) -> str:
    return code_words(name, value)


def _kept(path: str, value: Any) -> str:
    return value_words(path, value) or "—"
