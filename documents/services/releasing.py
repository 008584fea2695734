"""Two persons of the agency let papers go on their day; and somebody holds them back where the law wants them kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.deadlines import beijing_day
from cases.models import Case
from clients.models import Client, User
from clients.queries import the_agency
from clients.refusals import Conflict, Invalid, error
from clients.services.traces import record
from documents import keeping
from documents.models import Document, Hold, Release
from documents.permissions import may_release
from trade.papers import IDENTITY_PAPERS


@transaction.atomic
def release_papers(client: Client, *, by: User, opened: str = "", now: datetime | None = None) -> Release:
    """The first person begins one with all that is due soon; the second names the one they `opened`, and ends it.

    Raises `Conflict` where it has moved on, or where the second person is the first.
    """
    now = now or timezone.now()
    if not may_release(by):
        raise PermissionDenied
    client = Client.everything.select_for_update().get(pk=client.pk)
    standing = Release.objects.filter(client=client, second_by__isnull=True).first()
    if (standing.reference if standing else "") != opened:
        raise Conflict(_("Somebody was quicker. Look at the list as it is now."), "changed")
    if standing is None:
        standing = _begin(client, by, now)
    elif standing.first_by_id == by.pk:
        raise Conflict(_("You released them first; somebody else must be the second."), "same_person")
    else:
        standing.second_by, standing.second_at = by, now
        standing.save(update_fields=["second_by", "second_at"])
    step = 1 if standing.second_by is None else 2
    record("papers.released", by=by, client=client, release=standing.reference, step=step)
    return standing


def _begin(client: Client, by: User, now: datetime) -> Release:
    until = beijing_day(now) + timedelta(days=the_agency().destroying_warned_days)
    papers = keeping.nearing(until).filter(
        client=client, release__isnull=True, destroying_at__isnull=True, is_held=False
    )
    ids = list(papers.values_list("pk", flat=True))
    if not ids:
        raise Conflict(_("Nothing of this client's waits to be released."), "nothing")
    release = Release.objects.create(client=client, first_by=by, first_at=now)
    Document.objects.filter(pk__in=ids).update(release=release)
    return release


@transaction.atomic
def hold_papers(
    client: Client, *, by: User, reason: str, case: Case | None = None, now: datetime | None = None
) -> Hold:
    """From now on no identity paper of the client, or of this filing, is destroyed; what has begun is not stopped."""
    if not may_release(by):
        raise PermissionDenied
    reason = reason.strip()
    if not reason:
        raise Invalid([error("reason", _("Say which law, order or dispute wants them kept."), "required")])
    papers = Document.objects.filter(
        client=client, requirement__kind__in=IDENTITY_PAPERS, destroying_at__isnull=True
    )
    # Their rows are held: whoever destroys waits, or has begun already.
    list(papers.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    hold = Hold.objects.create(client=client, case=case, reason=reason[:500], by=by, at=now or timezone.now())
    record("papers.held", by=by, client=client, hold=hold.reference, reason=hold.reason)
    return hold


@transaction.atomic
def end_hold(hold: Hold, *, by: User, now: datetime | None = None) -> bool:
    """Its papers have their day again; what is past it goes with the next ring. False where it was ended already."""
    if not may_release(by):
        raise PermissionDenied
    won = Hold.objects.filter(pk=hold.pk, ended_at__isnull=True).update(
        ended_by=by, ended_at=now or timezone.now()
    )
    if won:
        record("papers.hold_ended", by=by, client=hold.client, hold=hold.reference)
    return bool(won)
