"""The words that ship with the portal: every message in parts, with the names that stand for what only a case knows.

An agency may put its own words in their place (`texts`); names, people and what must not be left out stay as here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications import kinds

LANGUAGES = {"en": "en", "zh": "zh-hans"}  # as texts keep them, and as Django calls them
ONE_LINE = ("line", "subject", "heading", "your_move")
PARTS = ("line", "subject", "heading", "lines", "your_move", "after")
MAIL = PARTS[1:]


class Name(NamedTuple):
    """What `{name}` stands for, and what a preview shows where the chosen case has none. Always a plain string."""

    words: object
    example: object


NAMES: dict[str, Name] = {
    "site": Name(_("the domain name, or the filing's reference as long as there is none"), "willow.example"),
    "reference": Name(_("the filing's reference"), "C-0000000000"),
    "client": Name(_("the client's name"), _("Willow Tea")),
    "agency": Name(_("the agency's name"), _("Willow Filing")),
    "recipient": Name(_("the name of whoever gets it"), _("Cy")),
    "person": Name(_("who wrote or invited"), _("Mei")),
    "manager": Name(_("the account manager"), _("Mei")),
    "span": Name(_("how long it takes or may take, by the rules"), _("some working days")),
    "wait": Name(_("how long until the SMS comes"), _("30 minutes")),
    "rings": Name(_("which numbers ring, and when"), _("on working days from 9 to 18")),
    "hours": Name(_("when the provider rings"), _("on working days from 9 to 18")),
    "asks": Name(_("what they ask"), _("They ask whether the facts are right.")),
    "numbers": Name(_("which numbers the phone shows"), "95187"),
    "place": Name(_("the ministry's address for the SMS code"), "https://beian.miit.gov.cn/"),
    "day": Name(_("the day it is about"), _("Tue 20 Jan")),
    "number": Name(_("the number it is about"), "沪ICP备2026000001号-1"),
    "stage": Name(_("the stage it stands at"), _("Photo")),
    "paper": Name(_("the paper"), _("Passport")),
    "things": Name(_("how many things are to be mended"), _("2 things")),
    "due": Name(_("until when"), _("Tue 20 Jan")),
    "left": Name(_("how much time is left"), _("in some days")),
    "clock": Name(_("the clock"), _("Face check")),
    "share": Name(_("how much of the time is over, in per cent"), "80"),
    "turn": Name(_("whose move it is"), _("Provider")),
    "since": Name(_("since when"), _("Tue 20 Jan")),
    "open": Name(_("what is still open on the client's side"), _("Passport, Business licence")),
    "channel": Name(_("the way by which nothing goes out"), pgettext_lazy("channel", "Mail")),
    "reason": Name(
        _("why nothing goes out"), _("The mail server cannot be reached. It is tried again by itself.")
    ),
    "seen": Name(_("what was seen at the foot of the site"), _("The number is missing.")),
    "unseen": Name(_("why the site could not be looked at"), _("It does not answer.")),
    "appointment": Name(_("day and place of the appointment"), _("Tue 20 Jan")),
    "papers": Name(_("how many papers, of how many clients"), _("3 papers of 2 clients")),
    "duties": Name(_("how many things come up"), _("3 things")),
    "hook": Name(_("what the webhook is called"), "CRM"),
    "cases": Name(_("how many cases"), _("12 cases")),
    "codes": Name(
        _("how many of them wait for the ministry's SMS code"),
        _("2 of them wait for the ministry's SMS code now."),
    ),
    "away": Name(_("for whom somebody stands in"), _("Mei")),
    "stand_in": Name(_("who stood in"), _("Wen")),
    "days": Name(_("from when until when"), _("from Mon 2 Mar to Fri 6 Mar")),
    "text": Name(_("which text"), _("Handed in with the provider")),
}
OF_CASE = ("site", "reference", "client", "agency", "recipient")  # every mail about a case knows these
ON_LINE = (
    "site",
    "reference",
)  # and its line in the portal these: a list asks no more than the row and its case
OF_OWN = (*OF_CASE, "manager", "stage", "turn", "since", "clock", "due", "left", "open")

AFTERCARE = "aftercare"
MOVES, PAPERS, REMINDERS, NOTES, SITE, WAY_IN, COVER, SYSTEM, OWN = (
    "moves",
    "papers",
    "reminders",
    "notes",
    "site",
    "way_in",
    "cover",
    "system",
    "own",
)
GROUPS: dict[str, object] = {
    MOVES: _("Moves of a filing"),
    PAPERS: _("Papers"),
    REMINDERS: _("Reminders"),
    NOTES: _("Notes and reports"),
    SITE: _("The live site"),
    AFTERCARE: _("After the licence"),
    WAY_IN: _("The way in"),
    COVER: _("Cover"),
    SYSTEM: _("System"),
    OWN: _("Texts of our own"),
}
CLIENT, AGENCY, BOTH = "client", "agency", "both"
READERS: dict[str, object] = {
    CLIENT: pgettext_lazy("who reads it", "client"),
    AGENCY: pgettext_lazy("who reads it", "agency"),
    BOTH: pgettext_lazy("who reads it", "client and agency"),
}


@dataclass(frozen=True)
class Text:
    """One message: its parts as they ship, in lazy words whose `%(name)s` is what people write as `{name}`."""

    code: str
    group: str
    title: object
    to: str = BOTH
    names: tuple[str, ...] = ()  # beside those that every message of its sort knows
    on_line: tuple[str, ...] = ()
    must: tuple[str, ...] = ()  # names without which the mail would not say what it is sent for
    kind: str = ""  # of message, where the code tells an edition of one kind apart
    is_of_case: bool = True
    line: object = ""
    subject: object = ""
    heading: object = ""
    lines: tuple[object, ...] = ()
    your_move: object = ""
    after: tuple[object, ...] = ()

    @property
    def is_essential(self) -> bool:
        return kinds.kind_of(self.kind or self.code).is_essential

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts it has: a mail, a line in the portal, or both."""
        return (*(("line",) if self.line else ()), *(MAIL if self.subject else ()))

    @property
    def kept(self) -> tuple[str, ...]:
        """Parts that may not be emptied: of what is essential none that ships, of others what names them."""
        if self.is_essential:
            return tuple(part for part in self.parts if getattr(self, part))
        return tuple(part for part in self.parts if part in ("line", "subject", "heading"))

    def names_of(self, part: str) -> tuple[str, ...]:
        """What may be filled in there, in the order in which people are told of it."""
        if part == "line":
            return (*(ON_LINE if self.is_of_case else ()), *self.on_line)
        return (*(OF_CASE if self.is_of_case else ("agency", "recipient")), *self.names)


