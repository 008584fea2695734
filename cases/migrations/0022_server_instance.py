"""Who else runs on the same instance is asked with every change of a draft."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0021_lateness_is_told")]

    operations = [
        # Made by somebody who was killed before it was written down, or half made.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS server_instance", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "server",
            models.Index(fields=["instance"], name="server_instance", condition=~models.Q(instance="")),
        ),
    ]
