"""What the agency's work looks like over a span of weeks: sums that PostgreSQL makes along indexes, one query each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from cases.deadlines import midnight
from cases.models.case import WaitingOn
from cases.workflow import ENDED, ROAD
from clients.models import User
from trade.clocks import CLOCKS, USUAL
from trade.days import working_days_in

PERIODS = {"4": 4, "13": 13, "52": 52}  # weeks
BY_MONTH = 13  # weeks, beyond which the forecast is shown by the month
WORKING_WEEK = 5 / 7


@dataclass(frozen=True)
class Asked:
    """A span of days in Beijing, both included, and whose cases."""

    first: date
    last: date
    provider: str = ""
    manager: User | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first moment to the first one behind it."""
        return midnight(self.first), midnight(self.last + timedelta(days=1))

    def told(self) -> dict[str, Any]:
        """For SQL: an empty provider and no manager mean all."""
        begins, behind = self.span
        return {
            "begins": begins,
            "behind": behind,
            "first": self.first,
            "last": self.last,
            "provider": self.provider,
            "manager": self.manager.pk if self.manager else None,
        }


def _rows(sql: str, told: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        return cursor.fetchall()


# ── Time in each stage ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Spent:
    """Working days at one stop: what half of the stays needed, and four in five."""

    stage: str
    half: int
    most: int
    stays: int
    limit: int | None = None  # what the clocks of the trade allow
    by_provider: list[tuple[str, Spent]] = field(default_factory=list)


# Time on hold is nobody's, and a step back takes a move back that never was.
_SPENT = """
SELECT stay.stage, of.provider, percentile_disc(ARRAY[0.5, 0.8]) WITHIN GROUP (ORDER BY stay.working_days), count(*)
FROM cases_stay AS stay JOIN cases_case AS of ON of.id = stay.case_id
WHERE stay.left_at >= %(begins)s AND stay.left_at < %(behind)s AND NOT stay.was_held AND stay.move <> 'step_back'
      AND (%(provider)s = '' OR of.provider = %(provider)s)
      AND (%(manager)s::bigint IS NULL OR of.account_manager_id = %(manager)s)
GROUP BY GROUPING SETS ((stay.stage), (stay.stage, of.provider))
"""


def time_in_stages(asked: Asked) -> list[Spent]:
    """Along the road, of the stays that ended in the span; stops without any are left out."""
    whole: dict[str, Spent] = {}
    parts: dict[str, list[tuple[str, Spent]]] = {}
    for stage, provider, (half, most), stays in _rows(_SPENT, asked.told()):
        spent = Spent(stage, half, most, stays, _limit(stage))
        if provider is None:
            whole[stage] = spent
        else:
            parts.setdefault(stage, []).append((provider, spent))
    found = []
    for stage in ROAD:
        if stage in whole:
            one = whole[stage]
            one.by_provider.extend(sorted(parts[stage], key=lambda part: -part[1].stays))
            found.append(one)
    return found


def _limit(stage: str) -> int | None:
    """In working days; where calendar days are allowed, so many of them as are worked in a usual week."""
    clocks = [CLOCKS[code] for code in USUAL[stage].clocks] if stage in USUAL else []
    if not clocks:
        return None
    return sum(round(one.n * WORKING_WEEK) if one.unit == "calendar" else one.n for one in clocks)


# ── Returns ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Returned:
    """How often one reason was named, by whom; and what it cost, on average."""

    code: str  # empty: all the others together
    by_provider: int
    by_bureau: int
    rounds: float | None  # of handing in, from the return to today
    days: float | None  # working days until it was handed in again

    @property
    def times(self) -> int:
        return self.by_provider + self.by_bureau


@dataclass(frozen=True)
class Returns:
    reasons: list[Returned]
    returns: int
    cases: int


_RETURNS = """
WITH returned AS (
    SELECT event.id, event.case_id, event.move, event.reasons, of.round - (event.data ->> 'round')::int + 1 AS rounds,
           after.working_days
    FROM cases_caseevent AS event JOIN cases_case AS of ON of.id = event.case_id
    LEFT JOIN cases_stay AS after ON after.begun_by = event.id AND after.stage = 'draft'
    WHERE event.at >= %(begins)s AND event.at < %(behind)s AND event.move IN ('return_for_changes', 'reject')
          AND (%(provider)s = '' OR of.provider = %(provider)s)
      AND (%(manager)s::bigint IS NULL OR of.account_manager_id = %(manager)s)
)
SELECT reason ->> 'code', count(*) FILTER (WHERE move = 'return_for_changes'), count(*) FILTER (WHERE move = 'reject'),
       avg(rounds), avg(working_days), sum(rounds), count(rounds), sum(working_days), count(working_days),
       (SELECT count(*) FROM returned), (SELECT count(DISTINCT case_id) FROM returned)
FROM returned CROSS JOIN LATERAL jsonb_array_elements(reasons) AS reason
GROUP BY 1 ORDER BY count(*) DESC, 1
"""


def returns(asked: Asked, *, most: int) -> Returns:
    """Why filings came back in the span, the frequent first; those beyond `most` in one row."""
    rows = _rows(_RETURNS, asked.told())
    if not rows:
        return Returns([], 0, 0)
    named = [Returned(row[0], row[1], row[2], _number(row[3]), _number(row[4])) for row in rows]
    if len(named) > most:
        rest = rows[most:]
        sums = [sum(row[place] or 0 for row in rest) for place in (5, 6, 7, 8)]
        others = Returned(
            "",
            sum(row[1] for row in rest),
            sum(row[2] for row in rest),
            float(sums[0] / sums[1]) if sums[1] else None,
            float(sums[2] / sums[3]) if sums[3] else None,
        )
        named = [*named[:most], others]
    return Returns(named, rows[0][9], rows[0][10])


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


# ── Forecast against fact ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Missed:
    """The licences of one week or month: working days after the day that was forecast, or before it."""

    begins: date
    licences: int
    typical: int
    worst: int
    within: int  # of the range in which four of five were expected


@dataclass(frozen=True)
class Accuracy:
    spans: list[Missed]
    licences: int  # of the span, forecast or not
    forecast: int
    within: int
    off: int  # by more than two working days


_ACCURACY = """
WITH granted AS (
    SELECT licensed_on, forecast_on, licensed_on BETWEEN forecast_from AND forecast_until AS within,
           width_bucket(licensed_on::timestamp, %(days)s::timestamp[])
           - width_bucket(forecast_on::timestamp, %(days)s::timestamp[]) AS off
    FROM cases_case AS of
    WHERE licensed_on BETWEEN %(first)s AND %(last)s AND of.taken_back_at IS NULL
      AND (%(provider)s = '' OR of.provider = %(provider)s)
      AND (%(manager)s::bigint IS NULL OR of.account_manager_id = %(manager)s)
)
SELECT date_trunc(%(by)s, licensed_on)::date, count(*), count(forecast_on),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY off), max(off), count(*) FILTER (WHERE within),
       count(*) FILTER (WHERE abs(off) > 2)
FROM granted GROUP BY 1 ORDER BY 1
"""


def accuracy(asked: Asked, *, by_month: bool) -> Accuracy:
    """The forecast of the day of handing in beside the day of the licence, by the week or month of the licence."""
    days = working_days_in(asked.first.year - 2, asked.last.year + 2)
    rows = _rows(_ACCURACY, asked.told() | {"days": days, "by": "month" if by_month else "week"})
    spans = [Missed(row[0], row[2], row[3], row[4], row[5]) for row in rows if row[2]]
    return Accuracy(
        spans,
        licences=sum(row[1] for row in rows),
        forecast=sum(row[2] for row in rows),
        within=sum(row[5] for row in rows),
        off=sum(row[6] for row in rows),
    )


# ── Load per person ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Load:
    """What one person answers for today, and the papers that they judged in the span."""

    name: str  # empty: nobody yet
    email: str
    open: int
    their_move: int
    overdue: int
    judged: int


# What nobody waits for is through, unless it rests.
_LOAD = """
SELECT who.name, who.email, sum(open), sum(turn), sum(late), sum(judged) FROM (
    SELECT account_manager_id AS person, count(*) AS open,
           count(*) FILTER (WHERE waiting_on = 'agency' AND NOT on_hold) AS turn,
           count(*) FILTER (WHERE due_at < %(now)s AND NOT on_hold) AS late, 0 AS judged
    FROM cases_case AS of
    WHERE (waiting_on = ANY (%(parties)s) OR on_hold) AND stage <> ALL (%(ended)s)
      AND (%(provider)s = '' OR of.provider = %(provider)s)
      AND (%(manager)s::bigint IS NULL OR of.account_manager_id = %(manager)s)
    GROUP BY account_manager_id
    UNION ALL
    SELECT event.by_id, 0, 0, 0, count(*)
    FROM cases_caseevent AS event JOIN cases_case AS of ON of.id = event.case_id
    WHERE event.at >= %(begins)s AND event.at < %(behind)s AND event.kind IN ('paper.accepted', 'paper.returned')
          AND (%(provider)s = '' OR of.provider = %(provider)s)
          AND event.by_id = coalesce(%(manager)s::bigint, event.by_id)
    GROUP BY event.by_id
) AS parts LEFT JOIN clients_user AS who ON who.id = person
GROUP BY person, who.name, who.email
"""


def load(asked: Asked, *, now: datetime | None = None) -> list[Load]:
    """Those with the most open cases first; whoever has none and judged nothing is left out."""
    told = asked.told() | {
        "now": now or timezone.now(),
        "parties": [one.value for one in WaitingOn if one != WaitingOn.NOBODY],
        "ended": [one.value for one in ENDED],
    }
    found = [
        Load(name or email or "", email or "", *(int(n) for n in sums))
        for name, email, *sums in _rows(_LOAD, told)
    ]
    return sorted(found, key=lambda one: (not one.email, -one.open, one.name))
