"""Whose messages: those of the clients in sight, and one's own where they hang on no client."""

from django.db import migrations

from clients.guards import CLIENTS_IN_SIGHT, PERSON, READ_WRITE, _run, same_client

TABLE = "notifications_notification"


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
        ("cases", "0002_guards"),
        ("clients", "0002_guards"),
    ]

    operations = [
        _run(
            f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY every_client ON {TABLE} TO portal_all USING (true) WITH CHECK (true)",
            f"CREATE POLICY some_clients ON {TABLE} TO portal_some "
            f"USING (client_id = {CLIENTS_IN_SIGHT}) WITH CHECK (client_id = {CLIENTS_IN_SIGHT})",
            f"CREATE POLICY own ON {TABLE} TO portal_some "
            f"USING (client_id IS NULL AND recipient_id = {PERSON}) "
            f"WITH CHECK (client_id IS NULL AND recipient_id = {PERSON})",
            f"GRANT {READ_WRITE} ON {TABLE} TO portal_all",
            # Whoever is limited reads, and says what they have read; the tasks plan and send.
            f"GRANT SELECT, UPDATE (read_at) ON {TABLE} TO portal_some",
        ),
        same_client(TABLE, "case_id", "cases_case"),
    ]
