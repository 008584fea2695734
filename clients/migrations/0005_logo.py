"""The agency's picture, read by everybody who sees a page, signed in or not."""

import django.utils.timezone
from django.db import migrations, models

from clients.guards import share


class Migration(migrations.Migration):
    dependencies = [("clients", "0004_confirmations")]

    operations = [
        migrations.CreateModel(
            name="Logo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("content_type", models.CharField(max_length=40)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        share("clients_logo", every="SELECT, INSERT", some="SELECT", door="SELECT"),
    ]
