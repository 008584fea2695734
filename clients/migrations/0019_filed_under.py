"""Clients are filed under their names as a search finds them; here the column alone, for its lock lets nobody read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0018_stored_in_zh")]

    operations = [
        migrations.AddField(
            "client", "filed_under", models.TextField(db_default="", default="", editable=False)
        )
    ]
