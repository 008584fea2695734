"""Erasure of what is a person's own: asked for, decided, carried out by a function that nothing else opens."""

import django.db.models.deletion
import django.utils.timezone
import rights.models
from clients.guards import guard, same_client
from django.conf import settings
from django.db import migrations, models
from rights.constitution import erasing


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0020_filed_under'),
        ('clients', '0017_destroying_warned_days'),
        ('documents', '0012_erasure'),
        ('rights', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=rights.models.erasure_reference, editable=False, max_length=24, unique=True)),
                ('state', models.CharField(choices=[('asked', 'waits for the answer'), ('taken_back', 'taken back'), ('refused', 'refused'), ('granted', 'granted'), ('blanked', 'erased, the receipt goes out'), ('erased', 'erased')], default='asked', max_length=12)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answer_by', models.DateField()),
                ('taken_back_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField(blank=True)),
                ('blanked_at', models.DateTimeField(blank=True, null=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('record', models.JSONField(blank=True, default=dict)),
                ('replayed_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('state__in', ('asked', 'granted', 'blanked'))), fields=['answer_by', 'id'], name='erasure_standing'),
                    models.Index(fields=['user', '-id'], name='erasure_of_person'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state__in', ('asked', 'granted', 'blanked'))), fields=('user',), name='erasure_once_at_a_time'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'taken_back', 'refused', 'granted', 'blanked', 'erased'])), name='erasure_state_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='erasure_decided_both_or_neither'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='erasure_refused_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Remainder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('of', models.CharField(choices=[('head', 'Head of the organisation'), ('manager', 'Manager of the site')], max_length=8)),
                ('kind', models.CharField(choices=[('facts', 'facts'), ('papers', 'papers')], max_length=8)),
                ('rule', models.CharField(max_length=48)),
                ('until', models.DateField(blank=True, null=True)),
                ('mark', models.CharField(blank=True, max_length=64)),
                ('gone_at', models.DateTimeField(blank=True, null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remainders', to='rights.erasure')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(condition=models.Q(('gone_at__isnull', True)), fields=['case'], name='remainder_there'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('erasure', 'case', 'of', 'kind'), name='remainder_once'),
                ],
            },
        ),
        guard("rights_remainder", every="SELECT, INSERT", some="SELECT"),
        migrations.RunSQL(
            "GRANT UPDATE (until, rule, mark, gone_at) ON rights_remainder TO portal_all;", migrations.RunSQL.noop
        ),
        same_client("rights_remainder", "case_id", "cases_case"),
        *erasing(),
    ]
