"""What decides the kind of filing and is said of it; and how the face check is arranged."""


import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from clients.guards import EVERYTHING, guard, same_client


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0004_rare_words'),
        ('clients', '0002_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='cancel_of',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), size=None)), default=list, size=None, verbose_name='what is cancelled'),
        ),
        migrations.AddField(
            model_name='case',
            name='change_of',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), size=None)), default=list, size=None, verbose_name='what changes'),
        ),
        migrations.AddField(
            model_name='case',
            name='domain_filed',
            field=models.CharField(blank=True, db_default='', max_length=16, verbose_name='domain filed already'),
        ),
        migrations.AddField(
            model_name='case',
            name='filing_kind_is_set',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='case',
            name='filing_kind_why',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='case',
            name='intent',
            field=models.CharField(blank=True, db_default='', max_length=16, verbose_name='what is wanted'),
        ),
        migrations.AddField(
            model_name='case',
            name='legal_representative_id_kind',
            field=models.CharField(blank=True, db_default='', max_length=32, verbose_name='ID of the legal representative'),
        ),
        migrations.AddField(
            model_name='case',
            name='new_name',
            field=models.BooleanField(blank=True, null=True, verbose_name='the name changes'),
        ),
        migrations.AddField(
            model_name='case',
            name='sites_filed',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='sites filed already'),
        ),
        migrations.AddField(
            model_name='case',
            name='subject_filed',
            field=models.CharField(blank=True, db_default='', max_length=16, verbose_name='applicant filed already'),
        ),
        migrations.AddField(
            model_name='person',
            name='name_differs',
            field=models.BooleanField(blank=True, null=True, verbose_name='licence and ID show different names'),
        ),
        migrations.AddField(
            model_name='site',
            name='scope_hits',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), size=None)), default=list, size=None, verbose_name='contents that name or scope of business mention'),
        ),
        migrations.CreateModel(
            name='Photo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('link', models.URLField(blank=True, max_length=600, verbose_name='link of the face check')),
                ('link_for', models.EmailField(blank=True, max_length=254, verbose_name='for whom')),
                ('link_given_at', models.DateTimeField(blank=True, null=True)),
                ('place', models.CharField(blank=True, max_length=40, verbose_name='photo place')),
                ('place_at', models.DateTimeField(blank=True, null=True, verbose_name='appointment')),
                ('ordered_on', models.DateField(blank=True, null=True, verbose_name='curtain ordered on')),
                ('sent_on', models.DateField(blank=True, null=True, verbose_name='curtain sent on')),
                ('carrier', models.CharField(blank=True, max_length=60, verbose_name='carrier')),
                ('tracking_number', models.CharField(blank=True, max_length=60, verbose_name='tracking number')),
                ('arrived_on', models.DateField(blank=True, null=True, verbose_name='curtain arrived on')),
                ('returned_on', models.DateField(blank=True, null=True, verbose_name='curtain returned on')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='photo', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('sent_on__isnull', True), ('ordered_on__isnull', False), _connector='OR'), models.Q(('arrived_on__isnull', True), ('sent_on__isnull', False), _connector='OR'), models.Q(('returned_on__isnull', True), ('arrived_on__isnull', False), _connector='OR')), name='photo_curtain_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('link', ''), ('link_for', '')), models.Q(models.Q(('link', ''), _negated=True), models.Q(('link_for', ''), _negated=True)), _connector='OR'), name='photo_link_for_somebody')],
            },
        ),
        # A kind that staff had set by hand stays theirs; the owner reads past its own row-level security for this line.
        migrations.RunSQL(
            """ALTER TABLE cases_case NO FORCE ROW LEVEL SECURITY;
            UPDATE cases_case SET filing_kind_is_set = true WHERE filing_kind NOT IN ('', 'first');
            ALTER TABLE cases_case FORCE ROW LEVEL SECURITY;""",
            migrations.RunSQL.noop,
        ),
        guard("cases_photo", every=EVERYTHING, some=EVERYTHING),
        same_client("cases_photo", "case_id", "cases_case"),
    ]