@cache
def shipped(code: str, language: str) -> Mapping[str, str]:
    """The shipped parts in `en` or `zh`, with `{name}` where something is filled in; paragraphs stand on lines."""
    text = TEXTS[code]
    with translation.override(LANGUAGES[language]):
        return {part: _braced(getattr(text, part)) for part in text.parts}


def _braced(part: object) -> str:
    if isinstance(part, tuple):
        return "\n".join(map(_braced, part))
    return re.sub(r"%\((\w+)\)[sd]", r"{\1}", str(part)).replace("%%", "%")


def title_of(code: str) -> str:
    """What the message is called in Settings; the code itself for what is no shipped one."""
    return str(TEXTS[code].title) if code in TEXTS else code


def _came_back(code: str, title: object, line: object, heading: object) -> Text:
    return Text(
        code,
        MOVES,
        title,
        names=("things",),
        line=line,
        subject=_("%(site)s: %(things)s to mend"),
        heading=heading,
        lines=(
            _("That happens often. Only what stands below was opened again; all the rest is kept as it is."),
        ),
        your_move=_("Mend what stands below: %(things)s."),
    )


def _all() -> Iterator[Text]:
    yield from _moves()
    yield from _papers()
    yield from _reminders()
    yield from _notes()
    yield from _site()
    yield from _aftercare()
    yield from _way_in()
    yield from _cover()
    yield from _system()


