"""Who stands in for whom: a history that people of the agency read, whole or limited, and clients do not."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clients.guards import APPEND, PERSON, _run, append_only


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0013_taken_back'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(blank=True, null=True)),
                ('until_on', models.DateField(blank=True, null=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='covers', to=settings.AUTH_USER_MODEL)),
                ('stand_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='covers_for', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person',), name='cover_once_a_person'),
                    models.CheckConstraint(condition=models.Q(('person', models.F('stand_in')), _negated=True), name='cover_is_by_somebody_else'),
                    models.CheckConstraint(condition=models.Q(('from_on__isnull', True), ('until_on__isnull', True), ('until_on__gte', models.F('from_on')), _connector='OR'), name='cover_ends_after_it_begins'),
                ],
            },
        ),
        _run(
            "ALTER TABLE clients_cover ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE clients_cover FORCE ROW LEVEL SECURITY",
            "CREATE POLICY everybody ON clients_cover TO portal_all USING (true) WITH CHECK (true)",
            "CREATE POLICY colleagues ON clients_cover FOR SELECT TO portal_some USING (EXISTS (SELECT FROM "
            f"clients_membership m WHERE m.user_id = {PERSON} AND m.client_id IS NULL AND m.ended_at IS NULL))",
            f"GRANT {APPEND} ON clients_cover TO portal_all",
            "GRANT SELECT ON clients_cover TO portal_some",
        ),
        append_only("clients_cover", once="ended_at"),
    ]
