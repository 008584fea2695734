"""Clients that nobody has filed are looked for each minute."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("clients", "0020_filed_by_sound")]

    operations = [
        # Made by somebody who was killed before it was written down, or half made.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS client_unfiled", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "client", models.Index(fields=["id"], name="client_unfiled", condition=models.Q(filed_under=""))
        ),
    ]
