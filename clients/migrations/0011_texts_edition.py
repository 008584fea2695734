from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0010_bulk_most")]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="texts_edition",
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
