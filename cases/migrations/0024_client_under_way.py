"""The list of clients says of each how many of its filings somebody has to move."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0023_case_licences")]

    operations = [
        # Made by somebody who was killed before it was written down, or half made.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS case_client_under_way", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "case",
            models.Index(
                fields=["client"],
                name="case_client_under_way",
                condition=models.Q(("taken_back_at__isnull", True), models.Q(("waiting_on", "nobody"), _negated=True)),
            ),
        ),
    ]
