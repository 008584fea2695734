"""Somebody limited may read back the traces they leave, and the house's row can be written anew."""

from django.db import migrations

from clients.guards import PERSON, _run


class Migration(migrations.Migration):
    dependencies = [("clients", "0002_guards")]

    operations = [
        # PostgreSQL wants the row of an INSERT … RETURNING in sight.
        _run(
            "CREATE POLICY own_trace_back ON clients_auditevent FOR SELECT TO portal_some "
            f"USING (client_id IS NULL AND by_id = {PERSON})",
            "GRANT INSERT ON clients_agency TO portal_all",
        ),
    ]
