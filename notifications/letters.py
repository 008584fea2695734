"""What each message says: one function per kind, in the language that is active when it is called.

A letter is worked out at the sending from the rows as they are then; what has been overtaken raises `NotWanted`.
Numbers of papers, codes and tokens never stand here but for the one that the letter is about.

The portal works out what only the case knows (`Content`); the words around it are those of `texts`, which an agency may
have written anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import spans
from cases.deadlines import CALLBACK, beijing_day
from cases.forecast import lateness_in_words
from cases.models import Case, CaseEvent, Deadline, Photo, Requirement, Watch
from cases.models.deadline import DeadlineState
from cases.models.requirement import FACE, TASK
from cases.situation import footers
from cases.words import label_of, site_words, unseen_words
from cases.workflow import HANDS_ON
from clients.models import Agency, AuditEvent, User
from clients.templatetags.look import day, due_day, due_words, moment
from clients.words import days_of
from documents.reasons import sentence_of
from notifications import kinds
from notifications.models import Channel, Notification
from notifications.reasons import sentence_of as reason_of
from notifications.texts import Filled, Texts, is_own, now
from notifications.wording import title_of
from trade.calls import caller_of
from trade.clocks import CLOCKS, sms_persons
from trade.kinds import PHOTO_WAYS
from trade.papers import KINDS as PAPERS
from trade.reasons import REASONS, Reason

MINISTRY = "https://beian.miit.gov.cn/"


class NotWanted(Exception):
    """What the message was about is over; the code says why it is not sent."""

    def __init__(self, code: str = "overtaken") -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Task:
    """Something to mend: what is wrong, how to mend it, what a good one looks like."""

    what: str
    cause: str
    fix: str
    good: str = ""
    note: str = ""
    link: str = ""


@dataclass
class Letter:
    """A message in parts; the templates of `emails/letter/` set them, as text and as HTML."""

    subject: str
    heading: str
    lines: list[str] = field(default_factory=list)
    your_move: str = ""
    tasks: list[Task] = field(default_factory=list)
    note: str = ""
    number: tuple[str, str] | None = None
    snippet: str = ""
    after: list[str] = field(default_factory=list)
    label: str = ""
    link: str = ""
    why: str = ""
    broken: int = 0  # the version of the agency's words that could not be used


@dataclass
class Content:
    """What the portal itself knows for a letter: which text, the words for its names, and the parts nobody edits."""

    text: str
    words: dict[str, str] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)  # under the opening lines
    tasks: list[Task] = field(default_factory=list)
    note: str = ""
    number: tuple[str, str] | None = None
    snippet: str = ""
    notes: list[str] = field(default_factory=list)  # above the closing lines
    label: str = ""
    link: str = ""
    why: str = ""


@dataclass(frozen=True)
class About:
    """What a letter is written from."""

    notification: Notification
    agency: Agency
    token: str = ""

    @property
    def case(self) -> Case:
        case = self.notification.case
        if case is None:
            raise LookupError("this message hangs on no case")
        return case

    @property
    def event(self) -> CaseEvent:
        return CaseEvent.objects.select_related("by").get(pk=self.notification.source_id)

    @property
    def is_agency(self) -> bool:
        person = self.notification.recipient
        return person is not None and person.standing.is_agency

    @property
    def words(self) -> dict[str, str]:
        """What every message of its sort can say: strings of this one case, client and person."""
        notification = self.notification
        person, case, client = notification.recipient, notification.case, notification.client
        return {
            "agency": self.agency.called,
            "recipient": (person.name or person.email) if person else notification.to,
            "client": client.called if client else "",
            "reference": case.reference if case else "",
            "site": (case.domain_name or case.reference) if case else "",
        }


def write(
    notification: Notification, agency: Agency, *, token: str = "", texts: Texts | None = None
) -> Letter:
    """The letter of this notification; raises `NotWanted` where nobody needs it any more.

    `texts` are those in force, unless somebody tries others out.
    """
    about = About(notification, agency, token)
    content = _still_wanted(about)
    words = about.words | content.words
    filled = (texts or Texts(agency.texts_edition)).fill(content.text, words)
    return put_together(about, content, filled)


def ask_whether_wanted(notification: Notification, agency: Agency) -> None:
    """Raises `NotWanted` as `write` does, for a way that says one line and no letter."""
    _still_wanted(About(notification, agency))


def _still_wanted(about: About) -> Content:
    notification = about.notification
    is_reminder = "rule" in notification.data and notification.kind != kinds.SMS_CLOCK
    if is_reminder and (about.case.rests_on(beijing_day(timezone.now())) or _rests_for_consent(about)):
        raise NotWanted("rests")
    return content_of(about)


def _rests_for_consent(about: About) -> bool:
    """Nobody asks a client again for papers while it has taken its consent back."""
    client = about.notification.client
    is_back = client is not None and client.consent_withdrawn_at is not None
    return is_back and about.case.stage in HANDS_ON and not about.is_agency


def content_of(about: About) -> Content:
    """What the portal knows for it. A rule may have chosen words of the agency's own for its kind of message."""
    notification = about.notification
    content = _CONTENTS[notification.kind](about)
    chosen = str(notification.data.get("text", ""))
    if is_own(chosen) and notification.case is not None:
        content.text = chosen
        content.words = _words_of_own(about) | content.words
    return content