def _moves() -> Iterator[Text]:
    yield Text(
        "case.opened",
        MOVES,
        _("A new filing begins"),
        line=_("%(site)s: a new filing begins"),
        subject=_("%(site)s: a new filing begins"),
        heading=_("A new filing begins."),
        lines=(_("It stands in the portal, with what is asked of you, why, and what happens next."),),
    )
    yield Text(
        "moved.submit",
        MOVES,
        _("Handed in with the provider"),
        names=("span", "hours", "asks", "numbers"),
        on_line=("rings",),
        line=_("%(site)s: handed in with the provider, expect their call: %(rings)s"),
        subject=_("%(site)s: handed in with the provider"),
        heading=_("Your filing is with the provider."),
        lines=(
            _("The provider looks at it now, usually for %(span)s. There is nothing to do for you."),
            _("Expect a call: %(hours)s. %(asks)s"),
            _("The phone may show: %(numbers)s."),
        ),
    )
    yield Text(
        "moved.pass_pre_audit",
        MOVES,
        _("Pre-audit passed, the face check is next"),
        CLIENT,
        names=("span",),
        line=_("%(site)s: pre-audit passed, the face check is next"),
        subject=_("%(site)s: the face check is next"),
        heading=_("The provider found everything right."),
        lines=(_("Now the manager of the site proves in person who they are."),),
        your_move=_("Have the manager of the site do the face check within %(span)s."),
    )
    yield Text(
        "moved.pass_pre_audit.plain",
        MOVES,
        _("Pre-audit passed, to colleagues or where no face check is asked"),
        kind="moved.pass_pre_audit",
        subject=_("%(site)s: pre-audit passed"),
        heading=_("The pre-audit is passed."),
    )
    yield _came_back(
        "moved.return_for_changes",
        _("Came back from the provider"),
        _("%(site)s: came back, something is to be mended"),
        _("Your filing came back."),
    )
    yield _came_back(
        "moved.reject",
        _("Rejected by the bureau"),
        _("%(site)s: rejected, something is to be mended"),
        _("The bureau wants a change."),
    )
    yield _came_back(
        "psb.returned",
        _("Returned by the police"),
        _("%(site)s: the police returned it, something is to be mended"),
        _("The police want a change."),
    )
    yield Text(
        "moved.reject.again",
        MOVES,
        _("Came back, and goes in again as it is"),
        kind="moved.reject",
        subject=_("%(site)s: it must be handed in again"),
        heading=_("Your filing came back, and goes in again as it is."),
        lines=(
            _("Nothing is to be changed. Your agency hands it in again; be ready for what is asked below."),
        ),
    )
    yield Text(
        "photo.link_given",
        MOVES,
        _("The link of the face check is there"),
        CLIENT,
        line=_("%(site)s: your face check is ready"),
        subject=_("%(site)s: your face check is ready"),
        heading=_("Your face check is ready."),
        lines=(
            _("The provider must see that you are the person on the ID. It takes five minutes with a phone."),
            _("The link stands on your page in the portal and is shown to nobody but you."),
        ),
        your_move=_("Open the page on your phone, do the face check, and say there that it is done."),
    )
    yield Text(
        "moved.finish_photo",
        MOVES,
        _("The ministry's SMS is on its way"),
        CLIENT,
        names=("span", "wait", "place"),
        must=("span", "place"),
        on_line=("span",),
        line=_("%(site)s: the ministry's SMS is on its way, %(span)s to answer"),
        subject=_("%(site)s: the ministry sends an SMS now, %(span)s to answer"),
        heading=_("An SMS of the ministry is on its way."),
        lines=(
            _(
                "In about %(wait)s the ministry (工信部) sends a code of six digits to the mobiles of the head of"
                " the organisation and of the manager of the site."
            ),
            _("Enter it at %(place)s under 短信核验, with the last six signs of the ID."),
            _("Nobody of ours asks you for this code."),
        ),
        your_move=_("Enter the code within %(span)s, then tell us that it is done."),
        after=(_("If it is missed the filing comes back and waits in the queue once more."),),
    )
    yield Text(
        "moved.finish_photo.plain",
        MOVES,
        _("With the ministry, to colleagues or where no SMS comes"),
        kind="moved.finish_photo",
        line=_("%(site)s: with the ministry"),
        subject=_("%(site)s: with the ministry"),
        heading=_("The filing is with the ministry."),
    )
    yield Text(
        "sms.missed",
        MOVES,
        _("The time for the SMS code is over"),
        names=("span",),
        on_line=("span",),
        line=_("%(site)s: the %(span)s for the SMS code are over"),
        subject=_("%(site)s: the %(span)s for the SMS code are over"),
        heading=_("The time for the ministry's SMS code is over."),
        lines=(
            _("Nobody told us that the code was entered. If it was, tell us now."),
            _("Otherwise the filing comes back, and your agency hands it in again."),
        ),
    )
    yield Text(
        "call.missed",
        MOVES,
        _("A call was missed"),
        CLIENT,
        names=("due", "hours", "asks", "numbers"),
        must=("due",),
        line=_("%(site)s: they rang and nobody answered, they ring again within the hour"),
        subject=_("%(site)s: you missed a call, please answer the next one"),
        heading=_("They rang, and nobody answered."),
        lines=(
            _(
                "They ring again until %(due)s, Beijing time. After a second missed call the filing comes back."
            ),
            _("Expect a call: %(hours)s. %(asks)s"),
            _("The phone may show: %(numbers)s."),
        ),
        your_move=_("Answer the next call, then tell us that you have spoken."),
    )
    yield Text(
        "call.missed.desk",
        MOVES,
        _("A call was missed, to colleagues"),
        AGENCY,
        kind="call.missed",
        names=("due",),
        must=("due",),
        subject=_("%(site)s: a call was missed"),
        heading=_("They rang the client, and nobody answered."),
        lines=(_("They ring again until %(due)s, Beijing time. Call the client."),),
    )
    yield Text(
        "call.answered", MOVES, _("The missed call was answered"),
        line=_("%(site)s: the missed call was answered"),
    )  # fmt: skip
    yield Text(
        "moved.grant_licence",
        MOVES,
        _("The licence is granted"),
        names=("day", "span", "number"),
        must=("span",),
        line=_("%(site)s: the licence is granted"),
        subject=_("%(site)s has its number: one line to add today"),
        heading=_("Your filing is through."),
        lines=(_("The ministry granted the licence for %(site)s on %(day)s. You may open the site now."),),
        your_move=_("Show the number at the foot of your home page."),
        after=(
            _("It must link to the ministry; without it the fine is 5,000 to 10,000 yuan."),
            _("Next comes the registration with the police, within %(span)s."),
        ),
    )
    yield Text(
        "psb.handed_in", MOVES, _("Handed in with the police"),
        line=_("%(site)s: handed in with the police"),
    )  # fmt: skip
    yield Text(
        "moved.file_psb",
        MOVES,
        _("Registered with the police"),
        names=("day", "number"),
        line=_("%(site)s: registered with the police"),
        subject=_("%(site)s is registered with the police"),
        heading=_("The police registration is through."),
        lines=(_("The police registered %(site)s on %(day)s."),),
        your_move=_("Add this line beside the other number at the foot of your home page."),
        after=(
            _(
                "The emblem that goes with it is given out at beian.mps.gov.cn; save it on your site as beian.png."
            ),
        ),
    )
    yield Text(
        "application.handed_in", MOVES, _("The commercial licence is applied for"),
        line=_("%(site)s: the commercial licence is applied for"),
    )  # fmt: skip
    yield Text(
        "commercial.appointment",
        MOVES,
        _("Appointment for the commercial licence"),
        names=("appointment",),
        must=("appointment",),
        line=_("%(site)s: appointment for the commercial licence"),
        subject=_("%(site)s: appointment for the commercial licence"),
        heading=_("There is an appointment for your commercial licence."),
        lines=("%(appointment)s",),
    )
    yield Text(
        "application.refused",
        MOVES,
        _("The commercial licence was not granted"),
        line=_("%(site)s: the commercial licence was not granted"),
        subject=_("%(site)s: the commercial licence was not granted"),
        heading=_("The authority did not grant the commercial licence."),
        lines=(_("The filing itself is untouched. It can be applied for again; your agency tells you how."),),
    )
    yield Text(
        "moved.grant_commercial_licence",
        MOVES,
        _("The commercial licence is granted"),
        names=("day", "span", "number"),
        must=("span",),
        line=_("%(site)s: the commercial licence is granted"),
        subject=_("%(site)s has its commercial licence"),
        heading=_("The commercial licence is granted."),
        lines=(
            _("It was granted on %(day)s and holds for %(span)s. Every year a report is due by 31 March."),
        ),
        your_move=_("Show this number at the foot of your home page too."),
    )
    yield Text(
        "moved.hold",
        MOVES,
        _("On hold"),
        line=_("%(site)s: on hold"),
        subject=_("%(site)s: on hold"),
        heading=_("The filing is on hold."),
        lines=(_("Its clocks stand still."),),
    )
    yield Text(
        "moved.resume",
        MOVES,
        _("Goes on"),
        line=_("%(site)s: goes on"),
        subject=_("%(site)s goes on"),
        heading=_("The filing goes on."),
        lines=(_("Its clocks run again."),),
    )
    yield Text(
        "moved.correct",
        MOVES,
        _("A recorded result was corrected"),
        line=_("%(site)s: a recorded result was corrected"),
        subject=_("%(site)s: a recorded result was corrected"),
        heading=_("We corrected something we had told you."),
        lines=(_("What we wrote before was not right. This is how it stands now:"),),
    )
    yield Text(
        "moved.step_back",
        MOVES,
        _("One step back"),
        names=("stage",),
        must=("stage",),
        line=_("%(site)s: one step back"),
        subject=_("%(site)s: one step back"),
        heading=_("We took back what we had told you."),
        lines=(_("The filing stands again at “%(stage)s”. What was reported after that does not hold."),),
    )
    yield Text(
        "moved.withdraw",
        MOVES,
        _("Withdrawn"),
        line=_("%(site)s: withdrawn"),
        subject=_("%(site)s: the filing was withdrawn"),
        heading=_("The filing was withdrawn."),
        lines=(_("Nothing more happens with it. Your papers are deleted on the agreed day."),),
    )
    yield Text(
        "moved.cancel",
        MOVES,
        _("Cancelled"),
        line=_("%(site)s: cancelled"),
        subject=_("%(site)s: the filing was cancelled"),
        heading=_("The filing was cancelled."),
        lines=(_("Its numbers are no longer valid: take them off the site, and the site off the net."),),
    )


