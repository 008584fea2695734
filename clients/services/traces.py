"""Every change around people and settings leaves one row: the audit, and the outbox of what is told."""

from __future__ import annotations

from typing import Any

from clients import source
from clients.models import AuditEvent, Client, Invitation, User


def record(
    kind: str,
    *,
    by: User | None,
    client: Client | None = None,
    about: User | None = None,
    invitation: Invitation | None = None,
    **data: Any,
) -> AuditEvent:
    """Write the event in the caller's transaction; `data` holds no token, no code, no number of a paper."""
    return AuditEvent.objects.create(
        kind=kind,
        client=client,
        by=by,
        about=about,
        invitation=invitation,
        data={"source": source.current(), **data},
    )
