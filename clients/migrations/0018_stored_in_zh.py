"""Where papers are stored is said in both languages."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("clients", "0017_destroying_warned_days")]

    operations = [
        migrations.AddField(
            "agency",
            "stored_in_zh",
            models.CharField(
                blank=True,
                db_default="中国大陆（上海）",
                default="中国大陆（上海）",
                max_length=120,
                verbose_name="where papers are stored, in Chinese",
            ),
        ),
    ]
