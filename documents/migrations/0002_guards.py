"""Whose papers: row-level security, keys that hold a child to its client, and what each role may do."""

from django.db import migrations

from clients.guards import APPEND, EVERYTHING, READ_WRITE, guard, same_client


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial"), ("cases", "0002_guards")]

    operations = [
        guard("documents_upload", every=READ_WRITE, some=READ_WRITE),
        guard("documents_document", every=READ_WRITE, some=READ_WRITE),
        guard("documents_preview", every=EVERYTHING, some="SELECT"),
        guard("documents_consent", every=APPEND, some=APPEND),
        same_client("documents_upload", "requirement_id", "cases_requirement"),
        same_client("documents_document", "case_id", "cases_case"),
        same_client("documents_document", "requirement_id", "cases_requirement"),
        same_client("documents_document", "upload_id", "documents_upload"),
        same_client("documents_document", "duplicate_of_id", "documents_document"),
        same_client("documents_preview", "document_id", "documents_document"),
    ]
