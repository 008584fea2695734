"""What is usual is learned from the agency's own history: each night, in one statement."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from django.db import connection
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.models import UsualStay
from cases.usual import ENOUGH, forget_usual
from clients.sight import every_client
from trade.days import working_days_of

LOOKED_BACK = timedelta(days=2 * 366)

# A stay begins with a move to the stage (or the opening) and ends with the next one; those in which the case was held
# tell nothing. How many of the sorted working days are past tells the working days between two of them.
_STAYS = """
WITH steps AS (
    SELECT case_id, id, at, CASE kind WHEN 'case.opened' THEN 'draft' ELSE to_stage END AS stage,
           lead(at) OVER (PARTITION BY case_id ORDER BY id) AS left_at,
           lead(id) OVER (PARTITION BY case_id ORDER BY id) AS left_by
    FROM cases_caseevent
    WHERE at > %(since)s AND (kind = 'case.opened' OR (kind = 'case.moved' AND from_stage <> to_stage))
), stays AS (
    SELECT stage,
           width_bucket((left_at AT TIME ZONE 'Asia/Shanghai')::date::timestamp, %(days)s::timestamp[])
           - width_bucket((at AT TIME ZONE 'Asia/Shanghai')::date::timestamp, %(days)s::timestamp[]) AS days
    FROM steps
    WHERE left_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM cases_caseevent AS held
        WHERE held.case_id = steps.case_id AND held.id BETWEEN steps.id AND steps.left_by AND held.move = 'hold'
    )
)
SELECT stage, percentile_disc(0.5) WITHIN GROUP (ORDER BY days), percentile_disc(0.8) WITHIN GROUP (ORDER BY days),
       count(*)
FROM stays GROUP BY stage HAVING count(*) >= %(enough)s
"""


def learn_usual_stays(*, now: datetime | None = None) -> int:
    """Reckon anew what is usual for each stage; of a stage with too little history nothing is said."""
    now = now or timezone.now()
    since = now - LOOKED_BACK
    told: dict[str, Any] = {
        "since": since,
        "days": _working_days(beijing_day(since), beijing_day(now)),
        "enough": ENOUGH,
    }
    with every_client():
        with connection.cursor() as cursor:
            cursor.execute(_STAYS, told)
            found = cursor.fetchall()
        UsualStay.objects.exclude(stage__in=[stage for stage, *_ in found]).delete()
        UsualStay.objects.bulk_create(
            [
                UsualStay(
                    stage=stage,
                    usual=max(1, usual),
                    quiet_after=max(1, quiet_after),
                    stays=stays,
                    learned_at=now,
                )
                for stage, usual, quiet_after, stays in found
            ],
            update_conflicts=True,
            unique_fields=["stage"],
            update_fields=["usual", "quiet_after", "stays", "learned_at"],
        )
    forget_usual()
    return len(found)


def _working_days(first: date, last: date) -> list[date]:
    years = chain.from_iterable(working_days_of(year) for year in range(first.year, last.year + 1))
    return list(years)
