"""A case begins: client and domain are enough, the rest follows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from cases import facts, search
from cases.models import Case, Domain, Part, Person, Server, Site, Subject
from cases.promise import begun_today
from cases.services import changing, history, planning
from clients.models import Client, User


@transaction.atomic
def open_case(
    client: Client,
    *,
    by: User | None,
    given: dict[str, Any],
    now: datetime | None = None,
    brought_in: dict[str, Any] | None = None,
) -> Case:
    """A new case in draft with these facts (as `PATCH` takes them), its checklist made from them.

    `brought_in` says from where, of one that lived elsewhere until today: nobody is told of it as of something new.
    Raises `facts.Invalid` where one cannot be taken.
    """
    now = now or timezone.now()
    changes, errors = changing.read(given, None)
    changes = [change for change in changes if change.name]  # a manager that is null is the head
    if not any(change.path == "domain.name" and change.value for change in changes):
        errors.append(facts.error("domain.name", changing.NEEDED, "missing"))
    if errors:
        raise facts.Invalid(errors)
    case = Case(
        client=client,
        account_manager=by if by and by.standing.is_agency else None,
        waiting_since=now,
        **begun_today(),
    )
    case.moved_at = case.created_at = now
    rows: dict[str, Any] = {"case": case}
    for thing, model in {"subject": Subject, "domain": Domain, "server": Server, "site": Site}.items():
        rows[thing] = model(case=case, client_id=client.pk)
    rows["head"] = Person(case=case, client_id=client.pk, part=Part.HEAD)
    if any(change.thing == "manager" for change in changes):
        rows["manager"] = Person(case=case, client_id=client.pk, part=Part.MANAGER)
    for change in changes:
        setattr(rows[change.thing], change.name, change.value)
    changing.ask_for_open_way(case)
    case.filing_kind_is_set = any(change.path == "filing_kind" and change.value for change in changes)
    case.filing_kind = case.filing_kind or "first"
    case.domain_name = rows["domain"].name
    case.filed_under = search.filed_under(case, client)
    for row in rows.values():
        row.save()
    data = {"domain": case.domain_name, **(brought_in or {})}
    kind = "case.opened" if brought_in is None else "case.imported"
    history.record(case, kind, by=by, data=data, at=now, is_told=brought_in is not None)
    return planning.refresh(case, now=now)
