"""Spreadsheets that bring in clients and cases: a file is its bringer's, its rows are for those who see every client."""

import cases.models.incoming
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clients.guards import EVERYTHING, guard, guard_person, same_client


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0016_snooze'),
        ('clients', '0013_taken_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='taken_back_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name='Incoming',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=cases.models.incoming.incoming_reference, editable=False, max_length=24, unique=True)),
                ('phase', models.CharField(choices=[('waiting', 'no file yet'), ('reading', 'being read'), ('refused', 'not readable'), ('judging', 'being looked through'), ('judged', 'looked through'), ('coming', 'coming in'), ('in', 'brought in'), ('going', 'being taken back'), ('back', 'taken back')], default='waiting', max_length=8)),
                ('key', models.CharField(max_length=80)),
                ('problem', models.CharField(blank=True, max_length=32)),
                ('sheet', models.CharField(blank=True, max_length=80)),
                ('sheets_left', models.PositiveSmallIntegerField(default=0)),
                ('heading_row', models.PositiveIntegerField(default=0)),
                ('headings', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=500), default=list, size=None)),
                ('columns', models.JSONField(default=list)),
                ('invites', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('back_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('phase__in', ['reading', 'judging', 'coming', 'going'])), fields=['id'], name='incoming_at_work'),
                ],
            },
        ),
        migrations.CreateModel(
            name='IncomingRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('cells', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('verdict', models.CharField(choices=[('unread', 'not looked at'), ('new', 'will come in'), ('known', 'here already'), ('wrong', 'cannot come in'), ('in', 'came in'), ('back', 'taken back'), ('kept', 'stays')], default='unread', max_length=8)),
                ('said', models.CharField(blank=True, max_length=500)),
                ('wrong', models.JSONField(default=list)),
                ('makes_client', models.BooleanField(default=False)),
                ('last_event', models.BigIntegerField(default=0)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('client', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('incoming', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='cases.incoming')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(fields=['incoming', 'verdict', 'id'], name='incoming_row_by_verdict'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('incoming', 'number'), name='incoming_row_once'),
                    models.UniqueConstraint(condition=models.Q(('case__isnull', False)), fields=('case',), name='incoming_case_once'),
                ],
            },
        ),
        guard_person("cases_incoming", user="by_id", door=""),
        guard("cases_incomingrow", every=EVERYTHING, some=""),
        same_client("cases_incomingrow", "case_id", "cases_case"),
    ]
