"""What is usual is learned from the agency's own history: its stays every few minutes, the sums of them each night."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from cases.deadlines import beijing_day
from cases.models import CaseEvent, UsualStay
from cases.usual import ENOUGH, forget_usual
from cases.workflow import ROAD
from clients.sight import every_client
from trade.days import working_days_in

LOOKED_BACK = timedelta(days=2 * 366)
# Events come into sight in the order of their commits, not of their numbers: so many of the last are looked at again.
AGAIN = 20_000


# ── Stays ───────────────────────────────────────────────────────────────────────────────────────────────────────────

# A stay begins with a move to the stage (or the opening) and ends with the next one. How many of the sorted working
# days are past tells the working days between two of them. Of a case that was brought in nobody knows since when it
# stood there.
_STAYS = """
INSERT INTO cases_stay (case_id, client_id, stage, left_for, move, entered_at, left_at, working_days, was_held,
                        begun_by, ended_by)
SELECT ended.case_id, ended.client_id, ended.from_stage, ended.to_stage, ended.move, begun.at, ended.at,
       greatest(0, width_bucket((ended.at AT TIME ZONE 'Asia/Shanghai')::date::timestamp, %(days)s::timestamp[])
                   - width_bucket((begun.at AT TIME ZONE 'Asia/Shanghai')::date::timestamp, %(days)s::timestamp[])),
       EXISTS (SELECT FROM cases_caseevent AS held
               WHERE held.case_id = ended.case_id AND held.id BETWEEN begun.id AND ended.id AND held.move = 'hold'),
       begun.id, ended.id
FROM cases_caseevent AS ended CROSS JOIN LATERAL (
    SELECT id, at, kind FROM cases_caseevent AS earlier
    WHERE earlier.case_id = ended.case_id AND earlier.id < ended.id AND (
        earlier.kind IN ('case.opened', 'case.imported')
        OR (earlier.kind = 'case.moved' AND earlier.from_stage <> earlier.to_stage)
    )
    ORDER BY id DESC LIMIT 1
) AS begun
WHERE ended.id > %(behind)s AND ended.kind = 'case.moved' AND ended.from_stage <> ended.to_stage
      AND begun.kind <> 'case.imported'
ON CONFLICT (ended_by) DO NOTHING
"""


def keep_stays() -> int:
    """Write down the stays that ended since the last time; how many."""
    with every_client(), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(ended_by), 0) FROM cases_stay")
        behind = cursor.fetchone()[0] - AGAIN
        first = CaseEvent.objects.order_by("id").values_list("at", flat=True).first() or timezone.now()
        days = working_days_in(beijing_day(first).year, beijing_day(timezone.now()).year + 1)
        cursor.execute(_STAYS, {"behind": behind, "days": days})
        return cursor.rowcount


# ── What is usual ───────────────────────────────────────────────────────────────────────────────────────────────────

# From each stay to its end, and to the first later arrival at each stop ahead: where on the way a case was held, the
# way tells nothing. Working days of stays in a row add up. A number of the end and the days until then are compared
# as one, for both only grow along a case.
_USUAL = """
WITH walked AS (
    SELECT stay.stage, stay.case_id, stay.left_for, stay.was_held, stay.ended_by, stay.working_days, of.provider,
           of.province, sum(stay.working_days) OVER (PARTITION BY stay.case_id ORDER BY stay.ended_by) AS total
    FROM cases_stay AS stay JOIN cases_case AS of ON of.id = stay.case_id
    WHERE stay.entered_at > %(since)s AND stay.move <> 'step_back'
), ahead AS (
    SELECT stage, provider, province, total - working_days AS before, ARRAY[ended_by, total] AS leaving,
           min(ended_by) FILTER (WHERE was_held) OVER later AS held_by,
           min(ARRAY[ended_by, total]) FILTER (WHERE left_for = 'provider_pre_audit') OVER later AS at_pre_audit,
           min(ARRAY[ended_by, total]) FILTER (WHERE left_for = 'photo') OVER later AS at_photo,
           min(ARRAY[ended_by, total]) FILTER (WHERE left_for = 'miit_review') OVER later AS at_miit_review,
           min(ARRAY[ended_by, total]) FILTER (WHERE left_for = 'licensed') OVER later AS at_licensed,
           min(ARRAY[ended_by, total]) FILTER (WHERE left_for = 'psb_filed') OVER later AS at_psb_filed,
           min(ARRAY[ended_by, total]) FILTER (WHERE left_for = 'commercial_licensed') OVER later AS at_commercial
    FROM walked WINDOW later AS (PARTITION BY case_id ORDER BY ended_by
                                 ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
), ways AS (
    SELECT stage, way.reached, provider, province, way.at[2] - before AS days
    FROM ahead CROSS JOIN LATERAL (
        VALUES ('', leaving), ('provider_pre_audit', at_pre_audit), ('photo', at_photo),
               ('miit_review', at_miit_review), ('licensed', at_licensed), ('psb_filed', at_psb_filed),
               ('commercial_licensed', at_commercial)
    ) AS way (reached, at)
    WHERE way.at IS NOT NULL AND (held_by IS NULL OR held_by > way.at[1])
      AND (way.reached = '' OR array_position(%(road)s, way.reached) > array_position(%(road)s, stage))
)
SELECT stage, reached, coalesce(provider, ''), coalesce(province, ''),
       percentile_disc(ARRAY[0.1, 0.5, 0.8, 0.9]) WITHIN GROUP (ORDER BY days), count(*)
FROM ways
GROUP BY GROUPING SETS ((stage, reached), (stage, reached, provider), (stage, reached, provider, province))
HAVING count(*) >= %(enough)s AND (grouping(provider) = 1 OR provider <> '')
   AND (grouping(province) = 1 OR province <> '')
"""


def learn_usual_stays(*, now: datetime | None = None) -> int:
    """Reckon anew what is usual, for how many ways; of one with too little history nothing is said."""
    now = now or timezone.now()
    keep_stays()
    told: dict[str, Any] = {
        "since": now - LOOKED_BACK,
        "road": [stage.value for stage in ROAD],
        "enough": ENOUGH,
    }
    with every_client():
        with connection.cursor() as cursor:
            cursor.execute(_USUAL, told)
            found = cursor.fetchall()
        UsualStay.objects.all().delete()
        UsualStay.objects.bulk_create(
            UsualStay(
                stage=stage,
                reached=reached,
                provider=provider,
                province=province,
                low=low,
                usual=max(1, usual),
                quiet_after=max(1, quiet_after),
                high=max(1, high),
                stays=stays,
                learned_at=now,
            )
            for stage, reached, provider, province, (low, usual, quiet_after, high), stays in found
        )
    forget_usual()
    return len(found)
