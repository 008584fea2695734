"""When a case will reach the stops ahead: by what filings like it took at this agency, else by the rule.

The range is one in which four of five arrive: a tenth comes sooner, a tenth later. Nothing here is rolled or guessed:
the same case, history and day give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import CharField, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import words
from cases.deadlines import beijing_day, midday, working_days_between
from cases.models import Case, CaseEvent, Deadline, DeadlineState, UsualStay
from cases.workflow import ENDED, ROAD, Stage
from clients.asking import Statement
from clients.kept import Kept
from clients.templatetags.look import is_chinese, short_day
from trade.clocks import CLOCKS, USUAL
from trade.days import due, nth_working_day
from trade.provinces import PROVINCES


@dataclass(frozen=True)
class Arrival:
    """A stop ahead: its likeliest day, the days between which four in five arrive, and what that stands on."""

    on: date
    earliest: date
    latest: date
    allowed_until: date | None = None  # the last day that the running clock allows
    is_provisional: bool = False
    is_overdue: bool = False  # nine in ten were there by now
    from_today: bool = False  # a draft: if it were handed in today
    filings: int = 0  # the history behind it; none: the rule
    provider: str = ""
    province: str = ""

    @property
    def in_words(self) -> str:
        """The range that history knows, as far as the running clock allows it.

        What the rule allows at most is far off, so by it the likeliest day alone.
        """
        if not self.filings:
            return short_day(self.on)
        allowed = self.allowed_until or self.latest
        return span_of_days(self.earliest, max(self.earliest, min(self.latest, allowed)))


_LEARNED: Kept[UsualStay] = Kept(
    lambda stage, provider, province: UsualStay.objects.filter(
        ~Q(reached=""),
        Q(provider="") | Q(provider=provider),
        Q(province="") | Q(province=province),
        stage=stage,
    ),
    is_scoped=False,
    stage=CharField(),
    provider=CharField(),
    province=CharField(),
)


def learned_for(cases: Iterable[Case]) -> list[UsualStay]:
    """What the history tells of cases like these, for `forecast`; one query for all of them."""
    asked = [case for case in cases if _is_on_its_way(case)]
    if not asked:
        return []
    if len(asked) == 1:
        (one,) = asked
        return _LEARNED(stage=one.stage, provider=one.provider, province=one.province)
    return list(
        UsualStay.objects.filter(
            ~Q(reached=""),
            stage__in={case.stage for case in asked},
            provider__in={"", *(case.provider for case in asked)},
            province__in={"", *(case.province for case in asked)},
        )
    )


def learned_ahead(case: Case) -> Statement | None:
    """The statement that `learned_for` asks of one case."""
    if not _is_on_its_way(case):
        return None
    return _LEARNED.ahead(stage=case.stage, provider=case.provider, province=case.province)


def _is_on_its_way(case: Case) -> bool:
    return not case.on_hold and case.stage not in ENDED and case.stage != ROAD[-1]


def forecast(
    case: Case, learned: Iterable[UsualStay], moves: Iterable[CaseEvent] = (), *, now: datetime | None = None
) -> dict[str, Arrival]:
    """The stops ahead of a case on its way. Where its moves are told, oldest first, time on hold does not count."""
    if not _is_on_its_way(case):
        return {}
    now = now or timezone.now()
    known = _nearest(case, learned)
    entered = beijing_day(case.moved_at)
    if rested := _rested_days(case, moves):
        entered = nth_working_day(entered, rested)
    expected: dict[str, Arrival] = {}
    last: Arrival | None = None
    here = ROAD.index(Stage(case.stage))
    for stage, ahead in zip(ROAD[here:], ROAD[here + 1 :], strict=False):
        if (row := known.get(ahead)) is not None:
            last = _by_history(row, entered, last, beijing_day(now))
            if stage == case.stage and (clock := _clock_of(case)):
                last = replace(last, allowed_until=beijing_day(clock.due_at))
        elif stage == Stage.DRAFT:
            continue  # it ends when its client is ready
        elif last is None:
            last = _by_rule(case, stage, now)
        else:
            last = _on_from(last, *_rule(case, stage))
        expected[ahead] = last
    return expected


def _nearest(case: Case, learned: Iterable[UsualStay]) -> dict[str, UsualStay]:
    """By stop, the history that is most like this case: provider and province, then provider, then all."""
    levels = [(case.provider, case.province), (case.provider, ""), ("", "")]
    rows = [row for row in learned if row.stage == case.stage and (row.provider, row.province) in levels]
    rows.sort(key=lambda row: levels.index((row.provider, row.province)), reverse=True)
    return {row.reached: row for row in rows}


def _by_history(row: UsualStay, entered: date, last: Arrival | None, today: date) -> Arrival:
    """No sooner than the stop before it, nor than today."""
    likely, low, high = (due(midday(entered), days, "working") for days in (row.usual, row.low, row.high))
    floor = last or Arrival(today, today, today)
    return Arrival(
        on=max(beijing_day(likely.at), floor.on),
        earliest=max(beijing_day(low.at), floor.earliest),
        latest=max(beijing_day(high.at), floor.latest),
        is_provisional=high.provisional,
        is_overdue=beijing_day(high.at) < today,
        filings=row.stays,
        provider=row.provider,
        province=row.province,
    )


def _by_rule(case: Case, stage: str, now: datetime) -> Arrival:
    """The first stop ahead: from the clock that runs, else from the move here; of a draft, from today."""
    today = beijing_day(now)
    clock = _clock_of(case) if stage == case.stage else None
    begun = case.moved_at if stage == case.stage else now
    least, usual, most, unit = _rule(case, stage)
    if clock is not None:
        begun = clock.started_at
        if clock.kind == "psb_review":
            least, usual, most, unit = 1, clock.amount, clock.amount, clock.unit
    low, likely, high = (due(begun, days, unit) for days in (least, usual, most))
    return Arrival(
        on=max(beijing_day(likely.at), today),
        earliest=max(beijing_day(low.at), today),
        latest=max(beijing_day(high.at), today),
        allowed_until=beijing_day(clock.due_at) if clock else None,
        is_provisional=high.provisional,
        from_today=case.stage == Stage.DRAFT,
    )


def _on_from(last: Arrival, least: int, usual: int, most: int, unit: str) -> Arrival:
    """The next stop by the rule, from when the one before it is expected."""
    low, likely, high = (
        due(midday(day), days, unit)
        for day, days in ((last.earliest, least), (last.on, usual), (last.latest, most))
    )
    return Arrival(
        on=beijing_day(likely.at),
        earliest=beijing_day(low.at),
        latest=beijing_day(high.at),
        is_provisional=last.is_provisional or high.provisional,
        from_today=last.from_today,
    )


def _rule(case: Case, stage: str) -> tuple[int, int, int, str]:
    """At least, usually and at most, and in which days; the ministry's review as the province's bureau has it."""
    row = USUAL[stage]
    usual = row.n or 1
    least, most = 1, max([usual, *(CLOCKS[code].n for code in row.clocks[:1])])
    if stage == Stage.MIIT_REVIEW and case.province in PROVINCES:
        bureau = PROVINCES[case.province]
        least, most = bureau.review_low, bureau.review_high
        usual = min(max(usual, least), most)
    return least, usual, most, row.unit


def _clock_of(case: Case) -> Deadline | None:
    """The clock that says until when the case may stay where it stands."""
    kinds = USUAL[case.stage].clocks if case.stage in USUAL else ()
    alive = (DeadlineState.RUNNING, DeadlineState.PAUSED)
    return next((one for one in case.clocks if one.kind in kinds and one.state in alive), None)


def _rested_days(case: Case, moves: Iterable[CaseEvent]) -> int:
    """The working days for which a case was held since it came to where it stands."""
    days, held_at = 0, None
    for move in moves:
        if move.at < case.moved_at:
            continue
        if move.move == "hold":
            held_at = move.at
        elif move.move == "resume" and held_at is not None:
            days += working_days_between(beijing_day(held_at), beijing_day(move.at))
    return days


# ── In words ────────────────────────────────────────────────────────────────────────────────────────────────────────


def span_of_days(first: date, last: date) -> str:
    """4–10 Dec · 12月4–10日: two days with one month between them where it is the same."""
    if first == last:
        return short_day(first)
    if (first.year, first.month) != (last.year, last.month):
        return f"{short_day(first)} – {short_day(last)}"
    if is_chinese():
        return short_day(last).replace(f"月{last.day}日", f"月{first.day}–{last.day}日")
    return f"{first.day}–{short_day(last)}"


def basis(expected: Arrival) -> str:
    """What an expectation stands on, to the agency's people."""
    if not expected.filings:
        return _("usual time by the rule")
    n = expected.filings
    told = {
        "n": n,
        "provider": words.code_words("provider", expected.provider),
        "province": words.code_words("province", expected.province),
    }
    if expected.province:
        said = ngettext(
            "from %(n)d filing of yours with %(provider)s in %(province)s",
            "from %(n)d filings of yours with %(provider)s in %(province)s",
            n,
        )
    elif expected.provider:
        said = ngettext(
            "from %(n)d filing of yours with %(provider)s", "from %(n)d filings of yours with %(provider)s", n
        )
    else:
        said = ngettext("from %(n)d filing of yours", "from %(n)d filings of yours", n)
    return said % told


