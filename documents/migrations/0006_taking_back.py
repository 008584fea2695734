"""A paper can be taken back until somebody looked; what stood before it is remembered."""

import django_fsm
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_handouts")]

    operations = [
        migrations.AddField("document", "before", models.JSONField(blank=True, default=dict)),
        migrations.AlterField(
            "document",
            "state",
            django_fsm.FSMField(
                choices=[
                    ("checking", "being checked"),
                    ("available", "arrived"),
                    ("refused", "not taken"),
                    ("accepted", "accepted"),
                    ("returned", "returned"),
                    ("superseded", "replaced"),
                    ("withdrawn", "taken back"),
                ],
                default="checking",
                max_length=50,
                protected=True,
            ),
        ),
        migrations.RemoveConstraint("document", "document_state_known"),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["checking", "available", "refused", "accepted", "returned", "superseded", "withdrawn"]
                ),
                name="document_state_known",
            ),
        ),
        migrations.AddIndex(
            "document",
            models.Index(
                fields=["id"],
                name="document_to_destroy",
                condition=models.Q(state="withdrawn") & ~models.Q(copy_sha256=""),
            ),
        ),
    ]
