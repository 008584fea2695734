"""The SQL by which PostgreSQL guards a table: grants, row-level security, and keys that hold a child to its client.

One group role per kind of sight with one plain policy each, never an OR between them: an OR costs the index.
Used by the hand-written migrations; `tests/house/` asks the catalogue that no table was forgotten.
"""

from django.db import migrations

READ = "SELECT"
READ_WRITE = "SELECT, INSERT, UPDATE"
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"

# Wrapped in a SELECT so that it is read once a query; the outer cast keeps ANY from taking the SELECT for rows.
CLIENTS_IN_SIGHT = "ANY ((SELECT nullif(current_setting('portal.clients', true), '')::bigint[])::bigint[])"
PERSON = "(SELECT nullif(current_setting('portal.user', true), '')::bigint)"


def _run(*statements: str) -> migrations.RunSQL:
    return migrations.RunSQL(";\n".join(statements) + ";", migrations.RunSQL.noop)


def guard(
    table: str,
    *,
    client: str = "client_id",
    every: str = READ_WRITE,
    some: str = READ_WRITE,
    door: str = "",
) -> migrations.RunSQL:
    """Row-level security for a table whose rows hang on a client, and what each role may do with it."""
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY every_client ON {table} TO portal_all USING (true) WITH CHECK (true)",
        (
            f"CREATE POLICY some_clients ON {table} TO portal_some "
            f"USING ({client} = {CLIENTS_IN_SIGHT}) WITH CHECK ({client} = {CLIENTS_IN_SIGHT})"
        ),
        f"GRANT {every} ON {table} TO portal_all",
    ]
    if some:
        statements.append(f"GRANT {some} ON {table} TO portal_some")
    if door:
        statements += [
            f"CREATE POLICY at_the_door ON {table} TO portal_door USING (true) WITH CHECK (true)",
            f"GRANT {door} ON {table} TO portal_door",
        ]
    return _run(*statements)


def guard_person(table: str, *, user: str = "user_id", door: str = EVERYTHING) -> migrations.RunSQL:
    """For what belongs to one person (factors, addresses, sessions): whoever is limited sees their own only."""
    everybody = "portal_all, portal_door" if door else "portal_all"
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY everybody ON {table} TO {everybody} USING (true) WITH CHECK (true)",
        f"CREATE POLICY own ON {table} TO portal_some USING ({user} = {PERSON}) WITH CHECK ({user} = {PERSON})",
        f"GRANT {EVERYTHING} ON {table} TO portal_all, portal_some",
    ]
    if door:
        statements.append(f"GRANT {door} ON {table} TO portal_door")
    return _run(*statements)


def share(table: str, *, every: str = READ, some: str = READ, door: str = "") -> migrations.RunSQL:
    """Grants for a table that belongs to no client (rules, settings, login sessions)."""
    statements = [f"GRANT {every} ON {table} TO portal_all"]
    if some:
        statements.append(f"GRANT {some} ON {table} TO portal_some")
    if door:
        statements.append(f"GRANT {door} ON {table} TO portal_door")
    return _run(*statements)


def append_only(table: str, *, once: str | None = "relayed_at") -> migrations.RunSQL:
    """A history: no UPDATE or DELETE by grants, but for one column that may be set once, from empty.

    A trigger repeats it for whoever holds more rights; it has no switch that a connection could throw.
    """
    statements = [
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM portal_all, portal_some, portal_door",
        f"""CREATE FUNCTION {table}_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND {_only_set_once(once)} THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the history in {table} is never rewritten' USING ERRCODE = 'PT001';
END $$""",
        (
            f"CREATE TRIGGER history BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_is_history()"
        ),
    ]
    if once:
        statements.append(f"GRANT UPDATE ({once}) ON {table} TO portal_all")
    return _run(*statements)


def _only_set_once(column: str | None) -> str:
    if column is None:
        return "false"
    return (
        f"OLD.{column} IS NULL AND NEW.{column} IS NOT NULL "
        f"AND to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}'"
    )


def same_client(child: str, column: str, parent: str) -> migrations.RunSQL:
    """A child hangs on its parent's client: a plain key would let one client's row hang on another's."""
    return _run(
        f"ALTER TABLE {child} ADD CONSTRAINT {child}_{column}_same_client "
        f"FOREIGN KEY (client_id, {column}) REFERENCES {parent} (client_id, id)"
    )
