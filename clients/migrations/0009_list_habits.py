"""How each person likes the list of cases: as a table or a board, and which view it opens with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0008_renaming")]

    operations = [
        migrations.AddField(
            "user",
            "cases_as",
            models.CharField(db_default="table", default="table", editable=False, max_length=8),
        ),
        migrations.AddField(
            "user",
            "cases_view",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=24),
        ),
    ]
