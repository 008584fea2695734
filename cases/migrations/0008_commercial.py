"""Since when a site is open, and how far its commercial licence has come."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from clients.guards import EVERYTHING, guard, same_client


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_facts_mark'),
        ('clients', '0005_logo'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='opened_on',
            field=models.DateField(blank=True, null=True, verbose_name='site open since'),
        ),
        migrations.CreateModel(
            name='Commercial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('needed', models.BooleanField(blank=True, null=True, verbose_name='needed')),
                ('why', models.TextField(blank=True, verbose_name='why')),
                ('foreign_capital', models.BooleanField(blank=True, null=True, verbose_name='foreign capital')),
                ('ticked', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('appointment_on', models.DateField(blank=True, null=True, verbose_name='appointment')),
                ('office', models.CharField(blank=True, max_length=200, verbose_name='office')),
                ('carried', models.TextField(blank=True, verbose_name='papers to carry')),
                ('receipt', models.CharField(blank=True, max_length=60, verbose_name='number of the receipt')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='commercial', to='cases.case')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.client')),
            ],
        ),
        guard("cases_commercial", every=EVERYTHING, some=EVERYTHING),
        same_client("cases_commercial", "case_id", "cases_case"),
    ]
