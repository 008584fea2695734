"""How a test edits a rule, and makes many cases of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from cases.models import Case, Deadline, Domain, Person, Requirement, Server, Site, Subject
from rulebook import services
from rulebook.models import Edition, Rule


def newest(kind: str, code: str) -> Rule:
    return next(iter(services.newest_rules(kind=kind, code=code)))


def columns(rule: Rule, **changed: Any) -> dict[str, Any]:
    """What a form would hand over for this row."""
    dated = {name: getattr(rule, name) for name in ("source", "valid_from", "valid_to", "checked_on")}
    return {**rule.body, **dated, **changed}


def edit(kind: str, code: str, *, by: Any, reaches: bool = False, **changed: Any) -> Edition:
    rule = newest(kind, code)
    return services.change_rule(
        kind, code, rule.term, columns(rule, **changed), by=by, reaches_running=reaches, note="because"
    )


def copies(case: Case, n: int) -> list[int]:
    """As many more cases as one likes, with everything that hangs on them, in a few statements; their numbers."""
    with connection.cursor() as cursor:
        ids = _copy(cursor, Case, "id = %s", case.pk, {}, range(n))
        for model in (Subject, Domain, Server, Site, Person, Requirement, Deadline):
            _copy(cursor, model, "case_id = %s", case.pk, {"case_id": "copy.n"}, ids)
    return ids


def _copy(
    cursor: Any, model: Any, which: str, pk: int, own: dict[str, str], many: Iterable[int]
) -> list[int]:
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    own = {"reference": "upper(left(md5(random()::text), 20))", **own}
    read = ", ".join(own.get(column, f'old."{column}"') for column in columns)
    table, written = model._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    cursor.execute(
        f"INSERT INTO {table} ({written}) SELECT {read} FROM {table} old, unnest(%s::bigint[]) copy(n) "
        f"WHERE {which} RETURNING 1" + (", id" if model is Case else ""),
        [list(many), pk],
    )
    return [row[-1] for row in cursor.fetchall()]
