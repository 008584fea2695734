"""A client gets another name, and its cases are found by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0007_calendar_feeds")]

    operations = [
        migrations.AddField(
            "client", "renamed_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
        migrations.AddIndex(
            "client",
            models.Index(
                fields=["id"], name="client_renamed", condition=models.Q(renamed_at__isnull=False)
            ),
        ),
    ]