def _papers() -> Iterator[Text]:
    yield Text(
        "paper.returned",
        PAPERS,
        _("A paper is needed again"),
        names=("paper",),
        on_line=("paper",),
        must=("paper",),
        line=_("%(site)s: “%(paper)s” is needed again"),
        subject=_("%(site)s: please send “%(paper)s” again"),
        heading=_("One paper needs another try."),
        your_move=_("Send “%(paper)s” again."),
    )
    yield Text(
        "paper.refused",
        PAPERS,
        _("A file could not be taken"),
        names=("paper",),
        on_line=("paper",),
        must=("paper",),
        line=_("%(site)s: the file for “%(paper)s” could not be taken"),
        subject=_("%(site)s: the file for “%(paper)s” could not be taken"),
        heading=_("The file could not be taken."),
        your_move=_("Send “%(paper)s” again."),
    )
    for code, title, line in (
        (
            "paper.available",
            _("A paper has come"),
            _("%(site)s: “%(paper)s” has come and can be looked at"),
        ),
        (
            "paper.withdrawn",
            _("A paper was taken back"),
            _("%(site)s: “%(paper)s” was taken back by its sender"),
        ),
        ("paper.trouble", _("A file needs a look"), _("%(site)s: a file for “%(paper)s” needs a look")),
    ):
        yield Text(code, PAPERS, title, AGENCY, on_line=("paper",), line=line)
    yield Text(
        "photo.place_chosen",
        PAPERS,
        _("The place of the face check is known"),
        line=_("%(site)s: the place of the face check is known"),
    )
    yield Text(
        "curtain.sent",
        PAPERS,
        _("The curtain is on its way"),
        line=_("%(site)s: the curtain for the photo is on its way"),
    )


