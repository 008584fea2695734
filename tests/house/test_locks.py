"""Three locks on every client's row: each is tried alone, with the other two opened."""

from __future__ import annotations

import itertools

import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django_scopes import scope, scopes_disabled
from django_scopes.exceptions import ScopeError

from cases.models import Case, CaseEvent
from cases.services.opening import open_case
from cases.workflow import ENDED, Stage, steps
from clients import sight
from clients.models import Client

pytestmark = pytest.mark.django_db

# What the door may read to find out who is knocking, and nothing else.
DOOR = {
    "account_emailaddress",
    "account_emailconfirmation",
    "clients_agency",
    "clients_apitoken",
    "clients_auditevent",
    "clients_calendarfeed",
    "clients_idempotencykey",
    "clients_invitation",
    "clients_logo",
    "clients_membership",
    "clients_user",
    "django_content_type",
    "django_session",
    "mfa_authenticator",
    "rulebook_edition",
    "rulebook_rule",
    "usersessions_usersession",
}
# Tables that belong to no client: settings, sign-in, bookkeeping of Django's own. A new one fails until it is classed.
NO_CLIENT = DOOR | {
    "auth_group",
    "cases_dutyround",
    "clients_cover",
    "cases_usualstay",
    "cases_bulkrun",
    "cases_incoming",
    "cases_savedview",
    "documents_export",
    "rights_erasure",
    "rights_owncopy",
    "hooks_hook",
    "notifications_outage",
    "notifications_robot",
    "auth_group_permissions",
    "auth_permission",
    "django_migrations",
    "notifications_wording",
}
# Tables that tell one client's case of another's, or name clients that are none yet: whoever sees but some clients is
# refused altogether.
WHOLE_SIGHT = {"cases_collision", "cases_incomingrow", "hooks_delivery"}


@pytest.fixture
def two() -> tuple[Case, Case]:
    """A case of Harbour's and one of Lotus's, which could leak."""
    with sight.every_client():
        harbour, lotus = Client.objects.create(name="Harbour"), Client.objects.create(name="Lotus")
        return tuple(
            open_case(client, by=None, given={"domain": {"name": f"{client.name.lower()}.example"}})
            for client in (harbour, lotus)
        )


