"""Reads that a page makes on each call: the ORM writes their SQL once a process, PostgreSQL plans it once a line.

Nothing is kept but the statement. Every call asks the database, through the same connection and in the same sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, Model, Prefetch, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

from clients import sight

Row = TypeVar("Row")

# Django's own makes each moment UTC in Python; a line of ours speaks UTC, and psycopg's is in C.
MOMENT = psycopg.adapters.types["timestamptz"].oid
MOMENT_LOADER: Any = psycopg.adapters.get_loader(MOMENT, psycopg.pq.Format.TEXT)


class Given(Expression):
    """A value that comes with each call."""

    def __init__(self, name: str, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class Kept(Generic[Row]):
    """A query and the names of its values: `Kept(lambda key: User.objects.filter(pk=key), key=BigAutoField())`.

    A sight of some clients writes them into each statement, so that such a query is written anew as ever.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet],
        *,
        is_scoped: bool = True,
        is_planned_once: bool = True,  # not where the best way depends on the values
        **fields: Field,
    ) -> None:
        self.build, self.fields = build, fields
        self.is_scoped, self.is_planned_once = is_scoped, is_planned_once
        self._written: _Written | None = None

    def __call__(self, **values: Any) -> list[Row]:
        """The rows, or instances, of these values."""
        if self.is_scoped and not sight.is_whole():
            return list(self.build(**values))
        return self._once.rows(values, self.is_planned_once)

    def count(self, **values: Any) -> int:
        """How many there are of these values."""
        if self.is_scoped and not sight.is_whole():
            return self.build(**values).count()
        return self._once.count(values, self.is_planned_once)

    @property
    def _once(self) -> _Written:
        if self._written is None:
            self._written = _Written(
                self.build(**{name: Given(name, of) for name, of in self.fields.items()})
            )
        return self._written


class _Written:
    """The statement of a query of rows or tuples, and what makes them of what comes back."""

    def __init__(self, query: QuerySet) -> None:
        compiler = query.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.params = compiler.as_sql()
        columns = [column[0] for column in compiler.select]
        self.converters = [
            (place, convert, column) for place, (convert, column) in compiler.get_converters(columns).items()
        ]
        self.make = (
            _instances(compiler) if issubclass(query._iterable_class, ModelIterable) else list  # type: ignore[attr-defined]
        )
        self.hanging = [_Hanging(query, lookup) for lookup in query._prefetch_related_lookups]  # type: ignore[attr-defined]

    def rows(self, values: dict[str, Any], is_planned_once: bool) -> list[Any]:
        rows = asked(self.sql, self._given(values), is_planned_once=is_planned_once)
        made = self.make(self._converted(rows) if self.converters else rows)
        for one in made if self.hanging else ():
            for thing in self.hanging:
                thing.hang(one)  # type: ignore[arg-type]
        return made

    def count(self, values: dict[str, Any], is_planned_once: bool) -> int:
        sql = f"SELECT count(*) FROM ({self.sql}) AS found"  # noqa: S608 (the ORM wrote it)
        return asked(sql, self._given(values), is_planned_once=is_planned_once)[0][0]

    def _given(self, values: dict[str, Any]) -> list[Any]:
        return [values[one.name] if isinstance(one, Given) else one for one in self.params]

    def _converted(self, rows: Iterable[Sequence]) -> Iterator[Sequence]:
        for row in map(list, rows):
            for place, convert, column in self.converters:
                for one in convert:
                    row[place] = one(row[place], column, connections[DEFAULT_DB_ALIAS])
            yield row


def _instances(compiler: Any) -> Callable[[Iterable[Sequence]], list[Model]]:
    """As `ModelIterable` makes them, with all that does not change worked out beforehand."""
    info, columns = compiler.klass_info, compiler.select
    model, places = info["model"], info["select_fields"]
    start, end = places[0], places[-1] + 1
    names = [column[0].target.attname for column in columns[start:end]]
    populators: Any = get_related_populators(info, columns, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    besides = list((compiler.annotation_col_map or {}).items())

    def make(rows: Iterable[Sequence]) -> list[Model]:
        made = []
        for row in rows:
            one = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
            for populator in populators:
                populator.populate(row, one)
            for name, place in besides:
                setattr(one, name, row[place])
            made.append(one)
        return made

    return make


class _Hanging:
    """Rows that hang on another, as `prefetch_related` names them: one kept statement, for one row at a time."""

    def __init__(self, query: QuerySet, lookup: str | Prefetch) -> None:
        self.name: str = lookup if isinstance(lookup, str) else lookup.prefetch_to  # type: ignore[attr-defined]
        self.field = field = query.model._meta.get_field(self.name).field
        rows = None if isinstance(lookup, str) else lookup.queryset
        rows = field.model._default_manager.all() if rows is None else rows
        self.read: Kept[Model] = Kept(lambda of: rows.filter(**{field.attname: of}), of=field.target_field)

    def hang(self, one: Model) -> None:
        rows = self.read(of=one.pk)
        for row in rows:
            self.field.set_cached_value(row, one)
        # As Django keeps what it fetched; one that is narrowed further asks as if nothing had been.
        hangs = one.__dict__.setdefault("_prefetched_objects_cache", {})
        hangs[self.name] = _Hung(rows, lambda: _unhung(getattr(one, self.name), hangs, self.name))


def _unhung(manager: Any, hangs: dict[str, Any], name: str) -> QuerySet:
    """The query of a relation behind what was fetched."""
    kept = hangs.pop(name)
    try:
        return manager.get_queryset()
    finally:
        hangs[name] = kept


class _Hung:
    """Rows that were fetched already, in the place of a queryset, which is made when somebody narrows it."""

    def __init__(self, rows: list[Model], query: Callable[[], QuerySet]) -> None:
        self._rows, self._query = rows, query

    def all(self) -> _Hung:
        return self

    def __iter__(self) -> Iterator[Model]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        return self._rows[place]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query(), name)


class _Cursor(psycopg.Cursor):
    """Values travel beside the statement, which the line may prepare at its first use."""

    is_planned_once = True

    def __init__(self, line: psycopg.Connection) -> None:
        super().__init__(line)
        self.adapters.register_loader(MOMENT, MOMENT_LOADER)

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Cursor:
        return super().execute(query, params, prepare=self.is_planned_once, **options)


def asked(
    sql: str, given: Sequence[Any] | Mapping[str, Any] = (), *, is_planned_once: bool = True
) -> list[tuple]:
    """The rows of a statement of ours.

    A line keeps one cursor for them: to dress a new one as Django does costs three times the asking. Where somebody
    counts or watches the statements, they go Django's way.
    """
    line: Any = connections[DEFAULT_DB_ALIAS]
    line.close_if_health_check_failed()
    line.ensure_connection()
    if line.queries_logged or line.execute_wrappers:
        return _watched(line, sql, given, is_planned_once)
    line.validate_no_broken_transaction()
    cursor = line.kept_cursor
    with line.wrap_database_errors:
        if cursor is None or cursor.connection is not line.connection:
            cursor = line.kept_cursor = _Cursor(line.connection)
        cursor.is_planned_once = is_planned_once
        return cursor.execute(sql, given).fetchall()


def _watched(line: Any, sql: str, given: Any, is_planned_once: bool) -> list[tuple]:
    with line.wrap_database_errors:
        cursor = _Cursor(line.connection)
    cursor.is_planned_once = is_planned_once
    with line._prepare_cursor(cursor) as ours:
        ours.execute(sql, given)
        if line.queries_logged:
            line.queries_log[-1]["sql"] = sql  # a prepared one goes by a name alone
        return ours.fetchall()
