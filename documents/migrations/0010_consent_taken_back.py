"""A consent can be taken back and given again: one row a word, and none is ever changed."""

from django.db import migrations, models

from clients.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("documents", "0009_parts")]

    operations = [
        migrations.RemoveConstraint("consent", "consent_once_a_text"),
        migrations.AddField("consent", "is_given", models.BooleanField(default=True, db_default=True)),
        migrations.AddField("consent", "text", models.TextField(blank=True, default="", db_default="")),
        migrations.AddIndex(
            "consent", models.Index(fields=["client", "by", "-id"], name="consent_last_word")
        ),
        append_only("documents_consent", once=None),
    ]
