"""Letters of the clients in sight; one that belongs to none yet is for those who see every client."""

from django.db import migrations

from clients.guards import EVERYTHING, guard, same_client


class Migration(migrations.Migration):
    dependencies = [
        ("letterbox", "0001_initial"),
        ("cases", "0002_guards"),
        ("clients", "0002_guards"),
        ("documents", "0002_guards"),
    ]

    operations = [
        guard("letterbox_letter", every=EVERYTHING, some="SELECT, UPDATE"),
        guard("letterbox_letterfile", every=EVERYTHING, some="SELECT, UPDATE"),
        same_client("letterbox_letter", "case_id", "cases_case"),
        same_client("letterbox_letterfile", "letter_id", "letterbox_letter"),
        same_client("letterbox_letterfile", "document_id", "documents_document"),
    ]
