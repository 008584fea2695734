"""Queries of the list under a name; a colleague's that names a client or a word is for those who see every client."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cases.models.view
from clients.guards import guard_person

SHARED = """CREATE POLICY shared ON cases_savedview FOR SELECT TO portal_some
    USING (is_shared AND NOT (query ?| ARRAY['client', 'q']))"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0012_watch'),
        ('clients', '0009_list_habits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=cases.models.view.view_reference, editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('query', models.JSONField(default=dict)),
                ('is_shared', models.BooleanField(default=False, verbose_name='colleagues see it too')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'pk'],
                'indexes': [models.Index(condition=models.Q(('is_shared', True)), fields=['name'], name='view_shared')],
                'constraints': [models.UniqueConstraint(models.F('user'), django.db.models.functions.text.Lower('name'), name='view_once_a_name')],
            },
        ),
        guard_person("cases_savedview", door=""),
        migrations.RunSQL(SHARED, migrations.RunSQL.noop),
    ]
