"""Duties after the licence, a row each; the first walk fills them for what is filed already."""

import cases.models.duty
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clients.guards import READ_WRITE, guard, same_client, share


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0014_bulk'),
        ('clients', '0010_bulk_most'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='server',
            name='paid_until',
            field=models.DateField(blank=True, null=True, verbose_name='paid until'),
        ),
        migrations.AddField(
            model_name='watch',
            name='certificate_until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='DutyRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('edition', models.PositiveBigIntegerField()),
                ('last', models.BigIntegerField(default=0)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'edition'), name='duty_round_once')],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=cases.models.duty.duty_reference, editable=False, max_length=24, unique=True)),
                ('kind', models.CharField(max_length=48)),
                ('due_on', models.DateField(verbose_name='due')),
                ('tell_on', models.DateField()),
                ('is_assumed', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('open', 'open'), ('done', 'done'), ('waived', 'not needed'), ('stopped', 'stopped')], default='open', max_length=8)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['due_on', 'id'],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['due_on', 'id'], name='duty_open'), models.Index(condition=models.Q(('state', 'open')), fields=['tell_on'], name='duty_to_tell'), models.Index(condition=models.Q(('state', 'open')), fields=['client', 'due_on', 'id'], name='duty_of_client')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('case', 'kind'), name='duty_once_at_a_time'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'done', 'waived', 'stopped'])), name='duty_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='duty_closed_both_or_neither'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waived'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='duty_waived_says_why')],
            },
        ),
        share("cases_dutyround", every=READ_WRITE, some=""),
        guard("cases_duty", every=READ_WRITE, some=READ_WRITE),
        same_client("cases_duty", "case_id", "cases_case"),
    ]
