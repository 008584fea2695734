"""Identity papers go on their day: two persons release them, a hold keeps them, and a certificate is never rewritten."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import documents.models
from clients.guards import APPEND, append_only, guard, same_client
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0019_consent_for_handing_on'),
        ('clients', '0017_destroying_warned_days'),
        ('documents', '0010_consent_taken_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='destroyed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='destroying_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Destruction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(editable=False, max_length=24, unique=True)),
                ('token', models.CharField(max_length=32)),
                ('documents', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), size=None)),
                ('objects_gone', models.JSONField()),
                ('promised_on', models.DateField(blank=True, null=True)),
                ('released', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('replayed_at', models.DateTimeField(blank=True, null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(fields=('client', 'token'), name='destruction_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=documents.models.hold_reference, editable=False, max_length=24, unique=True)),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['client'], name='hold_current'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='hold_ended_both_or_neither'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=documents.models.release_reference, editable=False, max_length=24, unique=True)),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('second_at', models.DateTimeField(blank=True, null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
                ('first_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('second_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('client', 'id'), name='release_of_its_client'),
                    models.UniqueConstraint(condition=models.Q(('second_by__isnull', True)), fields=('client',), name='release_open_once_a_client'),
                    models.CheckConstraint(condition=models.Q(models.Q(('second_at__isnull', True), ('second_by__isnull', True)), models.Q(('second_at__isnull', False), ('second_by__isnull', False)), _connector='OR'), name='release_second_both_or_neither'),
                    models.CheckConstraint(condition=models.Q(('second_by__isnull', True), models.Q(('second_by', models.F('first_by')), _negated=True), _connector='OR'), name='release_by_two_persons'),
                ],
            },
        ),
        migrations.AddField(
            model_name='document',
            name='release',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='documents.release'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['client', 'token'], name='document_same_objects'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(condition=models.Q(('destroyed_at__isnull', True), ('destroying_at__isnull', False)), fields=['destroying_at'], name='document_being_destroyed'),
        ),
        guard("documents_release", every=APPEND, some="SELECT"),
        guard("documents_hold", every=APPEND, some="SELECT"),
        guard("documents_destruction", every=APPEND, some="SELECT"),
        # Who was the first, what was held and why: none of it is changed afterwards.
        migrations.RunSQL(
            "GRANT UPDATE (second_by_id, second_at) ON documents_release TO portal_all;"
            "GRANT UPDATE (ended_by_id, ended_at) ON documents_hold TO portal_all;",
            migrations.RunSQL.noop,
        ),
        append_only("documents_destruction", once=None),
        same_client("documents_hold", "case_id", "cases_case"),
        same_client("documents_document", "release_id", "documents_release"),
    ]
