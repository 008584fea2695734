"""Whoever gives up an address takes its old confirmations along, and nobody else's."""

from django.db import migrations

from clients.guards import _run


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_traces"), ("account", "__latest__")]

    operations = [
        _run(
            "ALTER TABLE account_emailconfirmation ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE account_emailconfirmation FORCE ROW LEVEL SECURITY",
            "CREATE POLICY everybody ON account_emailconfirmation TO portal_all, portal_door "
            "USING (true) WITH CHECK (true)",
            # The addresses that the person may read are their own.
            "CREATE POLICY own ON account_emailconfirmation TO portal_some "
            "USING (email_address_id IN (SELECT id FROM account_emailaddress))",
            "GRANT DELETE ON account_emailconfirmation TO portal_some",
        ),
    ]
