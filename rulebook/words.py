"""What tables and columns of the rules are called; a table or column that has no words here says its own name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trade import book, sources
from trade.reasons import STAGES
from trade.words import Words

KINDS: dict[str, Any] = {
    "provinces.province": _("Provinces"),
    "provinces.region": _("Regions without filings"),
    "kinds.provider": _("Hosting providers"),
    "kinds.subject_kind": _("Kinds of applicant"),
    "kinds.id_kind": _("ID papers of people"),
    "kinds.organisation_id_kind": _("Papers that prove an organisation"),
    "kinds.service": _("Services that are filed"),
    "kinds.photo_way": _("Ways of the photo"),
    "kinds.filing_kind": _("Kinds of filing"),
    "kinds.content": _("Contents of a site"),
    "papers.paper": _("Papers"),
    "reasons.reason": _("Reasons of return and rejection"),
    "clocks.clock": _("Clocks"),
    "clocks.sms": _("Who enters the ministry's code"),
    "reminders.reminder": _("Reminders: who is told when, and how often"),
    "reminders.hours": _("Reminders: hours in which they go out"),
    "clocks.usual": _("How long each stop usually takes"),
    "amounts.amount": _("Numbers of the trade"),
    "numbers.format": _("What numbers look like"),
    "closures.closure": _("Days on which bureaus take no orders"),
    "eligibility.obstacle": _("Why a filing cannot begin"),
    "eligibility.alternative": _("What to do instead"),
    "names.rule": _("Names of sites"),
    "filing.rule": _("How the kind of filing is found"),
    "checks.check": _("Checks before handing in"),
    "checks.scope": _("Words that need an approval"),
    "areas.area": _("Area codes of landlines"),
    "tlds.list": _("Domain endings"),
    "footer.link": _("Links at the foot of a site"),
    "hosts.host": _("Addresses of authorities and providers"),
    "hosts.sender": _("Senders of messages"),
    "messages.verdict": _("Messages: what they say"),
    "messages.topic": _("Messages: what they are about"),
    "messages.doubt": _("Messages: words of doubt"),
    "messages.reason": _("Messages: words of each reason"),
    "messages.look": _("Messages: what looks like a domain"),
    "calls.caller": _("Who rings during a filing"),
    "places.place": _("Photo places"),
    "commercial.licence": _("Commercial licences"),
    "commercial.demand": _("Commercial licence: what is demanded"),
    "commercial.step": _("Commercial licence: steps"),
    "commercial.foreign": _("Commercial licence: foreign capital"),
    "aftercare.duty": _("Aftercare: what falls due"),
    "aftercare.change": _("Aftercare: what may change"),
    "keeping.term": _("What is kept of whoever asks to be erased"),
    "fields.field": _("Names of facts on forms"),
    "forms.form": _("Forms to be signed"),
    "forms.part": _("Parts of the forms"),
    "forms.bureau": _("Names of the bureaus"),
    "packs.pack": _("Pack: limits of each provider"),
    "packs.section": _("Pack: order of each provider's form"),
    "packs.called": _("Pack: what facts are called there"),
    "packs.paper": _("Pack: names of the papers"),
    "packs.whose": _("Pack: whose paper it is"),
}
# The tables by what they are about, in each group what the desk edits most first.
GROUPS: list[tuple[Any, list[str]]] = [
    (
        _("Who files, where and with whom"),
        [
            "provinces.province",
            "kinds.provider",
            "kinds.subject_kind",
            "kinds.id_kind",
            "kinds.organisation_id_kind",
            "kinds.content",
            "kinds.service",
            "kinds.photo_way",
            "places.place",
            "calls.caller",
            "provinces.region",
        ],
    ),
    (
        _("Papers, reasons and what is judged"),
        [
            "papers.paper",
            "reasons.reason",
            "checks.check",
            "checks.scope",
            "eligibility.obstacle",
            "eligibility.alternative",
            "kinds.filing_kind",
            "filing.rule",
            "names.rule",
        ],
    ),
    (
        _("Days and numbers"),
        [
            "clocks.clock",
            "reminders.reminder",
            "reminders.hours",
            "clocks.usual",
            "closures.closure",
            "keeping.term",
            "clocks.sms",
            "amounts.amount",
            "numbers.format",
            "areas.area",
            "tlds.list",
        ],
    ),
    (
        _("Forms and packs"),
        [
            "forms.form",
            "forms.part",
            "forms.bureau",
            "fields.field",
            "packs.pack",
            "packs.section",
            "packs.called",
            "packs.paper",
            "packs.whose",
        ],
    ),
    (
        _("After the licence"),
        [
            "aftercare.duty",
            "aftercare.change",
            "footer.link",
            "commercial.licence",
            "commercial.demand",
            "commercial.step",
            "commercial.foreign",
        ],
    ),
    (
        _("Messages that are read"),
        [
            "messages.verdict",
            "messages.topic",
            "messages.doubt",
            "messages.reason",
            "messages.look",
            "hosts.host",
            "hosts.sender",
        ],
    ),
]

COLUMNS: dict[str, Any] = {
    "name": _("name"),
    "source": _("source"),
    "valid_from": _("valid from"),
    "valid_to": _("valid until"),
    "checked_on": _("last checked on"),
    "miit": _("MIIT's number"),
    "head": _("person in charge"),
    "certificates": _("MIIT's numbers of the certificates"),
    "paper": _("paper that proves it"),
    "public_body": _("public body"),
    "papers": _("papers"),
    "service_number": _("what it calls the service number"),
    "photo_ways": _("ways of the photo that are open"),
    "sms_minutes": _("minutes from hand-over to the ministry's SMS"),
    "sms_since": _("SMS step asked since"),
    "review_low": _("usual review, working days: from"),
    "review_high": _("usual review, working days: to"),
    "particular": _("what differs here"),
    "unconfirmed": _("not confirmed twice"),
    "filed": _("can be handed in"),
    "approval": _("licence that must come first"),
    "division": _("first digits of the division code"),
    "icp": _("first character of ICP numbers"),
    "psb": _("first characters of PSB numbers"),
    "foreign_head": _("legal representative without a mainland ID"),
    "from_elsewhere": _("individuals of another province"),
    "minimum_age": _("youngest age of an individual"),
    "local_mobile": _("mobile of the province"),
    "shell": _("an empty subject may add a site"),
    "foreign_individuals": _("takes foreign individuals"),
    "owner_is_subject": _("the domain's owner must be the applicant"),
    "permit_months_left": _("months that a residence permit must have left"),
    "name_match_statement": _("asks for a statement that names match"),
    "plan_from": _("website plan from so many sites"),
    "plan_from_individual": _("the same for individuals"),
    "commitment_letter": _("commitment letter signed by"),
    "responsibility_notice": _("asks for the manager's notice of responsibility"),
    "income_proof": _("asks for proof of income at 16 and 17"),
    "footer_by_subject": _("the footer may show the subject's number"),
    "latin_site_names": _("names of sites may have Latin letters"),
    "refused_endings": _("domain endings that are refused"),
    "why": _("why it is asked"),
    "good": _("a good example"),
    "mistakes": _("usual mistakes"),
    "identity": _("identity paper"),
    "signed": _("must be signed"),
    "stage": _("asked in"),
    "of": _("whose paper it is"),
    "stages": _("told by"),
    "opens": _("what it opens again"),
    "cause": _("what is wrong"),
    "fix": _("how to mend it"),
    "fields": _("facts that are opened"),
    "starts": _("begins when"),
    "stops": _("ends when"),
    "n": _("how many"),
    "clocks": _("clocks that run meanwhile"),
    "quiet_after": _("gone quiet after so many working days"),
    "agrees": _("facts that must agree with it"),
    "example": _("example"),
    "lengths": _("how many characters"),
    "begins": _("begins with one of these"),
    "never": _("never begins with"),
    "never_why": _("what is said then"),
    "doubtful": _("begins doubtfully"),
    "doubt": _("what is said of that"),
    "unit": _("counted in"),
    "waiting_on": _("whose move it is"),
    "persons": _("who enters it"),
    "sentence": _("sentence"),
    "alternative": _("what to do instead"),
    "how": _("how"),
    "words": _("words"),
    "prefixes": _("first digits, without the 0"),
    "hosts": _("hosts"),
    "names": _("names"),
    "endings": _("endings"),
    "severity": _("severity"),
    "provinces": _("provinces"),
    "address": _("address"),
    "hours": _("hours"),
    "counted_from": _("counted from"),
    "direction": _("before or after it"),
    "steps": _("so many units, in turn"),
    "again": _("then again every so many"),
    "most": _("how often at most"),
    "done": _("told if of the client's open tasks"),
    "to": _("who is told"),
    "channels": _("by which way"),
    "text": _("which text"),
    "own_text": _("in our own words instead"),
    "from_hour": _("from which hour on, in Beijing"),
    "to_hour": _("until which hour"),
    "todo": _("what is to be done"),
    "plain": _("what the client reads"),
    "lead_days": _("told so many days before"),
    "days_ahead": _("to be done so many days before its day"),
    "month": _("month of a yearly duty (0: the day of the licence)"),
    "parts": _("parts of the filing"),
    "first_day": _("first day"),
    "last_day": _("last day"),
}

CODES: dict[str, Any] = {
    "head.must": _("must be the legal representative"),
    "head.letter": _("another person with a letter"),
    "head.same": _("with a letter, and then the manager is the same person"),
    "head.free": _("anybody"),
    "foreign_head.ok": _("accepted"),
    "foreign_head.authorise": _("a mainland ID holder must be authorised"),
    "from_elsewhere.open": _("accepted"),
    "from_elsewhere.permit": _("with a residence permit"),
    "from_elsewhere.proof": _("with a permit, or proof of study or work"),
    "from_elsewhere.local": _("not accepted"),
    "local_mobile.no": _("not asked"),
    "local_mobile.yes": _("asked of everybody"),
    "local_mobile.individual": _("asked of individuals"),
    "commitment_letter.legal_representative": _("the legal representative"),
    "commitment_letter.manager": _("the manager of the site"),
    "unit.hours": pgettext_lazy("unit of a clock", "hours"),
    "unit.calendar": pgettext_lazy("unit of a clock", "calendar days"),
    "unit.working": pgettext_lazy("unit of a clock", "working days"),
    "unit.days": pgettext_lazy("unit of a number", "days"),
    "unit.months": pgettext_lazy("unit of a number", "months"),
    "unit.years": pgettext_lazy("unit of a number", "years"),
    "unit.domains": pgettext_lazy("unit of a number", "domains"),
    "unit.characters": pgettext_lazy("unit of a number", "characters"),
    "unit.percent": pgettext_lazy("unit of a reminder", "per cent of the clock"),
    "counted_from.turn": _("the day since when it is the client's move"),
    "counted_from.start": _("the start of the clock"),
    "counted_from.due": _("the end of the clock"),
    "counted_from.asking": _("the day of the asking"),
    "counted_from.filing_end": _("the end of the filing"),
    "counted_from.licence": _("the licence"),
    "counted_from.hold": _("the end of the legal hold"),
    "counted_from.never": _("nothing: it names nobody any more"),
    "direction.after": pgettext_lazy("direction of a reminder", "after"),
    "direction.before": pgettext_lazy("direction of a reminder", "before"),
    "done.any": _("anything or nothing is done"),
    "done.none": _("none is done"),
    "done.some": _("some are done, not all"),
    "done.all": _("all are done"),
    "to.contacts": _("the client's contacts"),
    "to.concerned": _("contacts, and whoever must do something in person"),
    "to.account_manager": _("the account manager, and whoever stands in for them"),
    "to.stand_in": _("whoever stands in, while the account manager is away"),
    "to.managers": _("all managers"),
    "channels.in_app": _("in the portal"),
    "channels.mail": _("by mail"),
    "text.nudge": _("to the client: a few things are still open"),
    "text.nudge.in_vain": _("to staff: reminding did not help, call"),
    "text.clock": _("a clock runs out, or ran out"),
    "text.sms.clock": _("the ministry's SMS code waits to be entered"),
    "opens.listed": _("the facts and papers named below"),
    "opens.paper": _("one of the papers named below, which staff choose"),
    "opens.any": _("any paper, which staff choose"),
    "opens.task": _("a task in words"),
    "opens.nothing": _("nothing: it is handed in again as it is"),
    **{f"stages.{code}": name for code, name in STAGES.items()},
    "stage.draft": _("draft"),
    "stage.photo": _("photo"),
    "parts.subject": _("the applicant"),
    "parts.service": _("the site or app"),
    "parts.access": _("the access through the provider"),
    "severity.blocks": _("blocks"),
    "severity.warns": _("warns"),
}


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, kind.replace(".", ": ").replace("_", " ")))


def column_name(name: str) -> str:
    words = str(COLUMNS.get(name, name.replace("_", " ")))
    return words[:1].upper() + words[1:]


def code_name(column: str, code: Any, of: str = "") -> str:
    """A choice in words: of a code of another table its name."""
    row = book.current().table(of).get(code) if of else None
    if name := getattr(row, "name", None):
        return f"{name} ({code})"
    if column in ("photo_ways",) and (way := book.current().table("kinds.photo_way").get(code)):
        return str(way.name)
    return str(CODES.get(f"{column}.{code}", code))


def title_of(row: Any) -> str:
    """What a row is called: its name, what is wrong, its sentence; else its code."""
    for column in ("name", "cause", "sentence", "title", "why", "label"):
        if words := getattr(row, column, None):
            return str(words)
    return row.code


def value_words(column: str, value: Any, of: str = "") -> str:
    """A column as people read it."""
    if value is None or value in ("", ()):
        return "—"
    if value is True or value is False:
        return str(pgettext_lazy("answer", "yes") if value else pgettext_lazy("answer", "no"))
    if isinstance(value, Words):
        return f"{value.en} / {value.zh}"
    if isinstance(value, tuple):
        return " · ".join(value_words(column, one, of) for one in value)
    if column == "source":
        return sources.in_words(value)
    if isinstance(value, str):
        return code_name(column, value, of)
    return str(value)
