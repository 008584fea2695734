"""Tables of the list that leave the portal: a short one at once, a long one by the worker, each with its trace.

A table shows what whoever asked has in sight at the moment it is made; it is fetched by them alone, and no longer
once they see less or more.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, NamedTuple

import structlog
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases import asked, columns
from cases.queries import every_case, page_of_cases
from clients.models import User
from clients.services.traces import record
from clients.sight import every_client, sight_of
from documents import storage
from documents.models import Export
from documents.services import fetched
from documents.tables import TYPES, write_table

log = structlog.get_logger()

AT_ONCE = 500  # rows that are written while the browser waits


class Table(NamedTuple):
    """A table that was made at once."""

    content: bytes
    filename: str
    content_type: str


@transaction.atomic
def export_cases(query: dict[str, str], form: str, *, by: User) -> Table | Export:
    """The list behind these words: the table itself where it is short, else the promise of one."""
    query = asked.said(asked.read(query))
    page = page_of_cases(by, asked.filters_of(query), "", AT_ONCE)
    if page.next is not None:
        return _promised(query, form, by)
    file = io.BytesIO()
    rows = write_table(file, form, _headings(), map(columns.cells, page.items), title=_("Cases"))
    record("cases.exported", by=by, query=query, rows=rows, format=form)
    return Table(file.getvalue(), filename_of(form, timezone.now()), TYPES[form])


def _promised(query: dict[str, str], form: str, by: User) -> Export:
    """One at a time of the same: a double click makes no second."""
    made = Export.objects.filter(asked_by=by, format=form, query=query, made_at__isnull=True, problem="")
    return made.first() or Export.objects.create(asked_by=by, format=form, query=query)


def _headings() -> list[str]:
    return [str(heading) for heading in columns.HEADINGS]


def filename_of(form: str, at: datetime) -> str:
    return f"cases-{at.astimezone(columns.BEIJING):%Y-%m-%d}.{form}"


# ── By the worker ───────────────────────────────────────────────────────────────────────────────────────────────────


def waiting_exports(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Ids of what nobody is making."""
    return fetched.waiting(Export, now, limit)


def make_export(export_id: int, *, now: datetime | None = None) -> None:
    """Bring one from promised to made; does nothing where somebody else is at it."""
    begun = fetched.begin(Export, export_id, now=now, may=lambda person: person.standing.is_agency)
    if begun is None:
        return
    export, person, seen = begun
    with tempfile.SpooledTemporaryFile(fetched.SPOOLED) as file:
        with translation.override(person.language):
            rows = write_table(file, export.format, _headings(), _cells(export, person), title=_("Cases"))
        size = file.tell()
        file.seek(0)
        try:
            written = storage.put(export.key, _whole(file), content_type=TYPES[export.format])
        except storage.StorageAway as away:
            log.warning("export.storage_away", export=export.reference, error=str(away))
            fetched.put_back(export)
            return
    with every_client():
        made = {"made_at": timezone.now(), "rows": rows, "size": size, "seen": seen}
        if Export.objects.claimed_as(export).update(**made, version=written.version, etag=written.etag):
            record("cases.exported", by=person, query=export.query, rows=rows, format=export.format)
    log.info("export.made", export=export.reference, rows=rows, size=size)


def _cells(export: Export, person: User) -> Iterator[tuple[str, ...]]:
    """What this person has in sight now, whatever they saw when they asked."""
    with sight_of(person):
        for case in every_case(person, asked.filters_of(export.query)):
            yield columns.cells(case)


def _whole(file: tempfile.SpooledTemporaryFile) -> IO[bytes]:
    return file  # type: ignore[return-value]


# ── Fetching ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def open_export(export: Export, *, by: User, now: datetime | None = None) -> str:
    """A link that dies within the minute, after its trace; raises `Conflict` where there is nothing to fetch."""
    fetched.ask_whether_theirs(export, by, now or timezone.now())
    record("export.fetched", by=by, query=export.query, rows=export.rows, format=export.format)
    return fetched.link_to(
        export, filename=filename_of(export.format, export.asked_at), content_type=TYPES[export.format]
    )
