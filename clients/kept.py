"""Reads that a page makes on each call: the ORM writes their SQL once a process, PostgreSQL plans it once a line.

Nothing is kept but the statement. Every call asks the database, through the same connection and in the same sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, Model, Prefetch, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable

from clients import sight
from clients.asking import Statement, ask_ahead_too, asked

Row = TypeVar("Row")
Beside = Callable[[Any], Iterable[Statement | None]]


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

    def __call__(self, beside: Beside | None = None, /, **values: Any) -> list[Row]:
        """The rows, or instances, of these values; with what hangs on one, also what is read `beside` it is asked."""
        if self.is_scoped and not sight.is_whole():
            return list(self.build(**values))
        return self._once.rows(values, self.is_planned_once, beside)

    def count(self, **values: Any) -> int:
        """How many there are of these values."""
        if self.is_scoped and not sight.is_whole():
            return self.build(**values).count()
        return self._once.count(values, self.is_planned_once)

    def ahead(self, **values: Any) -> Statement | None:
        """The statement of these values, to be asked ahead; none where it is written anew."""
        if not self._is_straight:
            return None
        return self._once.statement(values)

    def count_ahead(self, **values: Any) -> Statement | None:
        """The same of their number."""
        if not self._is_straight:
            return None
        return self._once.count_statement(values)

    @property
    def _is_straight(self) -> bool:
        return self.is_planned_once and (not self.is_scoped or sight.is_whole())

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
        self.counting = f"SELECT count(*) FROM ({self.sql}) AS found"  # noqa: S608 (the ORM wrote it)
        columns = [column[0] for column in compiler.select]
        self.converters = [
            (place, convert, column) for place, (convert, column) in compiler.get_converters(columns).items()
        ]
        self.make = (
            _instances(compiler) if issubclass(query._iterable_class, ModelIterable) else list  # type: ignore[attr-defined]
        )
        self.hanging = [_Hanging(query, lookup) for lookup in query._prefetch_related_lookups]  # type: ignore[attr-defined]

    def statement(self, values: dict[str, Any]) -> Statement:
        return self.sql, self._given(values)

    def count_statement(self, values: dict[str, Any]) -> Statement:
        return self.counting, self._given(values)

    def rows(self, values: dict[str, Any], is_planned_once: bool, beside: Beside | None = None) -> list[Any]:
        rows = asked(self.sql, self._given(values), is_planned_once=is_planned_once)
        made = self.make(self._converted(rows))
        for one in made if self.hanging else ():
            ask_ahead_too(
                *(thing.read.ahead(of=one.pk) for thing in self.hanging),  # type: ignore[attr-defined]
                *(beside(one) if beside else ()),
            )
            for thing in self.hanging:
                thing.hang(one)  # type: ignore[arg-type]
        return made

    def count(self, values: dict[str, Any], is_planned_once: bool) -> int:
        return asked(self.counting, self._given(values), is_planned_once=is_planned_once)[0][0]

    def _given(self, values: dict[str, Any]) -> list[Any]:
        return [values[one.name] if isinstance(one, Given) else one for one in self.params]

    def _converted(self, rows: list[tuple]) -> Sequence[Sequence]:
        if not self.converters:
            return rows
        line, found = connections[DEFAULT_DB_ALIAS], [list(row) for row in rows]
        for place, convert, column in self.converters:
            for row in found:
                for one in convert:
                    row[place] = one(row[place], column, line)
        return found


def _instances(compiler: Any) -> Callable[[Sequence[Sequence]], list[Model]]:
    """As `ModelIterable` makes them, with all that does not change worked out beforehand."""
    make = _Maker(compiler.klass_info, compiler.select)
    besides = list((compiler.annotation_col_map or {}).items())

    def made(rows: Sequence[Sequence]) -> list[Model]:
        found = [make(row) for row in rows]
        for name, place in besides:
            for one, row in zip(found, rows, strict=True):
                setattr(one, name, row[place])
        return found

    return made


class _Maker:
    """An instance out of its columns in a row, and with it what `select_related` hangs on it.

    What `Model.from_db` does in two dozen steps, of which none but these leaves anything: no model of ours has an
    `__init__` or a signal of its own (`tests/clients/test_kept.py` holds both equal).
    """

    def __init__(self, info: dict[str, Any], select: list[Any]) -> None:
        self.model: type[Model] = info["model"]
        places = info["select_fields"]
        self.start, self.end = places[0], places[-1] + 1
        self.names = [column[0].target.attname for column in select[self.start : self.end]]
        self.key = self.start + self.names.index(self.model._meta.pk.attname)
        self.related = [
            (_Maker(of, select), of["local_setter"], of["remote_setter"])
            for of in info.get("related_klass_infos", ())
        ]

    def __call__(self, row: Sequence) -> Model:
        one = self.model.__new__(self.model)
        one._state = state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        one.__dict__.update(zip(self.names, row[self.start : self.end], strict=True))
        for make, local_setter, remote_setter in self.related:
            other = None if row[make.key] is None else make(row)
            local_setter(one, other)
            if other is not None:
                remote_setter(other, one)
        return one


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
