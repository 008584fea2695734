"""Where cases of different clients collide: found with full sight, kept where only the agency reads.

Nothing here runs in a client's request, and nothing a client sees or waits for depends on what is found: with a
collision and without, their pages, checks, answers and times are the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from cases.models import Case
from cases.workflow import BEFORE_LICENCE, ENDED
from clients.sight import every_client

BATCH = 500
BATCHES = 20  # in one run; the next one goes on
MOST_OTHERS = 10  # of one thing of one case: whoever is in more is known well enough

# Each branch takes the cases of the batch, and of each the others that share one thing, by their index. Numbers of
# papers are compared by their keyed hash. An own personal filing besides is fine; so is the same applicant's person.
_FIND = """
WITH found AS (
    SELECT 'collision_subject' AS code, mine.case_id, mine.client_id, 'subject.id_number' AS place,
           other.case_id AS other_id, other.client_id AS other_client, 'subject.id_number' AS other_place
    FROM cases_subject mine
    CROSS JOIN LATERAL (
        SELECT o.case_id, o.client_id FROM cases_subject o JOIN cases_case c ON c.id = o.case_id
        WHERE o.id_number_hash = mine.id_number_hash AND o.id_number_hash <> '' AND o.client_id <> mine.client_id
          AND c.stage <> ALL(%(ended)s) ORDER BY o.case_id DESC LIMIT %(most)s) other
    WHERE mine.case_id = ANY(%(batch)s) AND mine.id_number_hash <> ''
  UNION ALL
    SELECT 'collision_person', mine.case_id, mine.client_id, mine.part || '.id_number',
           other.case_id, other.client_id, other.part || '.id_number'
    FROM cases_person mine JOIN cases_subject ours ON ours.case_id = mine.case_id
    CROSS JOIN LATERAL (
        SELECT o.case_id, o.client_id, o.part FROM cases_person o JOIN cases_case c ON c.id = o.case_id
        JOIN cases_subject theirs ON theirs.case_id = o.case_id
        WHERE o.id_number_hash = mine.id_number_hash AND o.id_number_hash <> '' AND o.client_id <> mine.client_id
          AND c.stage <> ALL(%(ended)s) AND theirs.kind <> 'individual'
          AND (theirs.id_number_hash = '' OR theirs.id_number_hash <> ours.id_number_hash)
        ORDER BY o.case_id DESC LIMIT %(most)s) other
    WHERE mine.case_id = ANY(%(batch)s) AND mine.id_number_hash <> '' AND ours.kind <> 'individual'
  UNION ALL
    SELECT 'collision_mobile', mine.case_id, mine.client_id, mine.part || '.mobile',
           other.case_id, other.client_id, other.part || '.mobile'
    FROM cases_person mine JOIN cases_subject ours ON ours.case_id = mine.case_id
    CROSS JOIN LATERAL (
        SELECT o.case_id, o.client_id, o.part FROM cases_person o JOIN cases_case c ON c.id = o.case_id
        JOIN cases_subject theirs ON theirs.case_id = o.case_id
        WHERE o.mobile = mine.mobile AND o.mobile <> '' AND o.client_id <> mine.client_id
          AND c.stage <> ALL(%(ended)s)
          AND (o.id_number_hash = '' OR o.id_number_hash <> mine.id_number_hash)
          AND (theirs.id_number_hash = '' OR theirs.id_number_hash <> ours.id_number_hash)
        ORDER BY o.case_id DESC LIMIT %(most)s) other
    WHERE mine.case_id = ANY(%(batch)s) AND mine.mobile <> ''
  UNION ALL
    SELECT 'collision_domain', mine.id, mine.client_id, 'domain.name', other.id, other.client_id, 'domain.name'
    FROM cases_case mine
    CROSS JOIN LATERAL (
        SELECT o.id, o.client_id FROM cases_case o
        WHERE o.domain_name = mine.domain_name AND o.domain_name <> '' AND o.client_id <> mine.client_id
          AND o.stage <> ALL(%(ended)s) ORDER BY o.id DESC LIMIT %(most)s) other
    WHERE mine.id = ANY(%(batch)s) AND mine.domain_name <> ''
  UNION ALL
    SELECT 'collision_service_number', mine.case_id, mine.client_id, 'server.service_number',
           other.case_id, other.client_id, 'server.service_number'
    FROM cases_server mine
    CROSS JOIN LATERAL (
        SELECT o.case_id, o.client_id FROM cases_server o JOIN cases_case c ON c.id = o.case_id
        WHERE o.service_number = mine.service_number AND o.service_number <> '' AND o.client_id <> mine.client_id
          AND c.stage <> ALL(%(ended)s) ORDER BY o.case_id DESC LIMIT %(most)s) other
    WHERE mine.case_id = ANY(%(batch)s) AND mine.service_number <> ''
), both_ways AS (
    SELECT code, case_id, client_id, place, other_id FROM found
    UNION
    SELECT code, other_id, other_client, other_place, case_id FROM found
), open AS (
    SELECT both_ways.* FROM both_ways
    JOIN cases_case mine ON mine.id = both_ways.case_id JOIN cases_case other ON other.id = both_ways.other_id
    WHERE mine.stage = ANY(%(before)s) AND other.stage <> ALL(%(ended)s)
), gone AS (
    DELETE FROM cases_collision was
    WHERE (was.case_id = ANY(%(batch)s) OR was.other_id = ANY(%(batch)s))
      AND NOT EXISTS (
        SELECT FROM open WHERE (open.case_id, open.code, open.place, open.other_id)
                             = (was.case_id, was.code, was.place, was.other_id))
)
INSERT INTO cases_collision (case_id, client_id, code, place, other_id, found_at)
SELECT case_id, client_id, code, place, other_id, %(now)s FROM open
ON CONFLICT (case_id, code, place, other_id) DO NOTHING
"""


def compare(*, now: datetime | None = None, batch: int = BATCH) -> int:
    """Compare every case that changed since it was last compared with those of all clients; how many there were.

    A batch is one transaction and leaves its mark on its cases: a kill costs no more than the batch it was in.
    """
    compared = 0
    for _turn in range(BATCHES):
        ids = _compare_some(now or timezone.now(), batch)
        compared += len(ids)
        if not ids:
            break
    return compared


def _compare_some(now: datetime, batch: int) -> list[int]:
    with every_client():
        # What was taken back too: what it collided with is told no more.
        waiting = Case.everything.filter(compared_version__lt=F("version")).order_by("id")
        # What a person is working on just now is passed over: its next version comes round again.
        locked = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",))
        ids = list(locked.values_list("pk", flat=True)[:batch])
        if ids:
            told: dict[str, Any] = {"batch": ids, "now": now, "most": MOST_OTHERS}
            stages = {"ended": [str(one) for one in ENDED], "before": [str(one) for one in BEFORE_LICENCE]}
            with connection.cursor() as cursor:
                cursor.execute(_FIND, told | stages)
            Case.everything.filter(pk__in=ids).update(compared_version=F("version"))
    return ids
