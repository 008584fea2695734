import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_plain_uploads")]

    operations = [
        migrations.AlterField(
            model_name="document",
            name="upload",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="document",
                to="documents.upload",
            ),
        ),
    ]
