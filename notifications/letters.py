"""What each message says: one function per kind, in the language that is active when it is called.

A letter is worked out at the sending from the rows as they are then; what has been overtaken raises `NotWanted`.
Numbers of papers, codes and tokens never stand here but for the one that the letter is about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import spans
from cases.deadlines import CALLBACK
from cases.models import Case, CaseEvent, Deadline, Photo, Requirement, Watch
from cases.models.deadline import DeadlineState
from cases.models.requirement import FACE, TASK
from cases.situation import footers
from cases.words import label_of, site_words, unseen_words
from clients.models import Agency, AuditEvent, User
from clients.templatetags.look import day, due_day, due_words, moment
from documents.reasons import sentence_of
from notifications import kinds
from notifications.models import Notification
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
    def site(self) -> str:
        return self.case.domain_name or self.case.reference


def write(notification: Notification, agency: Agency, *, token: str = "") -> Letter:
    """The letter of this notification; raises `NotWanted` where nobody needs it any more."""
    about = About(notification, agency, token)
    letter = _LETTERS[notification.kind](about)
    if not letter.link and notification.case is not None:
        letter.link = address(notification.case.get_absolute_url())
        letter.label = letter.label or _("Open the filing")
    if not letter.why and notification.case is not None:
        letter.why = _("You get this because you take part in filing %(reference)s.") % {
            "reference": notification.case.reference
        }
    return letter


def address(path: str) -> str:
    """Absolute, from the setting; never from what a request calls the portal."""
    return settings.BASE_URL + path


# ── The way in ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _invitation(about: About) -> Letter:
    event = AuditEvent.objects.select_related("by", "client", "invitation").get(
        pk=about.notification.source_id
    )
    agency = {"agency": about.agency.name}
    if event.client is None:
        letter = Letter(
            _("%(agency)s invites you to its filing desk") % agency,
            _("Your place at the filing desk is ready."),
            [_("%(agency)s keeps its filings in one portal and has made a place for you there.") % agency],
        )
    else:
        letter = Letter(
            _("%(agency)s invites you: the filing of your website") % agency,
            _("Your filing begins here."),
            [
                _("%(agency)s files websites with the Chinese authorities for %(client)s.")
                % {**agency, "client": event.client.name},
                _("In the portal you see what is needed from you, why, and how far the filing has come."),
            ],
        )
    letter.lines.append(
        _(
            "The link opens a page; there you ask for a code that comes to this address. You need no password."
            " It works once, for seven days."
        )
        if event.client is not None
        else _("The link opens a page that shows you the way in. It works once, for seven days.")
    )
    if event.by:
        letter.after = [_("%(person)s has invited you.") % {"person": event.by.name or event.by.email}]
    letter.label = _("Open the invitation")
    letter.link = address(reverse("clients:invitation", args=[about.token]))
    letter.why = _("You get this because somebody at %(agency)s gave us your address. If you do not know why, "
                   "do nothing: without the code nobody gets in.") % agency  # fmt: skip
    return letter


def _let_back_in(about: About) -> Letter:
    return Letter(
        _("Your way into the portal was reset"),
        _("Your way in was reset."),
        [
            _(
                "An administrator of %(agency)s took your passkeys, second factor, open sessions and API tokens"
                " away, so that you can come in again."
            )
            % {"agency": about.agency.name},
            _("You did not ask for that? Tell the agency at once."),
        ],
        label=_("Sign in"),
        link=address(reverse("account_login")),
        why=_("You get this because you have a place in the portal."),
    )


def _hook_disabled(about: About) -> Letter:
    name = {"name": about.notification.data.get("hook", "")}
    return Letter(
        _("Webhook “%(name)s” was switched off") % name,
        _("“%(name)s” has taken nothing for days.") % name,
        [
            _(
                "The portal has stopped telling it. What happened since waits for thirty days and goes out once"
                " you let it go on."
            )
        ],
        your_move=_("See in its log why nothing arrived, mend it, send a test, and let it go on."),
        label=_("Open Webhooks"),
        link=address(reverse("hooks:hook-list")),
        why=_("You get this because you are an administrator of the portal."),
    )


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _site(about: About) -> dict[str, str]:
    return {"site": about.site}


def _submitted(about: About) -> Letter:
    return Letter(
        _("%(site)s: handed in with the provider") % _site(about),
        _("Your filing is with the provider."),
        [
            _("The provider looks at it now, usually for %(span)s. There is nothing to do for you.")
            % {"span": spans.usual("provider_pre_audit")},
            *_who_rings(about.case),
        ],
    )


def _who_rings(case: Case) -> list[str]:
    """Which numbers ring, and when."""
    caller = caller_of(case.provider)
    lines = [_("Expect a call: %(hours)s. %(asks)s") % {"hours": caller.hours, "asks": caller.asks}]
    if caller.numbers:
        lines.append(_("The phone may show: %(numbers)s.") % {"numbers": ", ".join(caller.numbers)})
    return lines


def _pre_audit_passed(about: About) -> Letter:
    if about.is_agency or not about.case.requirements.filter(kind=FACE).exists():
        return Letter(_("%(site)s: pre-audit passed") % _site(about), _("The pre-audit is passed."))
    return Letter(
        _("%(site)s: the face check is next") % _site(about),
        _("The provider found everything right."),
        [_("Now the manager of the site proves in person who they are.")],
        your_move=_("Have the manager of the site do the face check within %(span)s.")
        % {"span": spans.of_clock("photo")},
        after=[str(PAPERS["face_verification"].good)],
        label=_("See how it is done"),
    )


def _face_link(about: About) -> Letter:
    """The link itself stands on the page, for one person and after sign-in; no mail holds it."""
    case, person = about.case, about.notification.recipient
    photo = Photo.objects.filter(case=case).exclude(link="").first()
    face = case.requirements.filter(kind=FACE).first()
    is_theirs = photo is not None and person is not None and person.email.lower() == photo.link_for
    if not is_theirs or face is None or not face.is_open or case.photo_done_on:
        raise NotWanted
    return Letter(
        _("%(site)s: your face check is ready") % _site(about),
        _("Your face check is ready."),
        [
            _("The provider must see that you are the person on the ID. It takes five minutes with a phone."),
            _("The link stands on your page in the portal and is shown to nobody but you."),
        ],
        your_move=_("Open the page on your phone, do the face check, and say there that it is done."),
        after=[str(PAPERS[FACE].good)],
        label=_("Open the face check"),
        link=address(reverse("documents:task", args=[face.reference])),
    )


def _sent_back(about: About) -> Letter:
    """Each reason with its fix and a good example; told even where the case went in again meanwhile."""
    event = about.event
    tasks = _tasks_of(event)
    count = len(tasks)
    if not any(REASONS[one["code"]].opens != "nothing" for one in event.reasons):
        return Letter(
            _("%(site)s: it must be handed in again") % _site(about),
            _("Your filing came back, and goes in again as it is."),
            [_("Nothing is to be changed. Your agency hands it in again; be ready for what is asked below.")],
            tasks=tasks,
            note=event.note,
        )
    return Letter(
        ngettext("%(site)s: one thing to mend", "%(site)s: %(count)d things to mend", count)
        % {"site": about.site, "count": count},
        _CAME_BACK.get(event.move or event.kind, _CAME_BACK["reject"])(),
        [_("That happens often. Only what stands below was opened again; all the rest is kept as it is.")],
        your_move=ngettext("Mend this one thing.", "Mend these %(count)d things.", count) % {"count": count},
        tasks=tasks,
        note=event.note,
        label=_("Open my tasks"),
    )


_CAME_BACK: dict[str, Callable[[], str]] = {
    "return_for_changes": lambda: _("Your filing came back."),
    "reject": lambda: _("The bureau wants a change."),
    "psb.returned": lambda: _("The police want a change."),
}


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
            Task(
                what=", ".join([*map(paper_name, named), *_facts_named(rule)]),
                cause=str(rule.cause),
                fix=str(rule.fix),
                good=" ".join(dict.fromkeys(str(PAPERS[kind].good) for kind in named if kind in PAPERS)),
                note=one.get("note", ""),
            )
        )
    return tasks


def _facts_named(rule: Reason) -> list[str]:
    """The facts a reason is about, by their labels; what has none is the agency's."""
    return [label for path in rule.fields if (label := label_of(path)) != path]