def put_together(about: About, content: Content, filled: Filled) -> Letter:
    """The words filled in around what the portal knows."""
    case = about.notification.case
    letter = Letter(
        subject=filled.one("subject"),
        heading=filled.one("heading"),
        lines=[*filled.several("lines"), *content.items],
        your_move=filled.one("your_move"),
        tasks=content.tasks,
        note=content.note,
        number=content.number,
        snippet=content.snippet,
        after=[*content.notes, *filled.several("after")],
        label=content.label,
        link=content.link,
        why=content.why,
        broken=filled.broken,
    )
    if not letter.link and case is not None:
        letter.link = address(case.get_absolute_url())
        letter.label = letter.label or _("Open the filing")
    if not letter.why and case is not None:
        letter.why = _("You get this because you take part in filing %(reference)s.") % {
            "reference": case.reference
        }
    return letter


def address(path: str) -> str:
    """Absolute, from the setting; never from what a request calls the portal."""
    return settings.BASE_URL + path


# ── The way in ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _invitation(about: About) -> Content:
    event = AuditEvent.objects.select_related("by", "client", "invitation").get(
        pk=about.notification.source_id
    )
    return Content(
        "invitation.made" if event.client else "invitation.made.desk",
        {
            "client": event.client.called if event.client else "",
            "person": (event.by.name or event.by.email) if event.by else "",
        },
        label=_("Open the invitation"),
        link=address(reverse("clients:invitation", args=[about.token])),
        why=_(
            "You get this because somebody at %(agency)s gave us your address. If you do not know why, "
            "do nothing: without the code nobody gets in."
        )
        % {"agency": about.agency.called},
    )


def _let_back_in(about: About) -> Content:
    return Content(
        "person.let_back_in",
        label=_("Sign in"),
        link=address(reverse("account_login")),
        why=_("You get this because you have a place in the portal."),
    )


def _outage(about: About) -> Content:
    """To managers: what waits and why."""
    data = about.notification.data
    return Content(
        kinds.OUTAGE,
        {
            "channel": way_of(data["channel"]),
            "reason": reason_of(data["reason"]) if data.get("reason") else "",
        },
        label=_("See what waits"),
        link=address(reverse("notifications:messages") + "?state=planned&channel=" + data["channel"]),
        why=_("You get this because you are a manager at %(agency)s.") % {"agency": about.agency.called},
    )


def _cover_named(about: About) -> Content:
    away = User.objects.filter(reference=about.notification.data.get("who", "")).first()
    narrowed = f"?account_manager={quote(away.email)}" if away else ""
    return Content(
        "cover.named",
        _of_cover(about.notification.data),
        label=_("See their cases"),
        link=address(reverse("cases:case-list") + narrowed),
        why=_("You get this because a colleague is away."),
    )


def _cover_fell(about: About) -> Content:
    return Content(
        "cover.fell",
        _of_cover(about.notification.data),
        label=_("Name somebody else"),
        link=address(reverse("clients:stand-in", args=[about.notification.data.get("who", "")])),
        why=_("You get this because you are an administrator of the portal, or the one who is away."),
    )


def _handed_over(about: About) -> Content:
    person = about.notification.recipient
    narrowed = f"?account_manager={quote(person.email)}" if person else ""
    return Content(
        "cases.handed_over",
        _of_cover(about.notification.data) | _of_cases(about.notification.data),
        label=_("Open my cases"),
        link=address(reverse("cases:case-list") + narrowed),
        why=_("You get this because you answer for these cases."),
    )


