"""A launch date that was promised, and whether the forecast passes it."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0017_incoming'),
        ('clients', '0013_taken_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='promise_is_late',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='case',
            name='promised_on',
            field=models.DateField(blank=True, null=True, verbose_name='promised for'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.OrderBy(models.F('due_at'), nulls_last=True), models.F('id'), condition=models.Q(('promise_is_late', True)), name='case_promise_late'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.OrderBy(models.F('due_at'), nulls_last=True), models.F('id'), condition=models.Q(('promised_on__isnull', False)), name='case_promised'),
        ),
    ]
