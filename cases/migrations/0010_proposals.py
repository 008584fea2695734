"""What clients paste of messages about their result, and the filing numbers by which a message finds its case."""

import cases.models.proposal
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clients.guards import READ_WRITE, guard, same_client


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_usual_stays'),
        ('clients', '0007_calendar_feeds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=cases.models.proposal.proposal_reference, editable=False, max_length=24, unique=True)),
                ('meaning', models.CharField(max_length=16)),
                ('text', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('open', 'to be looked at'), ('confirmed', 'confirmed'), ('dismissed', 'put aside')], default='open', max_length=12)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(condition=models.Q(('state', 'open')), fields=['id'], name='proposal_open'),
                    models.Index(fields=['by', 'at'], name='proposal_by'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'open')), models.Q(('state__in', ['confirmed', 'dismissed']), ('settled_at__isnull', False)), _connector='OR'), name='proposal_settled_or_open'),
                    models.CheckConstraint(condition=models.Q(models.Q(('meaning', 'code'), _negated=True), ('text', ''), _connector='OR'), name='proposal_keeps_no_code'),
                ],
            },
        ),
        migrations.AddField(
            model_name='case',
            name='open_proposals',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('icp_number', ''), _negated=True), fields=['icp_number'], name='case_icp_number', opclasses=['varchar_pattern_ops']),
        ),
        guard("cases_proposal", every=READ_WRITE, some=READ_WRITE),
        same_client("cases_proposal", "case_id", "cases_case"),
    ]
