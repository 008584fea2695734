"""Cases are searched in one folded text and found by its windows; what was taken back is in no index of a list.

Nobody waits for it: rows are filed in batches, and each index is made beside those it follows. So it is no one
transaction, and each step may be taken again by whoever begins after a kill.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models, transaction
from django.db.migrations.operations.base import Operation

import cases.search
import clients.spelling

BATCH = 5000

WINDOWS = """
CREATE OR REPLACE FUNCTION cases_windows(text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 5000 AS $$
DECLARE
    found text[] := '{}';
    word text;
BEGIN
    FOREACH word IN ARRAY string_to_array($1, ' ') LOOP
        FOR place IN 1..length(word) LOOP
            found := found || substr(word, place, 4);
        END LOOP;
    END LOOP;
    RETURN array_to_tsvector(found);
END $$;
REVOKE EXECUTE ON FUNCTION cases_windows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cases_windows TO portal_all, portal_some;

-- What ANALYZE found to be common, which only the owner may read; it tells nothing of any one case.
CREATE OR REPLACE FUNCTION cases_common_windows() RETURNS TABLE (common text, share real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT common, max(share)
    FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS _ (common, share)
    WHERE tablename IN ('case_found_dated', 'case_found_undated') AND common IS NOT NULL
    GROUP BY common
$$;
REVOKE EXECUTE ON FUNCTION cases_common_windows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cases_common_windows TO portal_all;
"""
NO_WINDOWS = "DROP FUNCTION cases_common_windows(); DROP FUNCTION cases_windows(text)"

READ = """SELECT c.id, c.reference, c.domain_name, k.name, k.name_zh, c.icp_number, c.psb_number, c.licence_number
    FROM cases_case c JOIN clients_client k ON k.id = c.client_id
    WHERE c.id > %s ORDER BY c.id LIMIT %s FOR UPDATE OF c"""
WRITE = """UPDATE cases_case SET filed_under = told.words
    FROM unnest(%s::bigint[], %s::text[]) AS told (id, words) WHERE cases_case.id = told.id"""


def file_all(_apps, editor):
    """A batch a transaction; begun again it does no harm."""
    last = 0
    while last is not None:
        with transaction.atomic(editor.connection.alias), editor.connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_all")
            cursor.execute(READ, [last, BATCH])
            rows = cursor.fetchall()
            ids = [row[0] for row in rows]
            cursor.execute(WRITE, [ids, [clients.spelling.joined(row[1:]) for row in rows]])
        last = ids[-1] if ids else None


def listed(name, *fields, include=()):
    """Cases that were not taken back, as lists have them."""
    order = models.OrderBy(models.F("due_at"), nulls_last=True)
    present = models.Q(("taken_back_at__isnull", True))
    return models.Index(
        *map(models.F, fields), order, models.F("id"), name=name, condition=present, include=include
    )


def found(name, *, is_dated):
    """Windows of cases with a date, or of those without."""
    condition = models.Q(("due_at__isnull", not is_dated))
    return GinIndex(cases.search.Windows("filed_under"), name=name, condition=condition)


MADE = [
    found("case_found_dated", is_dated=True),
    found("case_found_undated", is_dated=False),
    listed("case_listed", include=("filed_under",)),
    listed(
        "case_listed_stage", "stage", include=("waiting_on", "provider", "province", "account_manager")
    ),
    listed(
        "case_listed_manager", "account_manager", include=("stage", "waiting_on", "provider", "province")
    ),
    listed("case_listed_waiting", "waiting_on"),
    listed("case_listed_client", "client"),
    listed("case_listed_provider", "provider"),
    listed("case_listed_province", "province", include=("provider",)),
]
GONE = [
    "case_pairs",
    "case_due",
    "case_stage_due",
    "case_manager_due",
    "case_waiting_due",
    "case_client_due",
    "case_provider_due",
    "case_province_due",
]


class Follow(Operation):
    """All of them at once in Django's eyes: to read every model anew for each would cost seconds."""

    def state_forwards(self, app_label, state):
        options = state.models[app_label, "case"].options
        options["indexes"] = [one for one in options["indexes"] if one.name not in GONE] + MADE
        state.reload_model(app_label, "case", delay=True)

    def database_forwards(self, app_label, editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, "case")
        for one in MADE:
            editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {one.name}")  # half made by whoever was killed
            editor.add_index(model, one, concurrently=True)
        for name in GONE:
            editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


FILED_UNDER = models.TextField(db_default="", default="", editable=False)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0019_consent_for_handing_on")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE cases_case ADD COLUMN IF NOT EXISTS filed_under text DEFAULT '' NOT NULL",
            "ALTER TABLE cases_case DROP COLUMN filed_under",
            [migrations.AddField("case", "filed_under", FILED_UNDER)],
        ),
        migrations.RunSQL(WINDOWS, NO_WINDOWS),
        migrations.RunPython(file_all, migrations.RunPython.noop),
        Follow(),
        migrations.RunSQL(
            "ALTER TABLE cases_case DROP COLUMN IF EXISTS pairs",
            migrations.RunSQL.noop,
            [migrations.RemoveField("case", "pairs")],
        ),
    ]
