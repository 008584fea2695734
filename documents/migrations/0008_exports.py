"""Tables of the list that the worker makes for somebody to fetch; each is its asker's alone."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import documents.models
from clients.guards import guard_person


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0007_thumbnails'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
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
                ('reference', models.CharField(default=documents.models.export_reference, editable=False, max_length=24, unique=True)),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('xlsx', 'XLSX')], max_length=4)),
                ('query', models.JSONField(default=dict)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('seen', models.CharField(blank=True, max_length=64)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('made_at__isnull', True), ('problem', '')), fields=['id'], name='export_to_make'), models.Index(condition=models.Q(('dropped_at__isnull', True)), fields=['asked_at', 'id'], name='export_to_drop')],
            },
        ),
        guard_person("documents_export", user="asked_by_id", door=""),
    ]
