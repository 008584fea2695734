"""All that the page of one case draws: head, line, next move, checklist, facts, clocks, pre-flight, history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import BigAutoField
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from cases import agenda, arrangement, facts, journey, records, situation, words
from cases.forecast import (
    forecast,
    lateness_in_words,
    learned_ahead,
    learned_for,
    licence_in_words,
    promise_in_words,
)
from cases.models import (
    Audience,
    Case,
    CaseEvent,
    Collision,
    Part,
    ProposalState,
    Requirement,
    RequirementState,
    Watch,
)
from cases.models.requirement import TASK
from cases.printing import is_outdated
from cases.queries import events_for
from cases.services.settling import may_settle, may_waive
from cases.services.watching import is_watched
from cases.views import aftercare, factsheet
from cases.views.factsheet import Line
from cases.workflow import BEFORE_LICENCE, ISSUED, Stage
from clients.asking import Statement
from clients.cursors import cursor_after, read_cursor
from clients.jinja import link
from clients.kept import Kept
from clients.models import User
from clients.queries import stand_ins
from clients.templatetags.look import day, day_of, today
from trade.clocks import CLOCKS

EVENTS = 30
# These are said by a button alone; every other move is asked for on a page of its own.
PLAIN = {"submit", "pass_pre_audit", "resume"}
BESIDE = {"withdraw", "cancel", "hold", "correct", "step_back"}


def ahead(request: HttpRequest, case: Case) -> Iterator[Statement | None]:
    """What the page is going to ask besides the case itself, in one trip with what hangs on that."""
    if not request.GET:
        yield _NEWEST.ahead(case=case.pk)
    yield learned_ahead(case)
    if _asks_for_collisions(case, request.user):
        yield _COLLISIONS.count_ahead(case=case.pk)
    if is_watched(case):
        yield _WATCH.ahead(case=case.pk)
    if case.stage in ISSUED:
        yield agenda.duties_ahead(case)


def told(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The whole page."""
    reader = request.user
    seen = _seen(request, case)
    moves = seen.moves_of(case)
    expected = forecast(case, learned_for([case]), moves)
    next_move = journey.next_move(case)
    sms = journey.running(case, "sms_code")
    papers = [_paper(one, case) for one in case.requirements.all()]
    done = sum(1 for one in case.requirements.all() if one.is_done)
    return {
        "case": case,
        "provider": words.code_words("provider", case.provider) if case.provider else "",
        "province": words.code_words("province", case.province) if case.province else "",
        "filing_kind": words.code_words("filing_kind", case.filing_kind) if case.filing_kind else "",
        "plan": _plan(case),
        "photo": arrangement.on_the_desk(case),
        "stops": journey.stops(case, moves, reader, expected),
        "forecast": licence_in_words(expected),
        "promise": promise_in_words(case),
        "next": next_move,
        "is_mine": journey.is_mine(case, reader),
        "turn": words.party(case.waiting_on),
        "sms": sms,
        "sms_is_out": sms is not None and sms.started_at <= timezone.now(),
        "rests": _rests(case),
        "stand_in": _stand_in(case),
        "last_return": _last_return(moves),
        "expected": situation.expected_call(case),
        "return_link": _after_two_calls(case),
        "reported": _reported(case),
        **_buttons(
            case, reader, [paper["review"] for paper in papers if paper["is_waiting"] and paper["review"]]
        ),
        "papers": papers,
        "papers_done": done,
        "people": _people(case),
        "parts": _parts(case),
        "clocks": _clocks(case),
        "results": _results(case),
        "footers": situation.footers(case),
        "watch": live_site(case, reader),
        "aftercare": aftercare.of_case(case, reader),
        "application": None if case.is_ended else situation.application(case),
        **_preflight(case, reader),
        "messages_link": other_floor("notifications:case-messages", case.reference),
        "pack_link": other_floor("documents:pack", case.reference),
        **_told_of(seen, request, case),
    }


_WATCH: Kept[Watch] = Kept(lambda case: Watch.objects.filter(case_id=case), case=BigAutoField())
_COLLISIONS: Kept[Collision] = Kept(lambda case: Collision.objects.filter(case_id=case), case=BigAutoField())


