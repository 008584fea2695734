"""A picture as small as a stamp, for whoever sent the paper."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0006_taking_back")]

    operations = [
        migrations.AddField("document", "thumb_version", models.CharField(blank=True, max_length=64)),
        migrations.AddField("document", "thumb_size", models.PositiveIntegerField(default=0)),
    ]
