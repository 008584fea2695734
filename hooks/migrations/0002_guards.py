"""Only who sees every client, administrators and tasks, reads or writes what other systems are told."""

from django.db import migrations

from clients.guards import EVERYTHING, guard, same_client, share


class Migration(migrations.Migration):
    dependencies = [
        ("hooks", "0001_initial"),
        ("cases", "0002_guards"),
        ("clients", "0002_guards"),
    ]

    operations = [
        share("hooks_hook", every=EVERYTHING, some=""),
        guard("hooks_delivery", every=EVERYTHING, some=""),
        same_client("hooks_delivery", "case_id", "cases_case"),
    ]