def _reminders() -> Iterator[Text]:
    yield Text(
        kinds.NUDGE,
        REMINDERS,
        _("Open tasks"),
        CLIENT,
        line=_("%(site)s: a reminder of open tasks"),
        subject=_("%(site)s waits for you"),
        heading=_("A few things are still open."),
        lines=(_("Your filing goes on as soon as we have this from you:"),),
        your_move=_("Open your tasks; most take a few minutes."),
        after=(_("Something unclear? Answer this mail or call us."),),
    )
    yield Text(
        kinds.NUDGED_IN_VAIN,
        REMINDERS,
        _("The client does not answer"),
        AGENCY,
        names=("day",),
        line=_("%(site)s: reminding did not help, call the client"),
        subject=_("%(site)s: the client does not answer, call them"),
        heading=_("Reminding did not help: call the client."),
        lines=(_("It has waited on the client since %(day)s."),),
    )
    yield Text(
        kinds.SMS_CLOCK,
        REMINDERS,
        _("The SMS code waits to be entered"),
        CLIENT,
        names=("left", "due", "place"),
        must=("due", "place"),
        line=_("%(site)s: the ministry's SMS code waits to be entered"),
        subject=_("%(site)s: enter the ministry's SMS code, %(left)s"),
        heading=_("The ministry's code waits to be entered."),
        lines=(
            _("Enter the six digits at %(place)s under 短信核验. The clock ends %(due)s, Beijing time."),
            _("No SMS has come? You can have it sent again there, twice."),
        ),
        your_move=_("Enter the code, then tell us that it is done."),
    )
    yield Text(
        "sms.clock.desk",
        REMINDERS,
        _("The SMS code waits to be entered, to colleagues"),
        AGENCY,
        kind=kinds.SMS_CLOCK,
        names=("left", "due"),
        must=("due",),
        subject=_("%(site)s: SMS code not reported yet, %(left)s"),
        heading=_("The ministry's SMS code is not reported yet."),
        lines=(_("The clock ends %(due)s, Beijing time. Call the client."),),
    )
    yield from _clocks()


def _clocks() -> Iterator[Text]:
    names, must = ("clock", "due", "left", "turn"), ("clock", "due")
    late_line = _("%(site)s: overdue: %(clock)s")
    late_heading = _("A clock has run out: %(clock)s.")
    was_due = _("It was due %(due)s.")
    waits_on = _("It waits on: %(turn)s.")
    do_it = _("Open the filing; it says what is to be done.")
    yield Text(
        kinds.CLOCK,
        REMINDERS,
        _("A clock runs: so much of it is over"),
        AGENCY,
        names=(*names, "share"),
        must=must,
        on_line=("clock", "share"),
        line=_("%(site)s: %(share)d %% of the time is over: %(clock)s"),
        subject=_("%(site)s: %(share)d %% of the time is over: %(clock)s"),
        heading=_("Due %(due)s: %(clock)s."),
        lines=(waits_on,),
    )
    near = _("%(site)s: %(clock)s, due %(due)s")
    yield Text(
        "clock.near",
        REMINDERS,
        _("A clock runs: its day comes near"),
        AGENCY,
        kind=kinds.CLOCK,
        names=names,
        must=must,
        on_line=("clock", "due"),
        line=near,
        subject=near,
        heading=_("Due %(due)s: %(clock)s."),
        lines=(waits_on,),
    )
    yield Text(
        "clock.near.client",
        REMINDERS,
        _("A clock runs, to the client"),
        CLIENT,
        kind=kinds.CLOCK,
        names=names,
        must=must,
        subject=near,
        heading=_("Due %(due)s: %(clock)s."),
        your_move=do_it,
    )
    yield Text(
        "clock.overdue",
        REMINDERS,
        _("A clock has run out"),
        AGENCY,
        kind=kinds.CLOCK,
        names=names,
        must=must,
        on_line=("clock",),
        line=late_line,
        subject=late_line,
        heading=late_heading,
        lines=(was_due, waits_on),
    )
    yield Text(
        "clock.overdue.client",
        REMINDERS,
        _("A clock has run out, to the client"),
        CLIENT,
        kind=kinds.CLOCK,
        names=names,
        must=must,
        subject=late_line,
        heading=late_heading,
        lines=(was_due,),
        your_move=do_it,
    )


def _notes() -> Iterator[Text]:
    yield Text(
        "note.to_client",
        NOTES,
        _("A note from the agency"),
        CLIENT,
        names=("person",),
        line=_("%(site)s: a note from your agency"),
        subject=_("%(site)s: a note from your agency"),
        heading=_("%(person)s wrote to you."),
    )
    for code, title, line in (
        ("note.from_client", _("A note from the client"), _("%(site)s: a note from the client")),
        (
            "task.reported",
            _("The client reports a task done"),
            _("%(site)s: the client reports a task done"),
        ),
        (
            "result.reported",
            _("The client passed on a result"),
            _("%(site)s: the client passed on a message about the result"),
        ),
        ("sms.entered", _("The SMS code was entered"), _("%(site)s: the SMS code was entered")),
        (
            "promise.endangered",
            _("The day promised to a client is in danger"),
            _("%(site)s: the forecast passes the day promised to the client"),
        ),
    ):
        yield Text(code, NOTES, title, AGENCY, line=line)


