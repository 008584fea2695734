"""What is usual for a stage is learned from the agency's own history; a row a stage, of no client."""

import django.utils.timezone
from django.db import migrations, models

from clients.guards import share


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_promised_rules")]

    operations = [
        migrations.CreateModel(
            name="UsualStay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.CharField(max_length=24, unique=True)),
                ("usual", models.PositiveSmallIntegerField()),
                ("quiet_after", models.PositiveSmallIntegerField()),
                ("stays", models.PositiveIntegerField()),
                ("learned_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        share("cases_usualstay", every="SELECT, INSERT, UPDATE, DELETE", some="SELECT"),
    ]
