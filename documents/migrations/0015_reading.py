"""What a machine saw on a paper; the worker alone writes it."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from clients.guards import EVERYTHING, guard


class Migration(migrations.Migration):
    dependencies = [("clients", "0017_destroying_warned_days"), ("documents", "0014_being_written")]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=32)),
                ("paper", models.CharField(max_length=40)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=16)),
                ("is_clear", models.BooleanField(blank=True, null=True)),
                ("is_zone_right", models.BooleanField(blank=True, null=True)),
                (
                    "numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), blank=True, default=list, size=None
                    ),
                ),
                ("sure", models.PositiveSmallIntegerField(default=0)),
                ("until", models.DateField(blank=True, null=True)),
                ("is_without_end", models.BooleanField(default=False)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.client"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("problem", ""), ("read_at__isnull", True)), fields=["id"], name="reading_owed")
                ],
                "constraints": [models.UniqueConstraint(fields=("client", "token"), name="reading_once")],
            },
        ),
        guard("documents_reading", every=EVERYTHING, some="SELECT"),
    ]
