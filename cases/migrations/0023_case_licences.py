"""Licences of a span of days, and whether they were taken back, from an index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

COVERED = ["forecast_on", "forecast_from", "forecast_until", "provider", "account_manager", "taken_back_at"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0022_server_instance")]

    operations = [
        # Made by somebody who was killed before it was written down, or half made.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS case_licences", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "case",
            models.Index(
                fields=["licensed_on"],
                include=COVERED,
                name="case_licences",
                condition=models.Q(licensed_on__isnull=False),
            ),
        ),
        RemoveIndexConcurrently("case", "case_licensed"),
    ]
