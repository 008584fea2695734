"""Today finds the sites whose foot has to show the number along an index of these clocks alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0024_client_under_way")]

    operations = [
        # Made by somebody who was killed before it was written down, or half made.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS deadline_footers", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "deadline",
            models.Index(
                fields=["due_at"],
                include=["case"],
                name="deadline_footers",
                condition=models.Q(state="running", kind__in=["footer", "psb_footer"]),
            ),
        ),
    ]
