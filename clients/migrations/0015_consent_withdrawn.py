"""A client may take its consent to identity papers back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0014_covers")]

    operations = [
        migrations.AddField(
            "client", "consent_withdrawn_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
    ]
