"""Until when identity papers are kept: whose day has come or is near, and what stops it."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.deadlines import midnight
from cases.workflow import ENDED
from clients.queries import the_agency
from documents.models import Document, Hold
from documents.workflow import State
from trade.papers import IDENTITY_PAPERS


def stored() -> QuerySet[Document]:
    """Papers of which something lies in the store; what was taken back has a way of its own."""
    rows = Document.objects.filter(destroyed_at__isnull=True).exclude(copy_sha256="")
    return rows.exclude(state=State.WITHDRAWN)


def nearing(until: date) -> QuerySet[Document]:
    """Identity papers whose day comes until then, with what stops it: `is_held` by law, `is_shared` with another filing
    of the client whose own day comes later."""
    due = _due(until)
    return with_stops(stored().filter(due, requirement__kind__in=IDENTITY_PAPERS)).annotate(
        is_shared=Exists(_others().exclude(due))
    )


def with_stops(rows: QuerySet[Document]) -> QuerySet[Document]:
    """With `is_held`, and `is_used` by another filing that keeps the same objects longer, as far as is known today."""
    later = Q(case__licensed_on__isnull=True) & ~Q(case__stage__in=ENDED)
    later |= Q(case__licensed_on__gt=OuterRef("case__licensed_on"))
    return rows.annotate(is_held=Exists(_holds()), is_used=Exists(_others().filter(later)))


def holds_on(client_id: int, case_id: int | None = None) -> QuerySet[Hold]:
    """Those that stand, of the client and of this filing."""
    return Hold.objects.filter(client=client_id, ended_at__isnull=True).filter(
        Q(case__isnull=True) | Q(case=case_id)
    )


def _others() -> QuerySet[Document]:
    """Other papers that are the same objects."""
    same = stored().filter(client=OuterRef("client"), token=OuterRef("token"))
    return same.exclude(pk=OuterRef("pk"))


def _holds() -> QuerySet[Hold]:
    """A hold on the client, or on a filing that has these objects."""
    cases = stored().filter(client=OuterRef(OuterRef("client")), token=OuterRef(OuterRef("token")))
    on = Q(case__isnull=True) | Q(case__in=cases.values("case"))
    return Hold.objects.filter(on, client=OuterRef("client"), ended_at__isnull=True)


def _due(until: date) -> Q:
    """So many days after the licence, or after the end of a filing that never had one."""
    since = until - timedelta(days=the_agency().identity_papers_kept_days)
    ended = Q(
        case__licensed_on__isnull=True,
        case__stage__in=ENDED,
        case__moved_at__lt=midnight(since + timedelta(days=1)),
    )
    return Q(case__licensed_on__lte=since) | ended