def paper_name(kind: str) -> str:
    """What a paper of the checklist is called."""
    if kind == TASK:
        return _("Something else")
    return str(PAPERS[kind].name) if kind in PAPERS else kind.replace("_", " ")


def _sms_coming(about: About) -> Letter:
    if about.is_agency or not sms_persons(about.case.filing_kind):
        return Letter(_("%(site)s: with the ministry") % _site(about), _("The filing is with the ministry."))
    return Letter(
        _("%(site)s: the ministry sends an SMS now, %(span)s to answer")
        % (_site(about) | {"span": spans.of_clock("sms_code")}),
        _("An SMS of the ministry is on its way."),
        [
            _(
                "In about %(span)s the ministry (工信部) sends a code of six digits to the mobiles of the head of"
                " the organisation and of the manager of the site."
            )
            % {"span": spans.until_the_sms(about.case.provider)},
            _("Enter it at %(place)s under 短信核验, with the last six signs of the ID.")
            % {"place": MINISTRY},
            _("Nobody of ours asks you for this code."),
        ],
        your_move=_("Enter the code within %(span)s, then tell us that it is done.")
        % {"span": spans.of_clock("sms_code")},
        after=[_("If it is missed the filing comes back and waits in the queue once more.")],
        label=_("Tell us that it is done"),
    )