def _site() -> Iterator[Text]:
    looked = _(
        "We look at %(site)s once a day. Two looks apart saw the same, the first on %(since)s: %(seen)s"
    )
    away = _("We look at %(site)s once a day. Since %(since)s no look has reached it. %(unseen)s")
    nothing_said = _("That says nothing about the numbers at its foot; nobody could see them.")
    yield Text(
        "site.amiss",
        SITE,
        _("Something is amiss at the foot of the site"),
        CLIENT,
        names=("seen", "since"),
        must=("seen",),
        on_line=("seen",),
        line=_("%(site)s, live site: %(seen)s"),
        subject=_("%(site)s: something is amiss at its foot"),
        heading=_("The foot of your site needs a change."),
        lines=(looked,),
        your_move=_(
            "Put these lines at the foot of your home page, or give them to whoever keeps your site."
        ),
        after=(
            _("A site that does not show its number can be fined, and its filing taken back."),
            _("You need not report it: we see it with the next look."),
        ),
    )
    yield Text(
        "site.amiss.desk",
        SITE,
        _("Something is amiss at the foot of the site, to colleagues"),
        AGENCY,
        kind="site.amiss",
        names=("seen", "since"),
        must=("seen",),
        subject=_("%(site)s: something is amiss at its foot"),
        heading=_("The foot of a filed site is not as it must be."),
        lines=(looked, _("The client's contact is told, with the lines to paste.")),
    )
    yield Text(
        "site.mended",
        SITE,
        _("The foot of the site is right again"),
        line=_("%(site)s, live site: its foot is right again"),
        subject=_("%(site)s: its foot is right again"),
        heading=_("The numbers stand at the foot of the site as they must."),
        lines=(_("Our daily look has seen it. There is nothing left to do."),),
    )
    yield Text(
        "site.away",
        SITE,
        _("The site could not be looked at"),
        CLIENT,
        names=("unseen", "since"),
        on_line=("unseen",),
        line=_("%(site)s, live site: could not be looked at. %(unseen)s"),
        subject=_("%(site)s: we could not look at the site"),
        heading=_("We could not open your site."),
        lines=(away, nothing_said),
        your_move=_("Open your site. If it does not open, ask whoever keeps it to see to it."),
        after=(_("A filed site must stay open and at its provider, else the filing can be taken back."),),
    )
    yield Text(
        "site.away.desk",
        SITE,
        _("The site could not be looked at, to colleagues"),
        AGENCY,
        kind="site.away",
        names=("unseen", "since"),
        subject=_("%(site)s: we could not look at the site"),
        heading=_("A filed site could not be looked at."),
        lines=(away, nothing_said),
    )
    yield Text(
        "site.back",
        SITE,
        _("The site answers again"),
        line=_("%(site)s, live site: answers again"),
        subject=_("%(site)s: the site answers again"),
        heading=_("The site answers again."),
        lines=(_("Our look has reached it. There is nothing left to do about that."),),
    )


def _aftercare() -> Iterator[Text]:
    yield Text(
        kinds.AFTERCARE,
        AFTERCARE,
        _("What falls due, once a week"),
        CLIENT,
        is_of_case=False,
        names=("duties",),
        line=_("What falls due for your filed sites"),
        subject=_("Your filed sites: %(duties)s"),
        heading=_("A filing stays good as long as what it stands on does."),
    )
    yield Text(
        "aftercare.desk",
        AFTERCARE,
        _("What falls due, once a week, to colleagues"),
        AGENCY,
        kind=kinds.AFTERCARE,
        is_of_case=False,
        names=("duties",),
        subject=_("Aftercare: %(duties)s"),
        heading=_("What falls due for the filings you answer for."),
    )
    yield Text(
        kinds.PAPERS_DUE,
        AFTERCARE,
        _("Identity papers go soon and wait to be released"),
        AGENCY,
        is_of_case=False,
        names=("papers",),
        line=_("Identity papers wait to be released before their day"),
        subject=_("To be destroyed soon, to be released by two persons: %(papers)s"),
        heading=_("Identity papers reach the day that was promised to their clients."),
        lines=(
            _(
                "Two persons look at the list and release it. On its day a paper goes in any case; who must keep it by"
                " law puts a hold on it."
            ),
        ),
    )
    yield Text(
        "check.noticed",
        AFTERCARE,
        _("The provider checks a filing"),
        CLIENT,
        names=("day",),
        must=("day",),
        line=_("%(site)s: the provider checks the filing"),
        subject=_("%(site)s: the provider checks your filing, answer by %(day)s"),
        heading=_("Your provider checks the filing."),
        lines=(_("What its notice names must be right by that day, else the site is cut off."),),
        your_move=_("See to what the notice names by %(day)s, and tell us when it is done."),
    )


