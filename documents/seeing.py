"""Who looked at which paper, as the client reads it: grouped by paper, the latest look first; and as a table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.deadlines import BEIJING
from cases.errands import paper_title
from cases.models import CaseEvent
from cases.queries import Page
from clients.models import CLIENT_ROLES, Agency, Membership, User
from clients.templatetags.look import day
from documents import keeping
from documents.models import Document
from documents.queries import documents_for
from documents.tables import write_table

LOOKS = 50
PAPERS = 50
PEOPLE = 100
ROWS = 5_000  # of a table


@dataclass
class Seen:
    """A paper, how long it is kept, and the looks at it on this page of the list."""

    document: Document
    title: str
    kept: str
    certificate: str = ""  # address, where nothing of it is left
    looks: list[dict[str, Any]] = field(default_factory=list)


def title_of(document: Document) -> str:
    """The paper with whose it is; from the second version on with its number."""
    title = paper_title(document.requirement, document.case)
    if document.version > 1:
        return _("%(paper)s, version %(n)d") % {"paper": title, "n": document.version}
    return title


def looks_at(user: User, document: Document | None) -> QuerySet[CaseEvent]:
    """Looks at the papers in this person's sight, the latest first."""
    papers = documents_for(user)
    looks = (
        CaseEvent.objects.filter(client_id__in=user.standing.client_ids, kind="paper.viewed")
        .annotate(document=KT("data__document"))
        .filter(document__in=papers.order_by().values("reference"))
        .select_related("by")
        .order_by("-id")
    )
    return looks if document is None else looks.filter(document=document.reference)


def people_of(looks: QuerySet[CaseEvent], user: User) -> list[tuple[str, str]]:
    """Who has looked at all, by reference and name."""
    seen = User.objects.filter(pk__in=looks.order_by().values("by")).order_by("name", "email")[:PEOPLE]
    return [(one.reference, _("You") if one.pk == user.reader.pk else str(one)) for one in seen]


def narrowed(
    looks: QuerySet[CaseEvent], *, who: str = "", since: date | None = None, until: date | None = None
) -> QuerySet[CaseEvent]:
    """Of one person, and of these days in Beijing."""
    if who:
        looks = looks.filter(by__reference=who)
    if since:
        looks = looks.filter(at__gte=datetime.combine(since, time.min, BEIJING))
    if until:
        looks = looks.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, BEIJING))
    return looks


def page_of_looks(
    looks: QuerySet[CaseEvent], cursor: str, user: User, agency: Agency, *, of: str = ""
) -> Page | None:
    """A page of them, grouped by paper; None for a cursor that is none. `of` tells what the cursor belongs to."""
    salt = f"cursor:looks:{user.pk}:{of}"
    if cursor:
        try:
            looks = looks.filter(id__lt=signing.loads(cursor, salt=salt))
        except (signing.BadSignature, ValueError):
            return None
    found = list(looks[: LOOKS + 1])
    more = len(found) > LOOKS
    found = found[:LOOKS]
    return Page(_grouped(found, user, agency), signing.dumps(found[-1].pk, salt=salt) if more else None)


HEADINGS = (
    gettext_lazy("When (Beijing)"),
    gettext_lazy("Who"),
    gettext_lazy("Of"),
    gettext_lazy("What they did"),
    gettext_lazy("Why"),
    gettext_lazy("Paper"),
    gettext_lazy("Filing"),
)


def table_of_looks(looks: QuerySet[CaseEvent], form: str, user: User, agency: Agency) -> bytes:
    """The same as a file, the latest first, as many as anybody reads."""
    file = io.BytesIO()
    found = list(looks[:ROWS])
    rows = sorted(
        ((look, one) for one in _grouped(found, user, agency) for look in one.looks),
        key=lambda row: row[0]["at"],
        reverse=True,
    )
    write_table(file, form, [str(one) for one in HEADINGS], map(_cells, rows), title=_("Who saw my papers"))
    return file.getvalue()


def _cells(row: tuple[dict[str, Any], Seen]) -> tuple[str, ...]:
    look, paper = row
    side = _("Agency") if look["is_agency"] else paper.document.client.name
    at = f"{look['at'].astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return at, look["who"], side, look["did"], look["why"], paper.title, paper.document.case.domain_name


def _grouped(found: Sequence[CaseEvent], user: User, agency: Agency) -> list[Seen]:
    named = {look.document for look in found}  # type: ignore[attr-defined]
    papers = {one.reference: one for one in _whole(user).filter(reference__in=named)}
    # Whom the agency assigned to the client has a row of the client's too, and is nobody of theirs.
    places = Membership.objects.filter(client_id__in=user.standing.client_ids, role__in=CLIENT_ROLES)
    ours = set(places.values_list("user_id", flat=True))
    seen: dict[str, Seen] = {}
    for look in found:
        paper = papers[look.document]  # type: ignore[attr-defined]
        row = seen.setdefault(paper.reference, _seen(paper, agency))
        row.looks.append(
            {
                "who": _("You") if look.by_id == user.reader.pk else str(look.by or _("Portal")),
                "is_agency": look.by_id is not None and look.by_id not in ours,
                "did": _("downloaded it") if look.data.get("download") else _("looked at it"),
                "why": _why(look),
                "at": look.at,
            }
        )
    return list(seen.values())


def _why(look: CaseEvent) -> str:
    return {
        "review": _("to check it"),
        "pack": _("to hand it to the provider"),
        "copy": _("for a copy of their own data"),
        "seen_as": _("to see the pages as you do"),
    }.get(look.data.get("why"), "")


def _whole(user: User) -> Any:
    return keeping.with_stops(documents_for(user)).prefetch_related("case__people")


def _seen(document: Any, agency: Agency) -> Seen:
    is_gone = document.destroyed_at is not None
    certificate = reverse("documents:certificate", args=[document.certificate]) if is_gone else ""
    kept = kept_words(document, agency, is_held=document.is_held, is_used=document.is_used)
    return Seen(document, title_of(document), kept, certificate)


def kept_words(document: Document, agency: Agency, *, is_held: bool, is_used: bool) -> str:
    """Until when it is kept, as it truly is: what stops its day is said, and that it is gone."""
    until = document.deleted_on(agency.identity_papers_kept_days)
    if document.destroyed_at:
        return _("Destroyed on %(day)s") % {"day": day(document.destroyed_at)}
    if document.destroying_at:
        return _("Being destroyed: its day has come")
    if not document.is_identity_paper:
        return _("Kept as long as we look after your filing")
    if is_held:
        return _("Kept for now: the law wants it kept; then destroyed with proof")
    if until and is_used:
        return _("Kept as long as another filing of yours uses it, then destroyed with proof")
    if until:
        return _("Kept until %(day)s, then destroyed with proof") % {"day": day(until)}
    return _("Destroyed %(n)d days after the licence") % {"n": agency.identity_papers_kept_days}


def unseen_papers(user: User, agency: Agency) -> list[Seen]:
    """The newest papers that nobody has opened yet."""
    looked = CaseEvent.objects.filter(client_id__in=user.standing.client_ids, kind="paper.viewed")
    opened = looked.annotate(document=KT("data__document")).values("document")
    papers = _whole(user).exclude(reference__in=opened).exclude(copy_sha256="").order_by("-id")[:PAPERS]
    return [_seen(one, agency) for one in papers]