def _licensed(about: About) -> Letter:
    case = about.case
    if not case.icp_number:
        raise NotWanted
    return Letter(
        _("%(site)s has its number: one line to add today") % _site(about),
        _("Your filing is through."),
        [
            _("The ministry granted the licence for %(site)s on %(day)s. You may open the site now.")
            % {"site": about.site, "day": day(case.licensed_on)}
        ],
        number=(_("Your number 备案号"), case.icp_number),
        your_move=_("Show the number at the foot of your home page."),
        snippet=footer_snippet(case),
        after=[
            *_footer_notes(case),
            _("It must link to the ministry; without it the fine is 5,000 to 10,000 yuan."),
            _("Next comes the registration with the police, within %(span)s.")
            % {"span": spans.of_clock("psb_filing")},
        ],
        label=_("See what comes next"),
    )


def _psb_filed(about: About) -> Letter:
    case = about.case
    if not case.psb_number:
        raise NotWanted
    lines = [
        _("The police registered %(site)s on %(day)s.") % {"site": about.site, "day": day(case.filed_on)}
    ]
    return Letter(
        _("%(site)s is registered with the police") % _site(about),
        _("The police registration is through."),
        lines,
        number=(_("Police number 公安备案号"), case.psb_number),
        your_move=_("Add this line beside the other number at the foot of your home page."),
        snippet=footer_snippet(case),
        after=[
            _(
                "The emblem that goes with it is given out at beian.mps.gov.cn; save it on your site as beian.png."
            )
        ],
        label=_("See what comes next"),
    )


