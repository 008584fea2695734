"""A daily look at each filed site: a row a case, for those that are filed already too."""

import django.db.models.deletion
from django.db import migrations, models

from clients.guards import READ_WRITE, guard, same_client

# Under the role that sees every client, as everything else that writes their rows; each at its own minute of the day.
_FOLLOW = """
SET LOCAL ROLE portal_all;
INSERT INTO cases_watch (case_id, client_id, domain_name, is_off, off_note, next_look_at, seen, why, finding, hint, is_away)
SELECT id, client_id, domain_name, false, '', now() + (id * 2654435761 % 86400) * interval '1 second', '', '', '', '', false
FROM cases_case
WHERE stage IN ('licensed', 'psb_filed', 'commercial_licensed') AND service = 'website'
  AND domain_name <> '' AND icp_number <> '';
RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_stays"),
        ("clients", "0008_renaming"),
    ]

    operations = [
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain_name", models.CharField(max_length=253)),
                ("is_off", models.BooleanField(default=False)),
                ("off_note", models.TextField(blank=True)),
                ("next_look_at", models.DateTimeField(blank=True, null=True)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("seen", models.CharField(blank=True, max_length=32)),
                ("why", models.CharField(blank=True, max_length=32)),
                ("finding", models.CharField(blank=True, max_length=32)),
                ("finding_since", models.DateTimeField(blank=True, null=True)),
                ("hint", models.CharField(blank=True, max_length=32)),
                ("hint_at", models.DateTimeField(blank=True, null=True)),
                ("reached_at", models.DateTimeField(blank=True, null=True)),
                ("away_since", models.DateTimeField(blank=True, null=True)),
                ("is_away", models.BooleanField(default=False)),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="watch", to="cases.case"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.client"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_look_at__isnull", False)),
                        fields=["next_look_at", "id"],
                        name="watch_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(is_off=False, off_note="")
                        | (models.Q(is_off=True, next_look_at__isnull=True) & ~models.Q(off_note="")),
                        name="watch_off_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(finding="", finding_since__isnull=True)
                        | (~models.Q(finding="") & models.Q(finding_since__isnull=False)),
                        name="watch_finding_since",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(is_away=False) | models.Q(away_since__isnull=False),
                        name="watch_away_since",
                    ),
                ],
            },
        ),
        guard("cases_watch", every=READ_WRITE, some=READ_WRITE),
        same_client("cases_watch", "case_id", "cases_case"),
        migrations.RunSQL(_FOLLOW, migrations.RunSQL.noop),
    ]
