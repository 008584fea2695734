"""Every stay at a stop that is over, kept from the history; what is usual by way, provider and province."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clients.guards import APPEND, READ, guard, same_client


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_proposals'),
        ('clients', '0008_renaming'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Stay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(max_length=24)),
                ('left_for', models.CharField(max_length=24)),
                ('move', models.CharField(max_length=32)),
                ('entered_at', models.DateTimeField()),
                ('left_at', models.DateTimeField()),
                ('working_days', models.PositiveSmallIntegerField()),
                ('was_held', models.BooleanField()),
                ('begun_by', models.BigIntegerField()),
                ('ended_by', models.BigIntegerField(unique=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stays', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['left_at'], include=('case', 'stage', 'working_days', 'was_held'), name='stay_left'),
                    models.Index(condition=models.Q(('stage', 'draft')), fields=['begun_by'], name='stay_after_return'),
                ],
            },
        ),
        migrations.AddField(
            model_name='case',
            name='forecast_from',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='forecast_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='forecast_until',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='usualstay',
            name='high',
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='usualstay',
            name='low',
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='usualstay',
            name='provider',
            field=models.CharField(blank=True, db_default='', max_length=16),
        ),
        migrations.AddField(
            model_name='usualstay',
            name='province',
            field=models.CharField(blank=True, db_default='', max_length=2),
        ),
        migrations.AddField(
            model_name='usualstay',
            name='reached',
            field=models.CharField(blank=True, db_default='', max_length=24),
        ),
        migrations.AlterField(
            model_name='usualstay',
            name='stage',
            field=models.CharField(max_length=24),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('licensed_on__isnull', False)), fields=['licensed_on'], include=('forecast_on', 'forecast_from', 'forecast_until', 'provider', 'account_manager'), name='case_licensed'),
        ),
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(condition=models.Q(('move__in', ['return_for_changes', 'reject'])), fields=['at'], name='event_returned'),
        ),
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(condition=models.Q(('kind__in', ['paper.accepted', 'paper.returned'])), fields=['at'], include=('by',), name='event_judged'),
        ),
        migrations.AddConstraint(
            model_name='usualstay',
            constraint=models.UniqueConstraint(fields=('stage', 'reached', 'provider', 'province'), name='usual_stay_once'),
        ),
        # Read off the history by a task; nobody writes it by hand.
        guard("cases_stay", every=APPEND, some=READ),
        same_client("cases_stay", "case_id", "cases_case"),
    ]
