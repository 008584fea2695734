"""Where a case stands, said plainly to the client: one sentence, what it means for them, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import arrangement, journey, spans, words
from cases.deadlines import CALLBACK, due
from cases.errands import Errand, missing_of, named, sms_people
from cases.forecast import Arrival
from cases.models import Case, CaseEvent, Commercial, RequirementState
from cases.models.requirement import FACE
from cases.workflow import ROAD, Stage, rests_for_consent
from clients.models import User
from clients.templatetags.look import clock_time, day, day_of, short_day, today
from trade import commercial, footer
from trade.calls import Caller, caller_of
from trade.clocks import USUAL


@dataclass(frozen=True)
class Situation:
    """The big sentence and the calm one below it."""

    title: str
    words: str


def situation(case: Case, asked: list[Errand]) -> Situation:
    """What to say first; `asked` are the errands of the person who reads."""
    todo = [one for one in asked if one.is_open]
    if case.on_hold and not case.is_ended:
        return Situation(
            _("Your filing is on hold."),
            _("It rests until %(day)s, and its clocks with it. Nothing to do for you until then.")
            % {"day": day(case.hold_until)},
        )
    if rests_for_consent(case):
        return Situation(
            _("Your filing rests."),
            _(
                "The consent to use identity papers was taken back, so nothing more is handed on. Give it again under"
                " “My data”, and we go on."
            ),
        )
    if call := journey.running(case, CALLBACK):
        return Situation(
            _("They rang, and nobody answered."),
            _("They ring again: please answer the phone until %(when)s.") % {"when": _beijing(call.due_at)},
        )
    return _SAID[case.stage](case, todo)


@dataclass(frozen=True)
class Expected:
    """Who rings while the provider looks at the filing, and whose phones."""

    caller: Caller
    provider: str
    people: str


def expected_call(case: Case) -> Expected | None:
    """From the handing in until the ministry has it."""
    if case.on_hold or not (case.stage == Stage.PROVIDER_PRE_AUDIT or journey.running(case, CALLBACK)):
        return None
    return Expected(caller_of(case.provider), _provider(case), named(["head", "manager"], case))


def _things(n: int) -> str:
    return ngettext("One thing for you.", "%(n)d things for you.", n) % {"n": n}


def _nothing(until: datetime | None) -> str:
    if until is not None and day_of(until) >= today():
        return _("Nothing to do for you until %(day)s.") % {"day": day(until)}
    return _("Nothing to do for you. We write to you as soon as there is.")


def _provider(case: Case) -> str:
    return words.code_words("provider", case.provider) if case.provider else _("The provider")


def _draft(case: Case, todo: list[Errand]) -> Situation:
    sent = [one for one in case.requirements.all() if one.state == RequirementState.SENT]
    came_back = any(one.state == RequirementState.REDO for one in case.requirements.all())
    if todo and (came_back or case.round > 1):
        rest = _("Everything else you gave stays as it is.")
        return Situation(_("Something came back."), f"{_things(len(todo))} {rest}")
    if todo and sent:
        order = _("We check what you sent; the rest can be done in any order.")
        return Situation(_("A few things are still missing."), f"{_things(len(todo))} {order}")
    if todo:
        ease = _("Most take two minutes; you can stop at any time and go on later.")
        return Situation(_("Let us get your filing together."), f"{_things(len(todo))} {ease}")
    if sent:
        last, usual = max(one.changed_at for one in sent), USUAL["our_review"]
        by = due(last, usual.n, usual.unit).at if usual.n is not None else None
        return Situation(_("We are checking your papers."), _nothing(by))
    if any(missing_of(case).values()) or case.papers_missing:
        # A responsible person has done their part; others have not.
        return Situation(_("Your part is done."), _("Thank you. Nothing to do for you now."))
    return Situation(
        _("Everything is together."),
        _("We hand it in to %(provider)s next.") % {"provider": _provider(case)} + " " + _nothing(None),
    )


def _pre_audit(case: Case, todo: list[Errand]) -> Situation:
    clock = journey.running(case, "provider_pre_audit")
    return Situation(
        _("%(provider)s is checking your filing.") % {"provider": _provider(case)},
        _nothing(clock.due_at if clock else None) + " " + _("They may ring: please answer."),
    )


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _photo(case: Case, todo: list[Errand]) -> Situation:
    if todo:
        return Situation(
            _("The provider found everything right."),
            _joined(
                _("Next comes the face check of %(person)s.") % {"person": words.whose("manager", case)},
                arrangement.said(case),
            ),
        )
    face_is_open = any(one.kind == FACE and one.is_open for one in case.requirements.all())
    if face_is_open:
        return Situation(
            _("The provider found everything right."),
            _joined(
                _("%(person)s does the face check next. Nothing to do for you.")
                % {"person": words.whose("manager", case)},
                arrangement.said(case),
            ),
        )
    return Situation(
        _("The face check is done."), _("We hand your filing to the ministry. ") + _nothing(None)
    )


def _miit(case: Case, todo: list[Errand]) -> Situation:
    title = _("Your filing is with the ministry.")
    if sms := journey.running(case, "sms_code"):
        return Situation(
            title,
            _("%(people)s must enter the code that comes by SMS by %(day)s.")
            % {"people": named(sms_people(case), case), "day": f"{day(sms.due_at)}, {_beijing(sms.due_at)}"},
        )
    owed = _("Please send the curtain back.") if arrangement.curtain_is_owed(case) else ""
    clock = journey.running(case, "miit_review")
    if clock is None:
        return Situation(title, owed or _nothing(None))
    return Situation(
        title,
        owed
        or _("It decides by %(day)s at the latest, often sooner. Nothing to do for you until then.")
        % {"day": day(clock.due_at)},
    )


def _beijing(at: datetime) -> str:
    return _("%(time)s Beijing time") % {"time": clock_time(at)}


def _licensed(case: Case, todo: list[Errand]) -> Situation:
    title = _("Your site is licensed.")
    if case.psb_handed_in_on:
        clock = journey.running(case, "psb_review")
        return Situation(
            title,
            _("The police have your registration since %(day)s.") % {"day": day(case.psb_handed_in_on)}
            + " "
            + _nothing(clock.due_at if clock else None),
        )
    return Situation(
        title,
        _("Put the number at the foot of your site, and register it with the police within %(span)s.")
        % {"span": spans.of_clock("psb_filing")},
    )


def _psb_filed(case: Case, todo: list[Errand]) -> Situation:
    title = _("Your site is filed with ministry and police.")
    if not case.wants_licence:
        return Situation(title, _("That was the last step. Keep both numbers at the foot of your site."))
    if case.application_handed_in_on:
        clock = journey.running(case, "commercial_review")
        return Situation(
            title,
            _("The authority has your application since %(day)s.")
            % {"day": day(case.application_handed_in_on)}
            + " "
            + _nothing(clock.due_at if clock else None),
        )
    return Situation(title, _("As it earns money, the commercial licence comes next."))


def _commercial(case: Case, todo: list[Errand]) -> Situation:
    return Situation(
        _("Your site is licensed for business."),
        _("That was the last step. The licence runs %(span)s; we remind you before it ends.")
        % {"span": spans.years("commercial_years")},
    )


def _withdrawn(case: Case, todo: list[Errand]) -> Situation:
    return Situation(
        _("This filing was withdrawn."),
        _("Since %(day)s nothing happens here any more. Write to us if you want to file again.")
        % {"day": day(case.moved_at)},
    )


def _cancelled(case: Case, todo: list[Errand]) -> Situation:
    return Situation(
        _("This filing was cancelled."),
        _("The number ended on %(day)s and does not come back. Take it off your site.")
        % {"day": day(case.moved_at)},
    )


_SAID = {
    Stage.DRAFT: _draft,
    Stage.PROVIDER_PRE_AUDIT: _pre_audit,
    Stage.PHOTO: _photo,
    Stage.MIIT_REVIEW: _miit,
    Stage.LICENSED: _licensed,
    Stage.PSB_FILED: _psb_filed,
    Stage.COMMERCIAL_LICENSED: _commercial,
    Stage.WITHDRAWN: _withdrawn,
    Stage.CANCELLED: _cancelled,
}


# ── What happens next ───────────────────────────────────────────────────────────────────────────────────────────────


def road(
    case: Case, moves: Iterable[CaseEvent], reader: User, expected: dict[str, Arrival]
) -> list[dict[str, Any]]:
    """The line of stops in plain words, with the forecast where there is one."""
    drawn = []
    for stage, stop in zip(ROAD, journey.stops(case, moves, reader, expected), strict=True):
        if stage == Stage.COMMERCIAL_LICENSED and not case.wants_licence and not case.licence_number:
            continue
        if stop["state"] == "here" and is_over(case):
            stop |= {"state": "done", "note": case.licence_number or case.psb_number}
        note = _note(case, stage) if stop["state"] in ("ahead", "here") else ""
        if stop.get("is_provisional"):  # the page says it once
            stop["note"] = ""
        drawn.append(
            stop
            | {
                "name": _stop_name(case, stage, stop["state"]),
                "mine": False,
                "leg": "",
                "note": " · ".join(filter(None, [stop.get("note", ""), note])),
            }
        )
    return drawn


def is_over(case: Case) -> bool:
    """Whether the last step is behind: police without revenue, or the commercial licence."""
    return case.stage == Stage.COMMERCIAL_LICENSED or (
        case.stage == Stage.PSB_FILED and not case.wants_licence
    )


# ── The commercial licence ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Application:
    """What the application is made of and what of it lies ready; and what differs with foreign capital."""

    demands: list[tuple[commercial.Demand, bool]]
    foreign: list[commercial.Told]
    row: Commercial | None

    @property
    def ready(self) -> int:
        return sum(1 for _demand, is_ready in self.demands if is_ready)


def application(case: Case) -> Application | None:
    """Only of a site that earns money."""
    if not case.makes_revenue:
        return None
    row = case.commercial_or_none
    ticked = row.ticked if row else []
    foreign = list(commercial.FOREIGN.values()) if has_foreign_capital(case) else []
    demands = [(one, one.code in ticked) for one in commercial.DEMANDS.values()]
    return Application(demands, foreign, row)


def has_foreign_capital(case: Case) -> bool:
    """As staff said; before they did, a head from elsewhere is reason enough to tell what differs."""
    row = case.commercial_or_none
    if row is not None and row.foreign_capital is not None:
        return row.foreign_capital
    return case.head is not None and case.head.nationality not in ("", "CN")


def opens(expected: dict[str, Arrival]) -> str:
    """Roughly when the number comes; empty once it is there or nobody can say."""
    licence = expected.get(Stage.LICENSED)
    if licence is None:
        return ""
    if licence.from_today:
        return _("%(day)s at the earliest") % {"day": short_day(licence.on)}
    if licence.is_overdue or (licence.allowed_until and licence.allowed_until < today()):
        return _("any day now; it takes longer than usual")
    return _("roughly %(days)s") % {"days": licence.in_words}


def _stop_name(case: Case, stage: str, state: str) -> str:
    if stage == Stage.PROVIDER_PRE_AUDIT:
        return _("%(provider)s checks them") % {"provider": _provider(case)}
    done = state == "done"
    return {
        Stage.DRAFT: _("You sent your papers") if done else _("You send your papers, we check them"),
        Stage.PHOTO: _("Face check"),
        Stage.MIIT_REVIEW: _("The ministry decides"),
        Stage.LICENSED: _("You get your number") if state == "ahead" else _("You have your number"),
        Stage.PSB_FILED: _("Police registration"),
        Stage.COMMERCIAL_LICENSED: _("Commercial licence"),
    }[Stage(stage)]


def _note(case: Case, stage: str) -> str:
    if stage == Stage.DRAFT and case.round > 1:
        return _("round %(n)d") % {"n": case.round}
    if stage == Stage.PHOTO:
        return _("%(person)s, 5 minutes") % {"person": words.whose("manager", case)}
    if stage == Stage.MIIT_REVIEW:
        return _("%(people)s: a code by SMS, to be entered within %(span)s") % {
            "people": named(sms_people(case), case),
            "span": spans.of_clock("sms_code"),
        }
    if stage == Stage.LICENSED:
        return _("it goes at the foot of your site; we give you the line to paste")
    if stage == Stage.PSB_FILED:
        return _("within %(span)s; we help you") % {"span": spans.of_clock("psb_filing")}
    return ""


# ── Footers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Footers:
    """What is pasted at the foot of the site, number by number and in one piece; and what is to be said of it."""

    lines: list[footer.Line]
    notes: list[Any]

    @property
    def html(self) -> str:
        return "\n".join(line.html for line in self.lines)

    @property
    def has_emblem(self) -> bool:
        return any(line.kind == "psb" for line in self.lines)


def footers(case: Case) -> Footers | None:
    """For a filing that has its number and keeps it."""
    if not case.icp_number or case.is_ended:
        return None
    lines = footer.lines(case.icp_number, case.psb_number, case.licence_number)
    return Footers(lines, footer.notes(case.icp_number, case.service))