def _of_cases(data: dict) -> dict[str, str]:
    n, codes = data.get("rows") or 0, data.get("codes") or 0
    waits = ngettext(
        "%(n)d of them waits for the ministry's SMS code now.",
        "%(n)d of them wait for the ministry's SMS code now.",
        codes,
    )
    return {
        "cases": ngettext("%(n)d case", "%(n)d cases", n) % {"n": n},
        "codes": waits % {"n": codes} if codes else "",
    }


def _of_cover(data: dict) -> dict[str, str]:
    days = days_of(data.get("from", ""), data.get("until", "")) if "from" in data else ""
    return {"away": data.get("person", ""), "stand_in": data.get("stand_in", ""), "days": days}


def _consent_withdrawn(about: About) -> Content:
    client = about.notification.client
    return Content(
        "consent.withdrawn",
        label=_("Open the client"),
        link=address(reverse("clients:client-detail", args=[client.reference])) if client else "",
        why=_("You get this because you answer for filings of this client."),
    )


def _hook_disabled(about: About) -> Content:
    return Content(
        "hook.disabled",
        {"hook": about.notification.data.get("hook", "")},
        label=_("Open Webhooks"),
        link=address(reverse("hooks:hook-list")),
        why=_("You get this because you are an administrator of the portal."),
    )


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _opened(about: About) -> Content:
    """What the client is asked for, as far as it waits on them when the mail goes."""
    case = about.case
    asked = _still_open(case) if case.waiting_on == "client" else []
    return Content("case.opened", items=[f"· {name}" for name in asked])


def _submitted(about: About) -> Content:
    return Content("moved.submit", {"span": spans.usual("provider_pre_audit"), **_who_rings(about.case)})


def _who_rings(case: Case) -> dict[str, str]:
    """Which numbers ring, and when."""
    caller = caller_of(case.provider)
    return {
        "hours": str(caller.hours),
        "asks": str(caller.asks),
        "numbers": ", ".join(caller.numbers),
    }


def _pre_audit_passed(about: About) -> Content:
    if about.is_agency or not about.case.requirements.filter(kind=FACE).exists():
        return Content("moved.pass_pre_audit.plain")
    return Content(
        "moved.pass_pre_audit",
        {"span": spans.of_clock("photo")},
        notes=[str(PAPERS["face_verification"].good)],
        label=_("See how it is done"),
    )


def _face_link(about: About) -> Content:
    """The link itself stands on the page, for one person and after sign-in; no mail holds it."""
    case, person = about.case, about.notification.recipient
    photo = Photo.objects.filter(case=case).exclude(link="").first()
    face = case.requirements.filter(kind=FACE).first()
    is_theirs = photo is not None and person is not None and person.email.lower() == photo.link_for
    if not is_theirs or face is None or not face.is_open or case.photo_done_on:
        raise NotWanted
    return Content(
        "photo.link_given",
        notes=[str(PAPERS[FACE].good)],
        label=_("Open the face check"),
        link=address(reverse("documents:task", args=[face.reference])),
    )


def _sent_back(about: About) -> Content:
    """Each reason with its fix and a good example; told even where the case went in again meanwhile."""
    event = about.event
    tasks = _tasks_of(event)
    note = _beside(tasks, event.note)
    if not any(REASONS[one["code"]].opens != "nothing" for one in event.reasons):
        return Content("moved.reject.again", tasks=tasks, note=note)
    kind = about.notification.kind
    return Content(
        kind,
        {"things": things(len(tasks))},
        tasks=tasks,
        note=note,
        label=_("Open my tasks"),
    )


def things(count: int) -> str:
    """One thing, 3 things: what a return opened."""
    return ngettext("one thing", "%(count)d things", count) % {"count": count}


def _tasks_of(event: CaseEvent) -> list[Task]:
    wanted = [reference for one in event.reasons for reference in one.get("requirements", [])]
    papers = {
        one.reference: one
        for one in Requirement.everything.filter(case_id=event.case_id, reference__in=wanted)
    }
    tasks = []
    for one in event.reasons:
        rule = REASONS[one["code"]]
        named = [papers[r].kind for r in one.get("requirements", []) if r in papers]
        if not named and not rule.staff_choose:
            named = [kind for kind in rule.papers if kind in PAPERS]
        tasks.append(
            _task(
                rule,
                what=", ".join([*map(paper_name, named), *_facts_named(rule)]),
                good=" ".join(dict.fromkeys(str(PAPERS[kind].good) for kind in named if kind in PAPERS)),
                note=one.get("note", ""),
                beside=event.note,
            )
        )
    return tasks