def _commercial(about: About) -> Letter:
    case = about.case
    if not case.licence_number:
        raise NotWanted
    return Letter(
        _("%(site)s has its commercial licence") % _site(about),
        _("The commercial licence is granted."),
        [
            _("It was granted on %(day)s and holds for %(span)s. Every year a report is due by 31 March.")
            % {"day": day(case.granted_on), "span": spans.years("commercial_years")}
        ],
        number=(_("Licence 经营许可证"), case.licence_number),
        your_move=_("Show this number at the foot of your home page too."),
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


def _withdrawn(about: About) -> Letter:
    return Letter(
        _("%(site)s: the filing was withdrawn") % _site(about),
        _("The filing was withdrawn."),
        [_("Nothing more happens with it. Your papers are deleted on the agreed day.")],
        note=about.event.note,
    )


def _cancelled(about: About) -> Letter:
    return Letter(
        _("%(site)s: the filing was cancelled") % _site(about),
        _("The filing was cancelled."),
        [_("Its numbers are no longer valid: take them off the site, and the site off the net.")],
        note=about.event.note,
    )


def _held(about: About) -> Letter:
    return Letter(
        _("%(site)s: on hold") % _site(about),
        _("The filing is on hold."),
        [_("Its clocks stand still.")],
        note=about.event.note,
    )


def _resumed(about: About) -> Letter:
    return Letter(
        _("%(site)s goes on") % _site(about), _("The filing goes on."), [_("Its clocks run again.")]
    )


def _corrected(about: About) -> Letter:
    event, case = about.event, about.case
    snippet = footer_snippet(case) if event.data.get("data", {}).keys() & {"icp_number", "psb_number"} else ""
    return Letter(
        _("%(site)s: a recorded result was corrected") % _site(about),
        _("We corrected something we had told you."),
        [_("What we wrote before was not right. This is how it stands now:"), *_results(case)],
        snippet=snippet,
        note=event.note,
    )


def _stepped_back(about: About) -> Letter:
    return Letter(
        _("%(site)s: one step back") % _site(about),
        _("We took back what we had told you."),
        [
            _("The filing stands again at “%(stage)s”. What was reported after that does not hold.")
            % {"stage": about.case.get_stage_display()}
        ],
        note=about.event.note,
    )


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


def _paper_of(about: About) -> dict[str, str]:
    return {"site": about.site, "paper": paper_name(about.notification.data.get("kind", ""))}


def _still_to_redo(about: About) -> None:
    """A paper that was sent anew meanwhile needs no second letter."""
    reference = about.notification.data.get("requirement", "")
    paper = Requirement.everything.filter(case=about.case, reference=reference).first()
    if paper is None or paper.state != "redo":
        raise NotWanted


def _paper_returned(about: About) -> Letter:
    _still_to_redo(about)
    event = about.event
    tasks = []
    good = PAPERS.get(about.notification.data.get("kind", ""))
    for one in event.reasons:
        rule = REASONS[one["code"]]
        tasks.append(
            Task(
                paper_name(about.notification.data.get("kind", "")),
                str(rule.cause),
                str(rule.fix),
                str(good.good) if good else "",
                one.get("note", ""),
            )
        )
    return Letter(
        _("%(site)s: please send “%(paper)s” again") % _paper_of(about),
        _("One paper needs another try."),
        your_move=_("Send “%(paper)s” again.") % _paper_of(about),
        tasks=tasks,
        note=event.note,
        label=_("Send it again"),
    )


def _paper_refused(about: About) -> Letter:
    _still_to_redo(about)
    good = PAPERS.get(about.notification.data.get("kind", ""))
    codes = [one["code"] for one in about.event.reasons]
    return Letter(
        _("%(site)s: the file for “%(paper)s” could not be taken") % _paper_of(about),
        _("The file could not be taken."),
        your_move=_("Send “%(paper)s” again.") % _paper_of(about),
        tasks=[
            Task(
                paper_name(about.notification.data.get("kind", "")),
                sentence_of(code),
                "",
                str(good.good) if good else "",
            )
            for code in codes
        ],
        label=_("Send it again"),
    )


def _note_to_client(about: About) -> Letter:
    event = about.event
    return Letter(
        _("%(site)s: a note from your agency") % _site(about),
        _("%(person)s wrote to you.") % {"person": event.by.name or event.by.email} if event.by else "",
        note=event.note,
        label=_("Open the filing to answer"),
    )


def _appointment(about: About) -> Letter:
    row = about.case.commercial_or_none
    if row is None or row.appointment_on is None:
        raise NotWanted
    papers = [f"· {line}" for line in row.carried.splitlines() if line.strip()]
    return Letter(
        _("%(site)s: appointment for the commercial licence") % _site(about),
        _("There is an appointment for your commercial licence."),
        [
            f"{day(row.appointment_on)}, {row.office}".removesuffix(", "),
            *([_("Please carry:"), *papers] if papers else []),
        ],
        label=_("See what is needed"),
        link=address(reverse("cases:licence-application", args=[about.case.reference])),
    )


def _application_refused(about: About) -> Letter:
    return Letter(
        _("%(site)s: the commercial licence was not granted") % _site(about),
        _("The authority did not grant the commercial licence."),
        [_("The filing itself is untouched. It can be applied for again; your agency tells you how.")],
        note=about.event.note,
    )


def _call_missed(about: About) -> Letter:
    clock = Deadline.objects.filter(case=about.case, kind=CALLBACK, state=DeadlineState.RUNNING).first()
    if clock is None:
        raise NotWanted
    when = {"site": about.site, "due": moment(clock.due_at)}
    if about.is_agency:
        return Letter(
            _("%(site)s: a call was missed") % when,
            _("They rang the client, and nobody answered."),
            [_("They ring again until %(due)s, Beijing time. Call the client.") % when],
        )
    return Letter(
        _("%(site)s: you missed a call, please answer the next one") % when,
        _("They rang, and nobody answered."),
        [
            _(
                "They ring again until %(due)s, Beijing time. After a second missed call the filing comes back."
            )
            % when,
            *_who_rings(about.case),
        ],
        your_move=_("Answer the next call, then tell us that you have spoken."),
        label=_("Who rings, and when"),
        link=address(reverse("cases:call-back", args=[about.case.reference])),
    )


def _sms_missed(about: About) -> Letter:
    return Letter(
        _("%(site)s: the %(span)s for the SMS code are over")
        % (_site(about) | {"span": spans.of_clock("sms_code")}),
        _("The time for the ministry's SMS code is over."),
        [
            _("Nobody told us that the code was entered. If it was, tell us now."),
            _("Otherwise the filing comes back, and your agency hands it in again."),
        ],
        label="" if about.is_agency else _("Tell us that it is done"),
    )


# ── The live site ───────────────────────────────────────────────────────────────────────────────────────────────────


def _watch(about: About) -> Watch:
    """What is known of the site now; of one that is not watched any more nobody is told."""
    row = Watch.objects.filter(case=about.case, is_off=False).first()
    if row is None:
        raise NotWanted
    return row


def _site_amiss(about: About) -> Letter:
    row = _watch(about)
    if row.finding != about.notification.data.get("site"):
        raise NotWanted
    seen = {"site": about.site, "seen": site_words(row.finding), "since": moment(row.finding_since)}
    told = [
        _("We look at %(site)s once a day. Two looks apart saw the same, the first on %(since)s: %(seen)s")
        % seen
    ]
    subject = _("%(site)s: something is amiss at its foot") % seen
    if about.is_agency:
        return Letter(
            subject,
            _("The foot of a filed site is not as it must be."),
            [*told, _("The client's contact is told, with the lines to paste.")],
        )
    return Letter(
        subject,
        _("The foot of your site needs a change."),
        told,
        your_move=_(
            "Put these lines at the foot of your home page, or give them to whoever keeps your site."
        ),
        snippet=footer_snippet(about.case),
        after=[
            *_footer_notes(about.case),
            _("A site that does not show its number can be fined, and its filing taken back."),
            _("You need not report it: we see it with the next look."),
        ],
        label=_("Open the filing"),
    )


def _site_mended(about: About) -> Letter:
    if _watch(about).finding != "ok":
        raise NotWanted
    return Letter(
        _("%(site)s: its foot is right again") % _site(about),
        _("The numbers stand at the foot of the site as they must."),
        [_("Our daily look has seen it. There is nothing left to do.")],
    )


def _site_away(about: About) -> Letter:
    row = _watch(about)
    if not row.is_away:
        raise NotWanted
    seen = {"site": about.site, "why": unseen_words(row.why), "since": moment(row.away_since)}
    subject = _("%(site)s: we could not look at the site") % seen
    told = [
        _("We look at %(site)s once a day. Since %(since)s no look has reached it. %(why)s") % seen,
        _("That says nothing about the numbers at its foot; nobody could see them."),
    ]
    if about.is_agency:
        return Letter(subject, _("A filed site could not be looked at."), told)
    return Letter(
        subject,
        _("We could not open your site."),
        told,
        your_move=_("Open your site. If it does not open, ask whoever keeps it to see to it."),
        after=[_("A filed site must stay open and at its provider, else the filing can be taken back.")],
        label=_("Open the filing"),
    )


def _site_back(about: About) -> Letter:
    if _watch(about).is_away:
        raise NotWanted
    return Letter(
        _("%(site)s: the site answers again") % _site(about),
        _("The site answers again."),
        [_("Our look has reached it. There is nothing left to do about that.")],
    )


# ── Reminders ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _running(about: About) -> Deadline:
    clock = Deadline.objects.filter(pk=about.notification.source_id, state=DeadlineState.RUNNING).first()
    if clock is None:
        raise NotWanted
    return clock


def _sms_clock(about: About) -> Letter:
    clock = _running(about)
    when = {"site": about.site, "left": due_words(clock.due_at), "due": due_day(clock.due_at)}
    if about.is_agency:
        return Letter(
            _("%(site)s: SMS code not reported yet, %(left)s") % when,
            _("The ministry's SMS code is not reported yet."),
            [_("The clock ends %(due)s, Beijing time. Call the client.") % when],
        )
    return Letter(
        _("%(site)s: enter the ministry's SMS code, %(left)s") % when,
        _("The ministry's code waits to be entered."),
        [
            _("Enter the six digits at %(place)s under 短信核验. The clock ends %(due)s, Beijing time.")
            % {**when, "place": MINISTRY},
            _("No SMS has come? You can have it sent again there, twice."),
        ],
        your_move=_("Enter the code, then tell us that it is done."),
        label=_("Tell us that it is done"),
    )


def _clock(about: About) -> Letter:
    clock = _running(about)
    data = about.notification.data
    name = str(CLOCKS[clock.kind].name) if clock.kind in CLOCKS else clock.kind
    when = {"site": about.site, "clock": name, "due": due_day(clock.due_at), "left": due_words(clock.due_at)}
    turn = _("It waits on: %(turn)s.") % {"turn": clock.get_waiting_on_display()}
    lines = [turn] if about.is_agency else []
    your_move = "" if about.is_agency else _("Open the filing; it says what is to be done.")
    share = data.get("share")
    if data.get("late", bool(share) and share >= 100):
        since = _("It was due %(due)s.") % when
        return Letter(
            _("%(site)s: overdue: %(clock)s") % when,
            _("A clock has run out: %(clock)s.") % when,
            [since, *lines],
            your_move=your_move,
        )
    subject = _("%(site)s: %(clock)s, due %(due)s") % when
    if share:
        subject = _("%(site)s: %(share)d %% of the time is over: %(clock)s") % {**when, "share": share}
    return Letter(subject, _("Due %(due)s: %(clock)s.") % when, lines, your_move=your_move)


def _still_their_move(about: About) -> Case:
    """The case, where it has waited on the client since the reminder was due; who moved is left alone."""
    case = about.case
    since = about.notification.data.get("since")
    if case.waiting_on != "client" or since not in (None, int(case.waiting_since.timestamp())):
        raise NotWanted
    return case


def _nudge(about: About) -> Letter:
    case = _still_their_move(about)
    papers = [
        paper_name(one.kind)
        for one in case.requirements.all()
        if (one.is_open if case.stage == "photo" else one.is_asked_in_draft)
    ]
    names = list(dict.fromkeys(papers))
    facts = bool(case.missing_facts) if case.stage == "draft" else False
    lines = [_("Your filing goes on as soon as we have this from you:")]
    lines += [f"· {name}" for name in names]
    if facts:
        lines.append("· " + _("answers in the form"))
    if not names and not facts:
        lines = [_("Your filing waits for your next step. The page says which.")]
    return Letter(
        _("%(site)s waits for you") % _site(about),
        _("A few things are still open."),
        lines,
        your_move=_("Open your tasks; most take a few minutes."),
        after=[_("Something unclear? Answer this mail or call us.")],
        label=_("Open my tasks"),
    )


def _nudged_in_vain(about: About) -> Letter:
    case = _still_their_move(about)
    return Letter(
        _("%(site)s: the client does not answer, call them") % _site(about),
        _("Reminding did not help: call the client."),
        [_("It has waited on the client since %(day)s.") % {"day": day(case.waiting_since)}],
    )


_LETTERS: dict[str, Callable[[About], Letter]] = {
    "invitation.made": _invitation,
    "person.let_back_in": _let_back_in,
    "hook.disabled": _hook_disabled,
    "moved.submit": _submitted,
    "moved.pass_pre_audit": _pre_audit_passed,
    "moved.return_for_changes": _sent_back,
    "moved.reject": _sent_back,
    "moved.finish_photo": _sms_coming,
    "moved.grant_licence": _licensed,
    "moved.file_psb": _psb_filed,
    "moved.grant_commercial_licence": _commercial,
    "moved.withdraw": _withdrawn,
    "moved.cancel": _cancelled,
    "moved.hold": _held,
    "moved.resume": _resumed,
    "moved.correct": _corrected,
    "moved.step_back": _stepped_back,
    "paper.returned": _paper_returned,
    "paper.refused": _paper_refused,
    "note.to_client": _note_to_client,
    "photo.link_given": _face_link,
    "sms.missed": _sms_missed,
    "psb.returned": _sent_back,
    "site.amiss": _site_amiss,
    "site.mended": _site_mended,
    "site.away": _site_away,
    "site.back": _site_back,
    "commercial.appointment": _appointment,
    "application.refused": _application_refused,
    "call.missed": _call_missed,
    kinds.SMS_CLOCK: _sms_clock,
    kinds.CLOCK: _clock,
    kinds.NUDGE: _nudge,
    kinds.NUDGED_IN_VAIN: _nudged_in_vain,
}


# ── A line for the list in the portal ───────────────────────────────────────────────────────────────────────────────


def headline(notification: Notification) -> str:
    """One sentence for the list in the portal and the ledger; reads no other row than this and its case."""
    data = notification.data
    case = notification.case
    words = {
        "site": (case.domain_name or case.reference) if case else "",
        "paper": paper_name(data.get("kind", "")) if data.get("kind") else "",
        "clock": str(CLOCKS[data["clock"]].name) if data.get("clock") in CLOCKS else "",
        "share": data.get("share", 100),
        "due": day(datetime.fromisoformat(data["due"])) if data.get("due") else "",
        "rings": _rings(case) if case else "",
        "seen": site_words(data.get("site", "")),
        "unseen": unseen_words(data.get("site_why", "")),
        "span": spans.of_clock("sms_code"),
        "hook": data.get("hook", ""),
    }
    kind = _of_clock(data) if notification.kind == kinds.CLOCK else notification.kind
    line = _HEADLINES.get(kind)
    if case and notification.kind == "moved.finish_photo" and not sms_persons(case.filing_kind):
        line = _with_the_ministry
    return (line() % words).removeprefix(": ") if line else notification.kind


def _rings(case: Case) -> str:
    caller = caller_of(case.provider)
    return "; ".join(filter(None, [", ".join(caller.numbers), str(caller.hours)]))


def _with_the_ministry() -> str:
    return _("%(site)s: with the ministry")


def _of_clock(data: dict) -> str:
    if data.get("late"):
        return _OVERDUE
    return kinds.CLOCK if "share" in data or "due" not in data else _NEAR


_OVERDUE, _NEAR = "clock.overdue", "clock.near"  # what a clock's line says; no kinds of message
_HEADLINES: dict[str, Callable[[], str]] = {
    "invitation.made": lambda: _("Invitation to the portal"),
    "invitation.accepted": lambda: _("An invitation of yours was accepted"),
    "role.changed": lambda: _("What you may do in the portal was changed"),
    "person.let_back_in": lambda: _("Your way into the portal was reset"),
    "hook.disabled": lambda: _("Webhook “%(hook)s” was switched off: it took nothing for days"),
    "case.opened": lambda: _("%(site)s: a new filing begins"),
    "moved.submit": lambda: _("%(site)s: handed in with the provider, expect their call: %(rings)s"),
    "moved.pass_pre_audit": lambda: _("%(site)s: pre-audit passed, the face check is next"),
    "moved.return_for_changes": lambda: _("%(site)s: came back, something is to be mended"),
    "moved.reject": lambda: _("%(site)s: rejected, something is to be mended"),
    "moved.finish_photo": lambda: _("%(site)s: the ministry's SMS is on its way, %(span)s to answer"),
    "moved.grant_licence": lambda: _("%(site)s: the licence is granted"),
    "moved.file_psb": lambda: _("%(site)s: registered with the police"),
    "moved.grant_commercial_licence": lambda: _("%(site)s: the commercial licence is granted"),
    "moved.withdraw": lambda: _("%(site)s: withdrawn"),
    "moved.cancel": lambda: _("%(site)s: cancelled"),
    "moved.hold": lambda: _("%(site)s: on hold"),
    "moved.resume": lambda: _("%(site)s: goes on"),
    "moved.correct": lambda: _("%(site)s: a recorded result was corrected"),
    "moved.step_back": lambda: _("%(site)s: one step back"),
    "paper.returned": lambda: _("%(site)s: “%(paper)s” is needed again"),
    "paper.refused": lambda: _("%(site)s: the file for “%(paper)s” could not be taken"),
    "paper.available": lambda: _("%(site)s: “%(paper)s” has come and can be looked at"),
    "paper.withdrawn": lambda: _("%(site)s: “%(paper)s” was taken back by its sender"),
    "paper.trouble": lambda: _("%(site)s: a file for “%(paper)s” needs a look"),
    "note.to_client": lambda: _("%(site)s: a note from your agency"),
    "photo.link_given": lambda: _("%(site)s: your face check is ready"),
    "photo.place_chosen": lambda: _("%(site)s: the place of the face check is known"),
    "curtain.sent": lambda: _("%(site)s: the curtain for the photo is on its way"),
    "note.from_client": lambda: _("%(site)s: a note from the client"),
    "task.reported": lambda: _("%(site)s: the client reports a task done"),
    "result.reported": lambda: _("%(site)s: the client passed on a message about the result"),
    "sms.entered": lambda: _("%(site)s: the SMS code was entered"),
    "sms.missed": lambda: _("%(site)s: the %(span)s for the SMS code are over"),
    "commercial.appointment": lambda: _("%(site)s: appointment for the commercial licence"),
    "application.refused": lambda: _("%(site)s: the commercial licence was not granted"),
    "call.missed": lambda: _("%(site)s: they rang and nobody answered, they ring again within the hour"),
    "call.answered": lambda: _("%(site)s: the missed call was answered"),
    "psb.returned": lambda: _("%(site)s: the police returned it, something is to be mended"),
    "site.amiss": lambda: _("%(site)s, live site: %(seen)s"),
    "site.mended": lambda: _("%(site)s, live site: its foot is right again"),
    "site.away": lambda: _("%(site)s, live site: could not be looked at. %(unseen)s"),
    "site.back": lambda: _("%(site)s, live site: answers again"),
    "psb.handed_in": lambda: _("%(site)s: handed in with the police"),
    "application.handed_in": lambda: _("%(site)s: the commercial licence is applied for"),
    "numbers.many": lambda: _("%(site)s: very many numbers were shown in clear to one person"),
    kinds.PHONE_CODE: lambda: _("%(site)s: code to verify a mobile"),
    kinds.SMS_CLOCK: lambda: _("%(site)s: the ministry's SMS code waits to be entered"),
    kinds.CLOCK: lambda: _("%(site)s: %(share)d %% of the time is over: %(clock)s"),
    _OVERDUE: lambda: _("%(site)s: overdue: %(clock)s"),
    _NEAR: lambda: _("%(site)s: %(clock)s, due %(due)s"),
    kinds.NUDGE: lambda: _("%(site)s: a reminder of open tasks"),
    kinds.NUDGED_IN_VAIN: lambda: _("%(site)s: reminding did not help, call the client"),
    kinds.UNDELIVERED: lambda: _("%(site)s: a message could not be delivered. Check the address, or call."),
    kinds.UNTOLD: lambda: _("%(site)s: something happened that nobody could be told of automatically"),
}


def greeting(person: User) -> str:
    """Dear Ada,"""
    return _("Dear %(name)s,") % {"name": person.name} if person.name else _("Good day,")