def _way_in() -> Iterator[Text]:
    yield Text(
        "invitation.made",
        WAY_IN,
        _("Invitation of a client"),
        CLIENT,
        is_of_case=False,
        names=("client", "person"),
        line=_("Invitation to the portal"),
        subject=_("%(agency)s invites you: the filing of your website"),
        heading=_("Your filing begins here."),
        lines=(
            _("%(agency)s files websites with the Chinese authorities for %(client)s."),
            _("In the portal you see what is needed from you, why, and how far the filing has come."),
            _(
                "The link opens a page; there you ask for a code that comes to this address. You need no password."
                " It works once, for seven days."
            ),
        ),
        after=(_("%(person)s has invited you."),),
    )
    yield Text(
        "invitation.made.desk",
        WAY_IN,
        _("Invitation of a colleague"),
        AGENCY,
        is_of_case=False,
        kind="invitation.made",
        names=("person",),
        subject=_("%(agency)s invites you to its filing desk"),
        heading=_("Your place at the filing desk is ready."),
        lines=(
            _("%(agency)s keeps its filings in one portal and has made a place for you there."),
            _("The link opens a page that shows you the way in. It works once, for seven days."),
        ),
        after=(_("%(person)s has invited you."),),
    )
    yield Text(
        "invitation.accepted",
        WAY_IN,
        _("An invitation was accepted"),
        is_of_case=False,
        line=_("An invitation of yours was accepted"),
    )
    yield Text(
        "role.changed",
        WAY_IN,
        _("A role was changed"),
        is_of_case=False,
        line=_("What you may do in the portal was changed"),
    )
    yield Text(
        "person.let_back_in",
        WAY_IN,
        _("The way in was reset"),
        is_of_case=False,
        line=_("Your way into the portal was reset"),
        subject=_("Your way into the portal was reset"),
        heading=_("Your way in was reset."),
        lines=(
            _(
                "An administrator of %(agency)s took your passkeys, second factor, open sessions and API tokens"
                " away, so that you can come in again."
            ),
            _("You did not ask for that? Tell the agency at once."),
        ),
    )


def _cover() -> Iterator[Text]:
    yield Text(
        "cases.handed_over",
        COVER,
        _("Cases were handed over to you"),
        AGENCY,
        is_of_case=False,
        names=("away", "cases", "codes"),
        on_line=("away", "cases"),
        must=("cases",),
        line=_("Yours from now on: %(cases)s of %(away)s"),
        subject=_("Yours from now on: %(cases)s of %(away)s"),
        heading=_("You answer for %(cases)s more."),
        lines=(_("Until now %(away)s answered for them. Each history says so."), "%(codes)s"),
        your_move=_("Look at what falls due first."),
    )
    yield Text(
        "cover.named",
        COVER,
        _("You stand in for a colleague"),
        AGENCY,
        is_of_case=False,
        names=("away", "days"),
        on_line=("away", "days"),
        must=("away",),
        line=_("You stand in for %(away)s, %(days)s"),
        subject=_("You stand in for %(away)s, %(days)s"),
        heading=_("You stand in for %(away)s."),
        lines=(
            _("It counts %(days)s. What %(away)s is told of clocks and filings, you are told as well."),
            _("The ministry's SMS codes come by the hour, by night too."),
        ),
        your_move=_("Look at their cases once, and say so if you cannot."),
    )
    yield Text(
        "cover.ended",
        COVER,
        _("You stand in for a colleague no more"),
        AGENCY,
        is_of_case=False,
        on_line=("away",),
        line=_("You stand in for %(away)s no more"),
    )
    yield Text(
        "cover.fell",
        COVER,
        _("A stand-in has left"),
        AGENCY,
        is_of_case=False,
        names=("away", "stand_in", "days"),
        on_line=("away", "stand_in", "days"),
        must=("away",),
        line=_("%(stand_in)s cannot stand in for %(away)s any more (%(days)s)"),
        subject=_("Nobody stands in for %(away)s any more"),
        heading=_("Nobody stands in for %(away)s any more."),
        lines=(
            _("%(stand_in)s was to stand in, %(days)s, and has left or does not see all clients any more."),
            _("Until somebody else is named, %(away)s alone is told."),
        ),
        your_move=_("Name somebody else."),
    )


