from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_preflight")]

    operations = [
        migrations.AddField(
            model_name="requirement",
            name="facts_mark",
            field=models.CharField(blank=True, max_length=12),
        ),
    ]
