"""The cases of a client that got another name are filed under it, for the search.

A change of what names are filed under marks all whom it concerns in the same way.
"""

from __future__ import annotations

from datetime import datetime

from cases import search
from cases.models import Case
from clients.models import Client
from clients.sight import every_client

BATCH = 500


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
    with every_client():
        return Client.objects.filter(pk=client_id).values_list("renamed_at", flat=True).first()
