"""A client gets another name; whatever shows it reads it from the client's row."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from clients.models import Client, User
from clients.permissions import may_make_clients
from clients.services.traces import record


@transaction.atomic
def rename_client(client: Client, *, name: str, name_zh: str = "", by: User) -> Client:
    """Called so from now on. Its cases are filed under the new name by a task, for they may be thousands."""
    if not may_make_clients(by):
        raise PermissionDenied
    client = Client.objects.select_for_update().get(pk=client.pk)
    names = {"name": name, "name_zh": name_zh}
    told = {
        field: [getattr(client, field), new] for field, new in names.items() if getattr(client, field) != new
    }
    if told:
        client.name, client.name_zh, client.renamed_at = name, name_zh, timezone.now()
        client.save(update_fields=["name", "name_zh", "renamed_at"])
        record("client.renamed", by=by, client=client, changes=told)
    return client
