"""A file may come in parts, be cancelled, and be known again by what it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0008_exports")]

    operations = [
        migrations.AddField("upload", "cancelled_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("upload", "parts_id", models.CharField(blank=True, max_length=1024)),
        migrations.AddField("upload", "mark", models.CharField(blank=True, max_length=64)),
    ]
