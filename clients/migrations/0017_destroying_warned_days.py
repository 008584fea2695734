"""How many days before their end papers are released by two persons."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0016_audit_of_client'),
    ]

    operations = [
        migrations.AddField(
            model_name='agency',
            name='destroying_warned_days',
            field=models.PositiveSmallIntegerField(db_default=14, default=14, verbose_name='days before their end in which two persons release them'),
        ),
    ]
