"""The cases of a client that got another name are filed under it, for the search.

A change of what names are filed under marks all whom it concerns in the same way. In an update a process of the
version before may still name a client, and knows nothing of filing: that is made up for here.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from cases import search
from cases.models import Case
from clients.models import Client
from clients.sight import every_client
from clients.spelling import filed

BATCH = 500


def file_unfiled() -> int:
    """File clients that are filed under nothing, and mark them for their cases; how many there were.

    Whoever is named by signs alone that nothing is filed by (`---`) is passed over each time.
    """
    last: int | None = 0
    done = 0
    while last is not None:
        with every_client():
            rows = Client.objects.select_for_update(no_key=True).filter(filed_under="", pk__gt=last)
            batch = list(rows.order_by("pk")[:BATCH])
            for client in batch:
                client.filed_under = filed(client.name, client.name_zh)
                client.renamed_at = timezone.now()
            named = [client for client in batch if client.filed_under]
            Client.objects.bulk_update(named, ["filed_under", "renamed_at"])
        done += len(named)
        last = batch[-1].pk if len(batch) == BATCH else None
    return done


def renamed_clients() -> list[int]:
    """Those whose cases are still filed under an older name."""
    with every_client():
        return list(
            Client.objects.filter(renamed_at__isnull=False).order_by("pk").values_list("pk", flat=True)
        )


def refile(client_id: int) -> int:
    """File all cases of this client anew, a batch a transaction; how many were filed otherwise.

    Killed in the middle, the next one begins again, and writes only what is left; so do two at once.
    """
    last: int | None = 0
    done, since = 0, _since(client_id)
    while since and last is not None:
        with every_client():
            # Held one and all: whoever changes one of them waits, and then reads the new name too.
            batch = list(
                Case.objects.select_for_update(of=("self",))
                .select_related("client")
                .filter(client_id=client_id, pk__gt=last)
                .order_by("pk")[:BATCH]
            )
            changed = [case for case in batch if case.filed_under != search.filed_under(case, case.client)]
            for case in changed:
                case.filed_under = search.filed_under(case, case.client)
            Case.objects.bulk_update(changed, ["filed_under"])
        done += len(changed)
        last = batch[-1].pk if len(batch) == BATCH else None
    with every_client():
        # Named once more meanwhile: then it stays marked.
        Client.objects.filter(pk=client_id, renamed_at=since).update(renamed_at=None)
    return done


def _since(client_id: int) -> datetime | None:
    """Since when it is marked; whoever named it may not have filed the client itself."""
    with every_client():
        client = Client.objects.select_for_update(no_key=True).filter(pk=client_id).first()
        if client is None or client.renamed_at is None:
            return None
        if client.filed_under != (words := filed(client.name, client.name_zh)):
            Client.objects.filter(pk=client_id).update(filed_under=words)
        return client.renamed_at
