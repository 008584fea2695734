"""What a spreadsheet brings in: clients that can be taken back, contacts that nobody has written to yet."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0012_channels'),
    ]

    operations = [
        migrations.AddField(
            model_name='client',
            name='taken_back_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='is_prepared',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
