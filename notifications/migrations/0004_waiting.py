"""What goes along with a reminder is found among what waits for its person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_wording")]

    operations = [
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("state", "planned")),
                fields=["recipient", "next_try_at"],
                name="notification_waiting",
            ),
        ),
    ]