def live_site(case: Case, reader: User) -> dict[str, Any]:
    """What the daily looks have seen; asked for only of a filing that shows its number."""
    row = next(iter(_WATCH(case=case.pk)), None) if is_watched(case) else None
    if row is None:
        return {}
    return {
        "row": row,
        "is_on": settings.WATCH,
        "may_ask": settings.WATCH and reader.standing.is_agency and not (row.is_off or case.on_hold),
        "is_asked": row.asked_at is not None,
        "seen": words.site_words(row.seen) if row.seen else "",
        "why": words.unseen_words(row.why) if row.why else "",
        "finding": words.site_words(row.finding) if row.finding else "",
        "is_well": row.seen == "ok" and row.finding in ("", "ok"),
        "is_amiss": row.finding not in ("", "ok") or row.is_away,
    }


def _stand_in(case: Case) -> str:
    """Whoever stands in today for who answers for the case."""
    if case.account_manager_id is None:
        return ""
    return ", ".join(str(one) for one in stand_ins(today()).get(case.account_manager_id, ()))


def _rests(case: Case) -> str:
    """That its reminders rest, and until when."""
    if not case.rests_on(today()):
        return ""
    if case.snoozed_until is None:
        return _("Reminders rest until the client moves")
    return _("Reminders rest until %(day)s") % {"day": day(case.snoozed_until)}


def _plan(case: Case) -> dict[str, Any]:
    """The kind of filing, and why the rules find theirs."""
    found = words.kind_found(case)
    return {
        "kind": words.code_words("filing_kind", case.filing_kind),
        "is_set": case.filing_kind_is_set,
        "found": words.code_words("filing_kind", found) if found != case.filing_kind else "",
        "why": words.kind_why(case),
    }


def _reported(case: Case) -> list[dict[str, Any]]:
    """Messages that the client passed on, to be looked at; asked for only where the case says that there are some."""
    if not case.open_proposals:
        return []
    waiting = case.proposals.filter(state=ProposalState.OPEN).select_related("by")
    return [
        {"words": words.MEANINGS[one.meaning], "by": one.by, "at": one.at, "link": one.get_absolute_url()}
        for one in waiting
    ]


def _preflight(case: Case, reader) -> dict[str, Any]:
    """Whether the last pre-flight has something to say, and what only those hear who see every client."""
    is_open = bool(case.open_blocks or case.open_warns)
    shows = case.stage == Stage.DRAFT or (case.stage in BEFORE_LICENCE and is_open)
    return {
        "shows_preflight": shows,
        "collisions": _COLLISIONS.count(case=case.pk) if _asks_for_collisions(case, reader) else 0,
    }


def _asks_for_collisions(case: Case, reader: User) -> bool:
    return case.stage in BEFORE_LICENCE and reader.standing.sees_every_client


def other_floor(name: str, *of: str) -> str:
    """An address of a floor above, by its name; empty where that floor has none."""
    try:
        return link(name, *of)
    except NoReverseMatch:
        return ""


# ── Moves and steps ─────────────────────────────────────────────────────────────────────────────────────────────────


def _buttons(case: Case, reader, reviews: list[str]) -> dict[str, Any]:
    """What can be done now, the likeliest first; and what stands beside the road."""
    forward, back, beside = [], [], []
    for move in case.moves_for(reader):
        told = {
            "label": move.custom["label"],
            "link": link("cases:move-make", case.reference, move.name),
            "is_plain": move.name in PLAIN,
        }
        (beside if move.name in BESIDE else back if move.name in records.REASONED else forward).append(told)
    if not case.is_ended and not case.on_hold:
        step = "wake" if case.rests_on(today()) else "snooze"
        label = _("Reminders go on") if step == "wake" else _("Let reminders rest")
        beside.append({"label": label, "link": link("cases:step-take", case.reference, step)})
    if case.stage == Stage.DRAFT and not forward and not case.on_hold:
        forward.append(
            {"label": _("What is missing"), "link": link("cases:move-make", case.reference, "submit")}
        )
    steps = [
        {"label": label, "link": link("cases:step-take", case.reference, step)}
        for step, label in _steps(case)
    ]
    # A step that is the client's part comes before the answer that can only follow it.
    acts = [*steps[:-1], *forward, *back, steps[-1]]
    ours = (
        [path for path in case.missing_facts if facts.is_the_agencys(path)]
        if case.stage == Stage.DRAFT
        else []
    )
    if ours and not case.on_hold:
        label = _("Fill in: %(facts)s") % {"facts": words.named_facts(ours)}
        acts.insert(0, {"label": label, "link": link("cases:facts-edit", case.reference)})
    if reviews:
        label = ngettext("Review %(n)d paper", "Review %(n)d papers", len(reviews)) % {"n": len(reviews)}
        acts.insert(0, {"label": label, "link": reviews[0]})
    return {"acts": acts, "beside": beside}


