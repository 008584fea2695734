"""One act for many cases: who asked for it is its owner, each of its rows hangs on its case's client."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cases.models.bulk
from clients.guards import READ_WRITE, guard, guard_person, same_client


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0013_saved_views'),
        ('clients', '0010_bulk_most'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=cases.models.bulk.run_reference, editable=False, max_length=24, unique=True)),
                ('act', models.CharField(max_length=24)),
                ('data', models.JSONField(default=dict)),
                ('query', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('confirmed_at__isnull', False), ('finished_at__isnull', True)), fields=['id'], name='bulk_to_run'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BulkRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('planned', 'to be done'), ('done', 'done'), ('refused', 'not done')], default='planned', max_length=8)),
                ('said', models.CharField(blank=True, max_length=500)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='cases.bulkrun')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('run', 'case'), name='bulk_row_once_a_case'),
                ],
            },
        ),
        guard_person("cases_bulkrun", user="by_id", door=""),
        guard("cases_bulkrow", every=READ_WRITE, some=READ_WRITE),
        same_client("cases_bulkrow", "case_id", "cases_case"),
    ]
