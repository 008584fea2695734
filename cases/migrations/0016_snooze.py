"""Reminders that rest: since when, and until which day or until the client moves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_aftercare")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="snoozed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="snoozed_until",
            field=models.DateField(blank=True, null=True, verbose_name="reminders rest until"),
        ),
    ]
