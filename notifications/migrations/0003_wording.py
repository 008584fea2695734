"""The agency's own words for its messages: all who are told read them, administrators add, nobody rewrites one."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clients.guards import APPEND, READ, append_only, share

TABLE = "notifications_wording"


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_guards"),
        ("clients", "0011_texts_edition"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=48)),
                ("parts", models.JSONField()),
                ("shipped", models.JSONField(default=dict)),
                ("is_shipped", models.BooleanField(default=False)),
                ("is_withdrawn", models.BooleanField(default=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["code", "-id"], name="wording_newest")]},
        ),
        share(TABLE, every=APPEND, some=READ),
        append_only(TABLE, once=None),
    ]