def _steps(case: Case) -> list[tuple[str, Any]]:
    """Steps that move no stage: what they say, by the name their page has."""
    steps: list[tuple[str, Any]] = []
    if not case.on_hold:
        if journey.running(case, "sms_code"):
            steps.append(("sms-codes", _("Record: codes entered")))
        if case.stage == Stage.LICENSED and not case.psb_handed_in_on:
            steps.append(("psb-filing", _("Record: PSB filing handed in")))
        if case.stage == Stage.LICENSED and case.psb_handed_in_on:
            steps.append(("psb-return", _("Record: the police returned it")))
        if case.stage == Stage.PSB_FILED and case.wants_licence and not case.application_handed_in_on:
            steps.append(("application", _("Record: licence applied for")))
        if case.stage in ISSUED and not case.opened_on:
            steps.append(("site-open", _("Record: site is open")))
        if journey.running(case, *journey.FOOTERS):
            steps.append(("footer", _("Record: number shown on the site")))
    return [*steps, ("call", _("Log a call"))]


def _after_two_calls(case: Case) -> str:
    """Where a second missed call leads: the return, its reason ticked already."""
    move = {Stage.MIIT_REVIEW: "reject"}.get(Stage(case.stage), "return_for_changes")
    if not journey.is_missed_again(case):
        return ""
    return f"{link('cases:move-make', case.reference, move)}?{urlencode({'reason': 'phone_unreachable'})}"


def _last_return(moves: list[CaseEvent]) -> dict[str, Any] | None:
    """Why it came back last, as long as the round lasts."""
    came_back = [event for event in moves if event.move in records.REASONED]
    if not came_back:
        return None
    last = came_back[-1]
    return {
        "at": last.at,
        "label": words.event_words(last),
        "details": words.event_details(last),
        "note": last.note,
    }


# ── Checklist ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _paper(one: Requirement, case: Case) -> dict[str, Any]:
    review = other_floor("documents:review", one.document) if one.document else ""
    return {
        "one": one,
        "name": words.paper_name(one),
        "why": one.why,
        "of": words.whose(one.of, case),
        "mark": words.MARKS[one.state],
        "state": words.state_name(one.state),
        "reasons": [words.reason_name(code) for code in one.reasons] if one.kind != TASK else [],
        "words": one.words,
        "is_outdated": is_outdated(case, one),
        "review": review,
        "is_waiting": one.state == RequirementState.SENT,
        "send": other_floor("documents:task", one.reference) if not one.is_done and not case.is_ended else "",
        "may_waive": may_waive(one) and not case.is_ended,
        "may_settle": may_settle(one) and not case.is_ended,
    }


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _people(case: Case) -> list[dict[str, Any]]:
    """Head and manager, each with what is given of them."""
    drawn = []
    for part in Part:
        person = case.head if part == Part.HEAD else case.manager
        if person is None:
            continue
        drawn.append(
            {
                "part": part.value,
                "title": part.label,
                "facts": factsheet.facts_of(person, part.value, link("cases:reveal", case.reference)),
                "is_verified": bool(person.mobile_verified_at),
                "verified_at": person.mobile_verified_at,
                "has_mobile": bool(person.mobile),
            }
        )
    return drawn


def _parts(case: Case) -> list[dict[str, Any]]:
    reveal = link("cases:reveal", case.reference)
    return [
        {"id": thing, "title": words.THINGS[thing], "facts": told}
        for thing in ("subject", "domain", "server", "site", "case")
        if (told := factsheet.facts_of(facts.holder_of(case, thing), thing, reveal))
    ]


def _clocks(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "name": words.clock_name(one.kind),
            "due_at": one.due_at,
            "is_held": one.state == "paused",
            "party": words.party(one.waiting_on),
            "is_provisional": one.is_provisional,
        }
        for one in case.clocks
        if one.state in ("running", "paused") and one.kind in CLOCKS
    ]


def _results(case: Case) -> SafeString:
    """What was granted, to be copied into footers and mails."""
    granted = case.recorded_results
    lines = (
        Line(words.label_of(name), words.value_words(name, granted[name]), is_number=name.endswith("_number"))
        for name in records.RESULTS
        if name in granted
    )
    return factsheet.drawn(lines)


# ── History ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def history(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The newest lines first, with the days between them; older ones behind a signed cursor."""
    return _told_of(_seen(request, case), request, case)


