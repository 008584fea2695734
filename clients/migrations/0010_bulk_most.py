"""How many cases one act may change at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0009_list_habits")]

    operations = [
        migrations.AddField(
            "agency",
            "bulk_most",
            models.PositiveIntegerField(
                db_default=500, default=500, verbose_name="cases changed at once, at most"
            ),
        ),
    ]
