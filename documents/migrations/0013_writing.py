"""What a killed worker had written of a paper that no row tells of is looked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0012_erasure")]

    operations = [
        migrations.AddField("document", "writing_at", models.DateTimeField(blank=True, null=True)),
    ]
