"""No paper is handed on while its client has taken the consent back; said by the database too."""

from django.db import migrations

from cases.constitution import consent_trigger


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_promised_on"), ("clients", "0015_consent_withdrawn")]

    operations = [
        consent_trigger(
            # As `cases.workflow.handing_on()` had it on the day of this migration.
            [("draft", "provider_pre_audit"), ("photo", "miit_review"), ("provider_pre_audit", "photo")]
        )
    ]
