"""The bell of each minute asks which papers are being written, and finds the few among all."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("documents", "0013_writing")]

    operations = [
        # Made by somebody who was killed before it was written down, or half made.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS document_being_written", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "document",
            models.Index(
                fields=["writing_at"],
                name="document_being_written",
                condition=models.Q(writing_at__isnull=False),
            ),
        ),
    ]