def rows(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def refused(sql: str, *params) -> str:
    """The SQLSTATE by which PostgreSQL refused the statement."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        rows(sql, *params)
    return caught.value.__cause__.sqlstate


def tables() -> set[str]:
    return {
        name
        for (name,) in rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
    }


# ── Every table is classed ──


def test_every_table_hangs_on_a_client_or_is_known_not_to():
    with_client = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if any(field.name == "client" for field in model._meta.get_fields() if field.concrete)
        or model is Client
    }

    assert tables() == with_client | NO_CLIENT


def test_every_tenants_table_is_under_forced_row_level_security_with_one_plain_policy_a_role():
    guarded = {
        name: (secured, forced)
        for name, secured, forced in rows(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    }
    policies = rows("SELECT tablename, roles::text[], qual FROM pg_policies WHERE schemaname = 'public'")

    for table in tables() - NO_CLIENT:
        assert guarded[table] == (True, True), table
        roles = {role for name, names, _ in policies if name == table for role in names}
        assert {"portal_all", "portal_some"} <= roles, table
        for name, names, qual in policies:
            if name == table and "portal_some" in names:
                assert " OR " not in (qual or ""), f"{table}: an OR costs the index"


def test_the_bare_login_may_do_nothing():
    assert rows("SELECT current_user")[0][0] == "portal_web"
    for table in tables():
        assert refused(f'SELECT 1 FROM "{table}" LIMIT 1') == "42501", table


def test_the_door_reads_who_is_knocking_and_nothing_else():
    with sight.at_the_door():
        for table in tables():
            if table in DOOR:
                rows(f'SELECT 1 FROM "{table}" LIMIT 1')
            else:
                assert refused(f'SELECT 1 FROM "{table}" LIMIT 1') == "42501", table


def test_an_empty_sight_sees_no_clients_row(two):
    with sight.some_clients([]):
        for table in tables() - NO_CLIENT - WHOLE_SIGHT:
            seen = rows(f'SELECT count(*) FROM "{table}"')[0][0]
            assert seen == 0, table


def test_what_tells_of_two_clients_is_for_those_who_see_all(two):
    with sight.some_clients([case.client_id for case in two]):
        for table in WHOLE_SIGHT:
            for sql in (f"SELECT 1 FROM {table}", f"DELETE FROM {table}"):
                assert refused(sql) == "42501", sql


# ── Each lock alone ──


def test_row_level_security_holds_alone_against_raw_sql(two):
    harbours, lotuss = two

    with sight.some_clients([harbours.client_id]), scopes_disabled():
        assert rows("SELECT id FROM cases_case") == [(harbours.pk,)]
        assert list(Case.objects.all()) == [harbours]
        assert rows("UPDATE cases_case SET hold_note = 'x' WHERE id = %s RETURNING id", lotuss.pk) == []
        assert {client for (client,) in rows("SELECT client_id FROM cases_caseevent")} == {harbours.client_id}


def test_the_query_scope_holds_alone_under_the_role_that_sees_all(two):
    harbours, _ = two

    with sight.every_client(), scope(client=[harbours.client_id]):
        assert list(Case.objects.all()) == [harbours]
        assert {event.client_id for event in CaseEvent.objects.all()} == {harbours.client_id}


def test_a_task_without_a_sight_fails_loudly_in_both_places(two):
    with pytest.raises(ScopeError):
        list(Case.objects.all())
    with pytest.raises(ProgrammingError), transaction.atomic(), scopes_disabled():
        list(Case.objects.all())


def test_nothing_of_a_sight_outlives_its_transaction(two):
    with sight.every_client():
        assert rows("SELECT current_user")[0][0] == "portal_all"

    assert rows("SELECT current_user, current_setting('portal.clients', true)")[0] in [
        ("portal_web", ""),
        ("portal_web", None),
    ]


def test_an_inner_sight_gives_the_outer_one_its_own_back(two):
    harbours, _ = two
    with sight.some_clients([harbours.client_id]):
        with sight.every_client():
            assert Case.objects.count() == 2

        assert Case.objects.count() == 1
        with pytest.raises(ZeroDivisionError), sight.every_client():
            1 / 0
        assert rows("SELECT current_user")[0][0] == "portal_some"


def test_a_prepared_list_never_shows_the_neighbours_row(two):
    """Plans shared across SET ROLE: CVE-2016-2193, CVE-2023-2455, CVE-2025-8713."""
    harbours, _ = two
    with sight.every_client():
        rows("PREPARE list AS SELECT id FROM cases_case ORDER BY id")
        assert len(rows("EXECUTE list")) == 2

    with sight.some_clients([harbours.client_id]):
        for _ in range(20):
            assert rows("EXECUTE list") == [(harbours.pk,)]
    rows("DEALLOCATE list")


# ── Keys, history, stages ──


def test_a_child_cannot_hang_on_the_neighbours_case(two):
    harbours, lotuss = two
    with sight.some_clients([harbours.client_id]):
        state = refused(
            "INSERT INTO cases_phoneverification (case_id, client_id, part, mobile_hash, code_hmac, asked_at, tries) "
            "VALUES (%s, %s, 'head', '', '', now(), 0)",
            lotuss.pk,
            harbours.client_id,
        )

    assert state == "23503"


def test_a_row_cannot_be_written_for_the_neighbour(two):
    harbours, lotuss = two
    with sight.some_clients([harbours.client_id]):
        state = refused(
            "INSERT INTO cases_phoneverification (case_id, client_id, part, mobile_hash, code_hmac, asked_at, tries) "
            "VALUES (%s, %s, 'head', '', '', now(), 0)",
            lotuss.pk,
            lotuss.client_id,
        )

    assert state == "42501"


@pytest.mark.parametrize("table", ["cases_caseevent", "clients_auditevent"])
def test_history_is_never_rewritten(two, table):
    with sight.every_client():
        rows("SELECT set_config('pgtrigger.ignore', '{all}', true)")
        for sql in (f"UPDATE {table} SET kind = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            assert refused(sql) == "42501", sql


def test_relayed_at_is_set_once_and_from_empty(two):
    with sight.every_client():
        event = CaseEvent.objects.filter(relayed_at__isnull=True).first()
        rows("UPDATE cases_caseevent SET relayed_at = now() WHERE id = %s", event.pk)

        assert refused("UPDATE cases_caseevent SET relayed_at = now() WHERE id = %s", event.pk) == "PT001"
        assert refused("UPDATE cases_caseevent SET relayed_at = NULL WHERE id = %s", event.pk) == "PT001"


def _way_to(stage: str) -> list[str]:
    """A legal walk from draft to `stage`."""
    ways, queue = {Stage.DRAFT.value: []}, [Stage.DRAFT.value]
    while queue:
        here = queue.pop(0)
        for source, target in steps():
            if source == here and target not in ways:
                ways[target] = [*ways[here], target]
                queue.append(target)
    return ways[stage]


def test_raw_sql_makes_every_legal_step_and_no_other(two):
    """Every pair of stages, both ways; the switch that pgtrigger would obey is thrown."""
    case, _ = two
    legal = set(steps())
    with sight.every_client():
        rows("SELECT set_config('pgtrigger.ignore', '{all}', true)")
        for source, target in itertools.permutations(Stage.values, 2):
            mark = transaction.savepoint()
            for stage in _way_to(source):
                rows("UPDATE cases_case SET stage = %s WHERE id = %s", stage, case.pk)
            if (source, target) in legal:
                rows("UPDATE cases_case SET stage = %s WHERE id = %s", target, case.pk)
            else:
                assert refused("UPDATE cases_case SET stage = %s WHERE id = %s", target, case.pk) == "PT002"
            transaction.savepoint_rollback(mark)

    assert {source for source, _ in legal}.isdisjoint(ENDED)


def test_raw_sql_invents_no_stage_and_moves_no_case_to_another_client(two):
    harbours, lotuss = two
    with sight.every_client():
        assert refused("UPDATE cases_case SET stage = 'approved' WHERE id = %s", harbours.pk) in {
            "PT002",
            "23514",
        }
        assert (
            refused("UPDATE cases_case SET client_id = %s WHERE id = %s", lotuss.client_id, harbours.pk)
            == "PT003"
        )


def test_the_portals_login_can_bypass_nothing():
    assert rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = session_user"
    ) == [(False, False, False, False)]
    assert refused("SET ROLE portal_owner") == "42501"
    assert refused("ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY") == "42501"
