"""Everybody reads the rules, whoever asks the open toolbox at the door too; nobody rewrites one."""

from django.db import migrations

from clients.guards import APPEND, READ, append_only, share


class Migration(migrations.Migration):
    dependencies = [("rulebook", "0001_initial")]

    operations = [
        step
        for table in ("rulebook_edition", "rulebook_rule")
        for step in (share(table, every=APPEND, some=READ, door=READ), append_only(table, once=None))
    ]
