"""Whether the client of a case that will be late was told so."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('cases', '0020_filed_under')]

    operations = [
        migrations.AddField(
            model_name='case',
            name='lateness_is_told',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