def _task(rule: Reason, *, what: str, good: str, note: str, beside: str) -> Task:
    """What to mend by this reason; the one that says nothing by itself is told by what the reviewer wrote."""
    if rule.is_as_written:
        return Task(what, note or beside or str(rule.fix), "", good)
    return Task(what, str(rule.cause), str(rule.fix), good, note)


def _beside(tasks: list[Task], note: str) -> str:
    """The note beside the tasks, unless it stands in one of them."""
    return "" if any(task.cause == note for task in tasks) else note


def _facts_named(rule: Reason) -> list[str]:
    """The facts a reason is about, by their labels; what has none is the agency's."""
    return [label for path in rule.fields if (label := label_of(path)) != path]


def paper_name(kind: str) -> str:
    """What a paper of the checklist is called."""
    if kind == TASK:
        return _("Something else")
    return str(PAPERS[kind].name) if kind in PAPERS else kind.replace("_", " ")


def _sms_coming(about: About) -> Content:
    if about.is_agency or not sms_persons(about.case.filing_kind):
        return Content("moved.finish_photo.plain")
    return Content(
        "moved.finish_photo",
        {
            "span": spans.of_clock("sms_code"),
            "wait": spans.until_the_sms(about.case.provider),
            "place": MINISTRY,
        },
        label=_("Tell us that it is done"),
    )


def _licensed(about: About) -> Content:
    case = about.case
    if not case.icp_number:
        raise NotWanted
    return Content(
        "moved.grant_licence",
        {
            "day": day(case.licensed_on),
            "span": spans.of_clock("psb_filing"),
            "number": case.icp_number,
        },
        number=(_("Your number 备案号"), case.icp_number),
        snippet=footer_snippet(case),
        notes=_footer_notes(case),
        label=_("See what comes next"),
    )


def _psb_filed(about: About) -> Content:
    case = about.case
    if not case.psb_number:
        raise NotWanted
    return Content(
        "moved.file_psb",
        {"day": day(case.filed_on), "number": case.psb_number},
        number=(_("Police number 公安备案号"), case.psb_number),
        snippet=footer_snippet(case),
        label=_("See what comes next"),
    )


def _commercial(about: About) -> Content:
    case = about.case
    if not case.licence_number:
        raise NotWanted
    return Content(
        "moved.grant_commercial_licence",
        {
            "day": day(case.granted_on),
            "span": spans.years("commercial_years"),
            "number": case.licence_number,
        },
        number=(_("Licence 经营许可证"), case.licence_number),
        snippet=footer_snippet(case),
        label=_("See what comes next"),
    )


def footer_snippet(case: Case) -> str:
    """The lines for the foot of the home page, as the case shows them too."""
    found = footers(case)
    return found.html if found else ""


def _footer_notes(case: Case) -> list[str]:
    found = footers(case)
    return [str(note) for note in found.notes] if found else []


def _with_note(about: About) -> Content:
    """A move that says all by its name, with what was written to it."""
    return Content(about.notification.kind, note=about.event.note)


def _resumed(about: About) -> Content:
    return Content("moved.resume")


def _corrected(about: About) -> Content:
    event, case = about.event, about.case
    snippet = footer_snippet(case) if event.data.get("data", {}).keys() & {"icp_number", "psb_number"} else ""
    return Content("moved.correct", items=_results(case), snippet=snippet, note=event.note)


def _stepped_back(about: About) -> Content:
    return Content("moved.step_back", {"stage": about.case.get_stage_display()}, note=about.event.note)


def _results(case: Case) -> list[str]:
    rows: list[tuple[str, str, date | None]] = [
        (_("ICP number"), case.icp_number, case.licensed_on),
        (_("Police number"), case.psb_number, case.filed_on),
        (_("Commercial licence"), case.licence_number, case.granted_on),
    ]
    lines = [f"{label}: {number}, {day(on)}" for label, number, on in rows if number]
    if case.photo_done_on:
        way = str(PHOTO_WAYS[case.photo_way].name) if case.photo_way in PHOTO_WAYS else case.photo_way
        name = _("Face check")
        lines.insert(0, f"{name}: {way}, {day(case.photo_done_on)}")
    return lines


