"""A copy of what is a person's own; each is its asker's alone."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import documents.models
import rights.models
from clients.guards import guard_person
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clients', '0015_consent_withdrawn'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('token', models.CharField(default=documents.models.handout_token, editable=False, max_length=32)),
                ('made_at', models.DateTimeField(blank=True, null=True)),
                ('size', models.PositiveIntegerField(default=0)),
                ('version', models.CharField(blank=True, max_length=64)),
                ('etag', models.CharField(blank=True, max_length=80)),
                ('problem', models.CharField(blank=True, max_length=32)),
                ('dropped_at', models.DateTimeField(blank=True, null=True)),
                ('reference', models.CharField(default=rights.models.copy_reference, editable=False, max_length=24, unique=True)),
                ('documents', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list, size=None)),
                ('seen', models.CharField(blank=True, max_length=64)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('made_at__isnull', True), ('problem', '')), fields=['id'], name='own_copy_to_make'), models.Index(condition=models.Q(('dropped_at__isnull', True)), fields=['asked_at', 'id'], name='own_copy_to_drop'), models.Index(fields=['asked_by', '-id'], name='own_copy_of_person')],
            },
        ),
        guard_person("rights_owncopy", user="asked_by_id", door=""),
    ]