_NEWEST: Kept[CaseEvent] = Kept(
    lambda case: CaseEvent.objects.filter(case_id=case).select_related("by").order_by("-id")[: EVENTS + 1],
    case=BigAutoField(),
)
_MOVES: Kept[CaseEvent] = Kept(
    lambda case: CaseEvent.objects.filter(case_id=case, kind="case.moved").order_by("id"), case=BigAutoField()
)


class Seen(NamedTuple):
    """The events of one page of the history, the newest first, and one more where there are older ones."""

    kind: str
    before: int | None
    events: list[CaseEvent]

    def moves_of(self, case: Case) -> list[CaseEvent]:
        """All moves of the case, oldest first; not asked for again where this page holds the whole history."""
        if self.kind or self.before or len(self.events) > EVENTS:
            return _MOVES(case=case.pk)
        return [event for event in reversed(self.events) if event.kind == "case.moved"]


def _seen(request: HttpRequest, case: Case) -> Seen:
    kind = request.GET.get("kind", "")
    kind = kind if kind in words.GROUPS else ""
    before = read_cursor(request.GET.get("before", ""), of=_place(case, kind), user=request.user)
    if not kind and not before and request.user.standing.is_agency:
        return Seen("", None, _NEWEST(case=case.pk))
    events = events_for(request.user, case).order_by("-id")
    if kind:
        events = events.filter(kind__in=words.GROUPS[kind][1])
    if before:
        events = events.filter(pk__lt=before)
    return Seen(kind, before, list(events[: EVENTS + 1]))


def _place(case: Case, kind: str) -> str:
    return f"events:{case.reference}:{kind}"


def _told_of(seen: Seen, request: HttpRequest, case: Case) -> dict[str, Any]:
    kind, before, page = seen
    of = _place(case, kind)
    older = cursor_after(page[EVENTS - 1].pk, of=of, user=request.user) if len(page) > EVENTS else ""
    return {
        "lines": list(by_days(_line(event, case) for event in page[:EVENTS])),
        "kinds": _kinds(get_language(), kind),
        "older": f"?{urlencode({'kind': kind, 'before': older})}" if older else "",
        "newest": f"?{urlencode({'kind': kind})}" if before else "",
    }


@cache
def _kinds(_language: str | None, here: str) -> list[dict[str, Any]]:
    """Kinds of lines to choose from, worked out once a language."""
    kinds = {"": _("Everything")} | {code: str(name) for code, (name, _of) in words.GROUPS.items()}
    return [
        {"name": name, "link": f"?kind={code}" if code else "?", "here": code == here}
        for code, name in kinds.items()
    ]


def by_days(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """These lines of a history, one of its own before each day."""
    last = None
    for line in lines:
        if (on := day_of(line["at"])) != last:
            yield {"day": _("Today") if on == today() else day(on)}
            last = on
        yield line


def _line(event: CaseEvent, case: Case) -> dict[str, Any]:
    who = str(event.by) if event.by else _("the portal itself")
    line = {"at": event.at, "kind": words.SHAPES.get(event.kind.partition(".")[0], "view")}
    if event.kind in ("note.written", "call.logged"):
        return line | {
            "words": "\n".join(filter(None, [_said(event), lateness_in_words(event.data)])),
            "audience": event.audience,
            "title": _note_title(event, case, who),
        }
    details = [*words.event_details(event), event.note, who]
    return line | {"words": words.event_words(event, case), "by": " · ".join(one for one in details if one)}


NOTE_TITLES = {
    "internal": gettext_lazy("Internal note · %(who)s"),
    "client": gettext_lazy("The client reads this too · %(who)s"),
    "call": gettext_lazy("Call, internal · %(who)s"),
}


def _said(event: CaseEvent) -> str:
    """The words; of an erased person that there were some."""
    if "erased" in event.data and not event.note:
        return _("These words were erased: whoever wrote them asked for it.")
    return event.note or _outcome(event)


_OUTCOMES = {"missed": gettext_lazy("nobody answered"), "answered": gettext_lazy("answered")}


def _outcome(event: CaseEvent) -> str:
    return str(_OUTCOMES.get(event.data.get("outcome", ""), ""))


def _note_title(event: CaseEvent, case: Case, who: str) -> str:
    key = "client" if event.audience == Audience.CLIENT else "internal"
    title = str(NOTE_TITLES["call" if event.kind == "call.logged" else key] % {"who": who})
    if event.data.get("who") in words.CALLERS:
        title += f" · {words.CALLERS[event.data['who']]}"
        title += f", {_outcome(event)}" if event.note else ""
    return title
