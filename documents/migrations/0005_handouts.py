import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import documents.models
from clients.guards import READ_WRITE, guard, same_client


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_facts_mark"),
        ("clients", "0005_logo"),
        ("documents", "0004_papers_taken_over"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Handout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=documents.models.handout_reference, editable=False, max_length=24, unique=True
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("facts_mark", models.CharField(blank=True, max_length=12)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "token",
                    models.CharField(default=documents.models.handout_token, editable=False, max_length=32),
                ),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                ("size", models.PositiveIntegerField(default=0)),
                ("version", models.CharField(blank=True, max_length=64)),
                ("etag", models.CharField(blank=True, max_length=80)),
                (
                    "documents",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), blank=True, default=list, size=None
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=32)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="handouts", to="cases.case"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "requirement",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handouts",
                        to="cases.requirement",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("made_at__isnull", True), ("problem", "")),
                        fields=["id"],
                        name="handout_to_make",
                    ),
                    models.Index(
                        condition=models.Q(("dropped_at__isnull", True)),
                        fields=["asked_at", "id"],
                        name="handout_to_drop",
                    ),
                    models.Index(fields=["case", "-id"], name="handout_of_case"),
                ],
            },
        ),
        guard("documents_handout", every=READ_WRITE, some=READ_WRITE),
        same_client("documents_handout", "case_id", "cases_case"),
        same_client("documents_handout", "requirement_id", "cases_requirement"),
    ]
