"""Contacts that came in with a spreadsheet and were only noted: invited together, some other day."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from cases.models import Incoming, IncomingRow
from clients.models import Invitation, User
from clients.refusals import Conflict, Invalid
from clients.services.invitations import renew_invitation

AT_ONCE = 100  # in one request; the button comes again for the rest


def noted_contacts(incoming: Incoming) -> QuerySet[Invitation]:
    """Of the clients that it brought or found, those who were noted and not written to yet."""
    rows = IncomingRow.objects.filter(incoming=incoming, client__isnull=False)
    noted = Invitation.objects.filter(is_prepared=True, revoked_at__isnull=True, accepted_at__isnull=True)
    return noted.filter(client__in=rows.values("client")).order_by("pk")


def invite_noted(incoming: Incoming, *, by: User) -> int:
    """Writes to the next hundred of them; how many. Whoever cannot be invited stays noted on the client's page."""
    invited = 0
    for one in noted_contacts(incoming).select_related("client")[: 10 * AT_ONCE]:
        try:
            with transaction.atomic():
                renew_invitation(one, by=by)
        except (Conflict, Invalid):
            continue  # of the agency, or there already: the next ones must not wait behind
        invited += 1
        if invited == AT_ONCE:
            break
    return invited