def licence_in_words(expected: dict[str, Arrival]) -> str:
    """The licence in one sentence for the desk, with what it stands on; empty where it is there or nobody can say."""
    licence = expected.get(Stage.LICENSED)
    if licence is None:
        return ""
    told = {
        "day": short_day(licence.on),
        "range": span_of_days(licence.earliest, licence.latest),
        "basis": basis(licence),
    }
    if licence.earliest == licence.latest and not licence.is_overdue:
        said = _("Licence expected %(day)s: %(basis)s.") % told
    elif licence.from_today:
        said = _("Licence about %(day)s if handed in today, within %(range)s: %(basis)s.") % told
    elif licence.is_overdue:
        said = _("Licence any day: nine in ten had it by now, %(basis)s.") % told
    elif not licence.filings:
        said = _("Licence about %(day)s, within %(range)s: %(basis)s.") % told
    else:
        said = _("Licence about %(day)s, four in five within %(range)s: %(basis)s.") % told
    if licence.is_provisional:
        said += " " + _("Provisional: the year's calendar is not out.")
    return said


def promise_in_words(case: Case) -> str:
    """What was promised, and how it looks, for the desk; empty where nothing was."""
    if case.promised_on is None or case.stage in ENDED:
        return ""
    told = {"day": short_day(case.promised_on)}
    if case.licensed_on is not None:
        if case.licensed_on <= case.promised_on:
            return _("Promised for %(day)s, and kept.") % told
        return _("Promised for %(day)s; it came later.") % told
    if case.promise_is_late:
        return _("Promised for %(day)s: it will be late, as things stand.") % told
    return _("Promised for %(day)s.") % told


def lateness_in_words(data: dict[str, str]) -> str:
    """What a note tells of a filing that will be late, to both sides; empty where it tells nothing of that."""
    try:
        promised, first, last = (
            date.fromisoformat(data[name]) for name in ("promised_on", "expected_from", "expected_to")
        )
    except (KeyError, ValueError):
        return ""
    told = {"promised": short_day(promised), "expected": span_of_days(first, last)}
    return _("Promised for %(promised)s; as things stand now expected %(expected)s.") % told