# ── Papers, notes, reports ──────────────────────────────────────────────────────────────────────────────────────────


def _still_to_redo(about: About) -> None:
    """A paper that was sent anew meanwhile needs no second letter."""
    reference = about.notification.data.get("requirement", "")
    paper = Requirement.everything.filter(case=about.case, reference=reference).first()
    if paper is None or paper.state != "redo":
        raise NotWanted


def _paper_back(about: About) -> Content:
    """Returned by people with their reasons, or refused by the checks with theirs."""
    _still_to_redo(about)
    kind = about.notification.data.get("kind", "")
    name = paper_name(kind)
    good = str(PAPERS[kind].good) if kind in PAPERS else ""
    event = about.event
    is_returned = about.notification.kind == "paper.returned"
    tasks = []
    for one in event.reasons:
        if is_returned:
            rule, note = REASONS[one["code"]], one.get("note", "")
            tasks.append(_task(rule, what=name, good=good, note=note, beside=event.note))
        else:
            tasks.append(Task(name, sentence_of(one["code"]), "", good))
    return Content(
        about.notification.kind,
        {"paper": name},
        tasks=tasks,
        note=_beside(tasks, event.note) if is_returned else "",
        label=_("Send it again"),
    )


def _note_to_client(about: About) -> Content:
    event = about.event
    person = (event.by.name or event.by.email) if event.by else about.agency.called
    late = lateness_in_words(event.data)
    return Content(
        kinds.NOTE,
        {"person": person},
        items=[late] if late else [],
        note=event.note,
        label=_("Open the filing to answer"),
    )


def _appointment(about: About) -> Content:
    row = about.case.commercial_or_none
    if row is None or row.appointment_on is None:
        raise NotWanted
    papers = [f"· {line}" for line in row.carried.splitlines() if line.strip()]
    return Content(
        "commercial.appointment",
        {"appointment": f"{day(row.appointment_on)}, {row.office}".removesuffix(", ")},
        items=[_("Please carry:"), *papers] if papers else [],
        label=_("See what is needed"),
        link=address(reverse("cases:licence-application", args=[about.case.reference])),
    )


def _call_missed(about: About) -> Content:
    clock = Deadline.objects.filter(case=about.case, kind=CALLBACK, state=DeadlineState.RUNNING).first()
    if clock is None:
        raise NotWanted
    due = {"due": moment(clock.due_at)}
    if about.is_agency:
        return Content("call.missed.desk", due)
    return Content(
        "call.missed",
        due | _who_rings(about.case),
        label=_("Who rings, and when"),
        link=address(reverse("cases:call-back", args=[about.case.reference])),
    )


def _sms_missed(about: About) -> Content:
    return Content(
        "sms.missed",
        {"span": spans.of_clock("sms_code")},
        label="" if about.is_agency else _("Tell us that it is done"),
    )


# ── The live site ───────────────────────────────────────────────────────────────────────────────────────────────────


def _watch(about: About) -> Watch:
    """What is known of the site now; of one that is not watched any more nobody is told."""
    row = Watch.objects.filter(case=about.case, is_off=False).first()
    if row is None:
        raise NotWanted
    return row


def _site_amiss(about: About) -> Content:
    row = _watch(about)
    if row.finding != about.notification.data.get("site"):
        raise NotWanted
    seen = {"seen": site_words(row.finding), "since": moment(row.finding_since)}
    if about.is_agency:
        return Content("site.amiss.desk", seen)
    return Content(
        "site.amiss",
        seen,
        snippet=footer_snippet(about.case),
        notes=_footer_notes(about.case),
        label=_("Open the filing"),
    )


def _site_mended(about: About) -> Content:
    if _watch(about).finding != "ok":
        raise NotWanted
    return Content("site.mended")


def _site_away(about: About) -> Content:
    row = _watch(about)
    if not row.is_away:
        raise NotWanted
    seen = {"unseen": unseen_words(row.why), "since": moment(row.away_since)}
    if about.is_agency:
        return Content("site.away.desk", seen)
    return Content("site.away", seen, label=_("Open the filing"))


def _site_back(about: About) -> Content:
    if _watch(about).is_away:
        raise NotWanted
    return Content("site.back")


# ── Reminders ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _clock_of(notification: Notification) -> Deadline:
    clock = Deadline.objects.filter(pk=notification.source_id, state=DeadlineState.RUNNING).first()
    if clock is None:
        raise NotWanted
    return clock