def _system() -> Iterator[Text]:
    yield Text(
        "numbers.many",
        SYSTEM,
        _("Very many numbers were shown"),
        AGENCY,
        line=_("%(site)s: very many numbers were shown in clear to one person"),
    )
    yield Text(
        kinds.PHONE_CODE,
        SYSTEM,
        _("Code to verify a mobile"),
        line=_("%(site)s: code to verify a mobile"),
    )
    yield Text(
        kinds.UNDELIVERED,
        SYSTEM,
        _("A message could not be delivered"),
        AGENCY,
        line=_("%(site)s: a message could not be delivered. Check the address, or call."),
    )
    yield Text(
        kinds.COMPLAINED,
        SYSTEM,
        _("A mail was marked as unwanted"),
        AGENCY,
        line=_(
            "%(site)s: a mail was marked as unwanted. Its reader gets no more reminders by mail; call them."
        ),
    )
    yield Text(
        kinds.UNTOLD,
        SYSTEM,
        _("Nobody could be told"),
        AGENCY,
        line=_("%(site)s: something happened that nobody could be told of automatically"),
    )
    yield Text(
        kinds.OUTAGE,
        SYSTEM,
        _("Nothing goes out by a way"),
        AGENCY,
        is_of_case=False,
        names=("channel", "reason"),
        on_line=("channel", "reason"),
        must=("channel",),
        line=_("%(channel)s: for an hour nothing has gone out by this way. %(reason)s"),
        subject=_("%(channel)s: nothing has gone out for an hour"),
        heading=_("%(channel)s: nothing goes out."),
        lines=(
            _("For an hour nothing has gone out by this way. What waits is kept, and goes out by itself."),
            "%(reason)s",
        ),
        your_move=_("Tell whoever runs the portal; what cannot wait, tell by telephone."),
    )
    yield Text(
        kinds.ROOM_TEST,
        SYSTEM,
        _("A test in a chat room"),
        AGENCY,
        is_of_case=False,
        line=_("A test: the filing portal can speak in this room."),
    )
    yield Text(
        "consent.withdrawn",
        NOTES,
        _("A consent was taken back"),
        AGENCY,
        is_of_case=False,
        names=("client",),
        on_line=("client",),
        must=("client",),
        line=_(
            "%(client)s took the consent to identity papers back: what is not with the ministry yet rests"
        ),
        subject=_("%(client)s took the consent to identity papers back"),
        heading=_("%(client)s took the consent to identity papers back."),
        lines=(
            _(
                "Filings of theirs that are not with the ministry yet rest: nothing more is handed on, and no identity"
                " paper can be accepted. What was filed stays filed. A withdrawal or a return can be recorded."
            ),
        ),
        your_move=_(
            "Speak with them. They give it again under “My data”, or you withdraw what they no longer want."
        ),
    )
    yield Text(
        "consent.given",
        NOTES,
        _("A consent was given again"),
        AGENCY,
        is_of_case=False,
        on_line=("client",),
        line=_("%(client)s gave the consent to identity papers again: their filings go on"),
    )
    yield Text(
        kinds.ERASURE_ASKED,
        WAY_IN,
        _("Somebody asks to be erased"),
        AGENCY,
        is_of_case=False,
        names=("due",),
        on_line=("due",),
        must=("due",),
        line=_("Somebody asks to be erased: answer by %(due)s"),
        subject=_("Somebody asks to be erased: answer by %(due)s"),
        heading=_("Somebody asks that their data is erased."),
        lines=(
            _(
                "The page shows what goes, what the rules and holds keep and until when. Nothing happens before you"
                " answer."
            ),
        ),
        your_move=_("Grant it or refuse it with a reason by %(due)s."),
    )
    yield Text(
        kinds.ERASURE_NOTED,
        WAY_IN,
        _("To whoever asked to be erased"),
        CLIENT,
        is_of_case=False,
        names=("due",),
        on_line=("due",),
        must=("due",),
        line=_("You asked that your data is erased; the agency answers by %(due)s"),
        subject=_("You asked that your data is erased"),
        heading=_("You asked that your data is erased."),
        lines=(
            _("%(agency)s answers by %(due)s. Until then you can take it back under “My data”."),
            _("You did not ask for that? Take it back at once, and tell the agency."),
        ),
    )
    yield Text(
        kinds.ERASURE_REFUSED,
        WAY_IN,
        _("An erasure was refused"),
        CLIENT,
        is_of_case=False,
        line=_("Your data is not erased; the reason stands under “My data”"),
        subject=_("Your data is not erased"),
        heading=_("%(agency)s has refused to erase your data, for this reason:"),
        after=(
            _(
                "You may ask again, and you may complain to the authority that protects personal data, in China the"
                " Cyberspace Administration (网信办)."
            ),
        ),
    )
    yield Text(
        kinds.ERASED,
        WAY_IN,
        _("The receipt of an erasure"),
        CLIENT,
        is_of_case=False,
        names=("number",),
        must=("number",),
        subject=_("Your data was erased (%(number)s)"),
        heading=_("Your data was erased."),
        lines=(_("%(agency)s has erased what no rule keeps. Keep this mail: it is your receipt."),),
        after=(
            _(
                "In the history of the filings you are “an erased person” from now on. What stays goes by itself on"
                " its day."
            ),
            _("With this mail your address goes as well. Whoever asks again names this number: %(number)s"),
        ),
    )
    yield Text(
        kinds.ERASED_THERE,
        NOTES,
        _("Somebody of a client was erased"),
        AGENCY,
        is_of_case=False,
        on_line=("client",),
        line=_("Somebody of %(client)s was erased: look who speaks for them now"),
    )
    yield Text(
        "hook.disabled",
        SYSTEM,
        _("A webhook was switched off"),
        AGENCY,
        is_of_case=False,
        names=("hook",),
        on_line=("hook",),
        must=("hook",),
        line=_("Webhook “%(hook)s” was switched off: it took nothing for days"),
        subject=_("Webhook “%(hook)s” was switched off"),
        heading=_("“%(hook)s” has taken nothing for days."),
        lines=(
            _(
                "The portal has stopped telling it. What happened since waits for thirty days and goes out once"
                " you let it go on."
            ),
        ),
        your_move=_("See in its log why nothing arrived, mend it, send a test, and let it go on."),
    )
    yield Text(
        kinds.TEXT_BROKEN,
        SYSTEM,
        _("A text could not be used"),
        AGENCY,
        is_of_case=False,
        on_line=("text",),
        line=_("A text of ours could not be used, and the shipped words went out: %(text)s"),
    )


TEXTS: dict[str, Text] = {text.code: text for text in _all()}