def ask_the_clock(notification: Notification) -> None:
    """Raises `NotWanted` where the message is about a clock that has stopped since."""
    if notification.kind in (kinds.CLOCK, kinds.SMS_CLOCK):
        _clock_of(notification)


def _sms_clock(about: About) -> Content:
    clock = _clock_of(about.notification)
    when = {"left": due_words(clock.due_at), "due": due_day(clock.due_at)}
    if about.is_agency:
        return Content("sms.clock.desk", when)
    return Content("sms.clock", when | {"place": MINISTRY}, label=_("Tell us that it is done"))


def _clock(about: About) -> Content:
    clock = _clock_of(about.notification)
    words = {
        **_words_of_clock(clock),
        "share": str(about.notification.data.get("share", 0)),
        "turn": clock.get_waiting_on_display(),
    }
    return Content(_of_clock(about.notification.data) if about.is_agency else _to_client(about), words)


def _of_clock(data: dict) -> str:
    """Which text a clock's message takes: over, so much of it over, or its day near."""
    share = data.get("share", 0 if "due" in data else 100)
    if data.get("late", share >= 100):
        return "clock.overdue"
    return kinds.CLOCK if share else "clock.near"


def _to_client(about: About) -> str:
    late = _of_clock(about.notification.data) == "clock.overdue"
    return "clock.overdue.client" if late else "clock.near.client"


def _words_of_clock(clock: Deadline) -> dict[str, str]:
    name = str(CLOCKS[clock.kind].name) if clock.kind in CLOCKS else clock.kind
    return {"clock": name, "due": due_day(clock.due_at), "left": due_words(clock.due_at)}


def _still_their_move(about: About) -> Case:
    """The case, where it has waited on the client since the reminder was due; who moved is left alone."""
    case = about.case
    since = about.notification.data.get("since")
    if case.waiting_on != "client" or since not in (None, int(case.waiting_since.timestamp())):
        raise NotWanted
    return case


def _nudge(about: About) -> Content:
    names = _still_open(_still_their_move(about)) or [_("your next step; the page says which")]
    return Content("nudge", items=[f"· {name}" for name in names], label=_("Open my tasks"))


def _still_open(case: Case) -> list[str]:
    """What the client has yet to send or answer, in words."""
    papers = [
        paper_name(one.kind)
        for one in case.requirements.all()
        if (one.is_open if case.stage == "photo" else one.is_asked_in_draft)
    ]
    facts = bool(case.missing_facts) if case.stage == "draft" else False
    return [*dict.fromkeys(papers), *([_("answers in the form")] if facts else [])]


def _nudged_in_vain(about: About) -> Content:
    return Content("nudge.in_vain", {"day": day(_still_their_move(about).waiting_since)})


def _own_text(about: About) -> Content:
    return Content(about.notification.data["text"])


def _words_of_own(about: About) -> dict[str, str]:
    """What a text of the agency's own can say of a case, whatever the occasion."""
    case = about.case
    clock = Deadline.objects.filter(case=case, state=DeadlineState.RUNNING).order_by("due_at").first()
    manager = case.account_manager
    return {
        **(_words_of_clock(clock) if clock else {"clock": "", "due": "", "left": ""}),
        "manager": (manager.name or manager.email) if manager else "",
        "stage": case.get_stage_display(),
        "turn": case.get_waiting_on_display(),
        "since": day(case.waiting_since),
        "open": ", ".join(_still_open(case)) if case.waiting_on == "client" else "",
    }


def _aftercare(name: str) -> Callable[[About], Content]:
    """A letter of `notifications/aftercare.py`, which speaks of letters itself."""

    def content(about: About) -> Content:
        from notifications import aftercare

        return getattr(aftercare, name)(about)

    return content


def _papers_due(about: About) -> Content:
    from notifications import destroying

    return destroying.papers_due(about)


def _erasure(name: str) -> Callable[[About], Content]:
    """A letter of `notifications/erasing.py`, which speaks of letters itself."""

    def content(about: About) -> Content:
        from notifications import erasing

        return getattr(erasing, name)(about)

    return content


_CONTENTS: dict[str, Callable[[About], Content]] = {
    "invitation.made": _invitation,
    "person.let_back_in": _let_back_in,
    "consent.withdrawn": _consent_withdrawn,
    "hook.disabled": _hook_disabled,
    "cases.handed_over": _handed_over,
    "cover.named": _cover_named,
    "cover.fell": _cover_fell,
    kinds.OUTAGE: _outage,
    "case.opened": _opened,
    "moved.submit": _submitted,
    "moved.pass_pre_audit": _pre_audit_passed,
    "moved.return_for_changes": _sent_back,
    "moved.reject": _sent_back,
    "moved.finish_photo": _sms_coming,
    "moved.grant_licence": _licensed,
    "moved.file_psb": _psb_filed,
    "moved.grant_commercial_licence": _commercial,
    "moved.withdraw": _with_note,
    "moved.cancel": _with_note,
    "moved.hold": _with_note,
    "moved.resume": _resumed,
    "moved.correct": _corrected,
    "moved.step_back": _stepped_back,
    "paper.returned": _paper_back,
    "paper.refused": _paper_back,
    kinds.NOTE: _note_to_client,
    "photo.link_given": _face_link,
    "sms.missed": _sms_missed,
    "psb.returned": _sent_back,
    "site.amiss": _site_amiss,
    "site.mended": _site_mended,
    "site.away": _site_away,
    "site.back": _site_back,
    "commercial.appointment": _appointment,
    "application.refused": _with_note,
    "call.missed": _call_missed,
    kinds.SMS_CLOCK: _sms_clock,
    kinds.CLOCK: _clock,
    kinds.NUDGE: _nudge,
    kinds.NUDGED_IN_VAIN: _nudged_in_vain,
    kinds.OWN_TEXT: _own_text,
    kinds.AFTERCARE: _aftercare("digest"),
    "check.noticed": _aftercare("check"),
    kinds.PAPERS_DUE: _papers_due,
    kinds.ERASURE_ASKED: _erasure("asked"),
    kinds.ERASURE_NOTED: _erasure("noted"),
    kinds.ERASURE_REFUSED: _erasure("refused"),
    kinds.ERASED: _erasure("receipt"),
}


# ── A line for the list in the portal ───────────────────────────────────────────────────────────────────────────────


def short(notification: Notification, *, with_reference: bool = True) -> str:
    """Reference and duty, for where others read along: no domain, and nobody's name or number."""
    case = notification.case
    words = headline(notification, site=case.reference if case else "")
    return words if with_reference or not case else words.removeprefix(case.reference).lstrip(":： ")


def headline(notification: Notification, texts: Texts | None = None, *, site: str = "") -> str:
    """One sentence for the list in the portal and the ledger; reads no other row than this and its case.

    It is the same text as the letter's: whoever edits that sees and edits this line beside it.
    """
    data = notification.data
    case = notification.case
    words = {
        "site": site or ((case.domain_name or case.reference) if case else ""),
        "reference": case.reference if case else "",
        "paper": paper_name(data.get("kind", "")) if data.get("kind") else "",
        "clock": str(CLOCKS[data["clock"]].name) if data.get("clock") in CLOCKS else "",
        "share": str(data.get("share", 100)),
        "due": day(datetime.fromisoformat(data["due"])) if data.get("due") else "",
        "rings": (str(caller_of(case.provider).hours) if site else _rings(case)) if case else "",
        "seen": site_words(data.get("site", "")),
        "unseen": unseen_words(data.get("site_why", "")),
        "span": spans.of_clock("sms_code"),
        "hook": data.get("hook", ""),
        **_of_cover(data),
        **_of_cases(data),
        "client": data.get("client", ""),
        "channel": way_of(data.get("channel", "")),
        "reason": reason_of(data["reason"]) if data.get("reason") else "",
        "text": title_of(data.get("text", "")),
    }
    code = str(data.get("text", "")) if is_own(str(data.get("text", ""))) else notification.kind
    if code == kinds.CLOCK:
        code = _of_clock(data)
    if case and code == "moved.finish_photo" and not sms_persons(case.filing_kind):
        code = "moved.finish_photo.plain"
    line = (texts or now()).line(code, words)
    return line.removeprefix(": ").strip() or notification.kind


def way_of(channel: str) -> str:
    """A channel by its name."""
    return str(Channel(channel).label) if channel in Channel.values else channel


def _rings(case: Case) -> str:
    caller = caller_of(case.provider)
    return "; ".join(filter(None, [", ".join(caller.numbers), str(caller.hours)]))


def greeting(person: User) -> str:
    """Dear Ada,"""
    return _("Dear %(name)s,") % {"name": person.name} if person.name else _("Good day,")
