"""What happens at every keystroke: the ORM writes the SQL of its reads once per thread, and it is kept.

Writing a statement takes the ORM ten times as long as the database takes to answer it, and what it says does not
change from one cell to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from threading import local
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.transaction import TransactionManagementError

Argument = int | str | Sequence[int] | Sequence[str]
# Statements for longer lists are written anew: there are too many lengths to keep one for each.
LONGEST = 50
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    parameters: tuple[Any, ...]  # a `_Place` where an argument belongs
    converters: tuple[tuple[int, Sequence[Callable[..., Any]], Any], ...]  # what the ORM does to some columns
    locks: bool


@dataclass(frozen=True, slots=True)
class _Place:
    number: int


class Prepared:
    """A queryset of tuples as a function of its arguments.

    `make` is given whole numbers, texts and lists of either, puts them into conditions as they are, and returns
    `values_list(…)`. Longer lists than `LONGEST`, and empty ones, go the usual way.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, tuple[Any, ...]]]) -> None:
        self.make = make
        self.kept = local()

    def __call__(self, *arguments: Argument) -> list[tuple[Any, ...]]:
        given = [one if isinstance(one, int | str) else list(one) for one in arguments]
        if any(isinstance(one, list) and not 0 < len(one) <= LONGEST for one in given):
            return list(self.make(*given))
        shape = tuple((len(one), type(one[0])) if isinstance(one, list) else type(one) for one in given)
        statements: dict[Any, _Statement] = self.kept.__dict__
        if (statement := statements.get(shape)) is None:
            statement = statements[shape] = _written(self.make, given)
        if statement.locks and not connection.in_atomic_block:
            raise TransactionManagementError("A row is locked until the end of a transaction, and there is none.")
        flat = _flat(given)
        values = [flat[one.number] if isinstance(one, _Place) else one for one in statement.parameters]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return [_converted(row, statement) for row in rows] if statement.converters else rows


def _flat(given: Iterable[Any]) -> list[Any]:
    return [value for one in given for value in (one if isinstance(one, list) else [one])]


def _written(make: Callable[..., QuerySet[Any, Any]], given: Sequence[Any]) -> _Statement:
    """Written for signs that no argument is, so that their places are found again among the parameters."""
    signs = [f"\x1f{number}" if isinstance(value, str) else 2**62 + number for number, value in enumerate(_flat(given))]
    places = {sign: _Place(number) for number, sign in enumerate(signs)}
    rest: Iterator[Any] = iter(signs)
    queryset = make(*[[next(rest) for _value in one] if isinstance(one, list) else next(rest) for one in given])
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
    converters = compiler.get_converters(columns)
    return _Statement(
        sql,
        tuple(places.get(value, value) if isinstance(value, int | str) else value for value in parameters),
        tuple((number, tuple(found), column) for number, (found, column) in converters.items()),
        bool(queryset.query.select_for_update),
    )


def _converted(row: tuple[Any, ...], statement: _Statement) -> tuple[Any, ...]:
    changed = list(row)
    for number, converters, column in statement.converters:
        for convert in converters:
            changed[number] = convert(changed[number], column, connection)
    return tuple(changed)


def names_of(model: type[Model], *, but: Iterable[str] = (), under: str = "") -> list[str]:
    """The columns of a model for `values_list`, perhaps through a relation (`under="person__"`)."""
    left_out = set(but)
    return [f"{under}{field.attname}" for field in model._meta.concrete_fields if field.attname not in left_out]


def instance(model: type[M], names: Sequence[str], values: Sequence[Any]) -> M:
    """An object as the ORM would have loaded it; columns that are not named are read when asked for."""
    given = dict(zip(names, values, strict=True))
    ordered = [field.attname for field in model._meta.concrete_fields if field.attname in given]
    return model.from_db(connection.alias, ordered, [given[name] for name in ordered])


def insert(rows: Sequence[Model], *, unique: Sequence[str] = (), written: Sequence[str] = ()) -> None:
    """`bulk_create`, whose SQL is not written anew for a single row. `written` are the fields that a row which is
    there already (the same in the fields `unique`) takes over."""
    if not rows:
        return
    if len(rows) > 1:
        over: dict[str, Any] = {"update_conflicts": True, "unique_fields": unique, "update_fields": written}
        type(rows[0])._default_manager.bulk_create(rows, **(over if unique else {}))
        return
    [row] = rows
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_inserting(type(row), tuple(unique), tuple(written)), values)
        [row.pk] = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias


@cache
def _inserting(model: type[Model], unique: tuple[str, ...], written: tuple[str, ...]) -> str:
    """With RETURNING and ON CONFLICT, which SQLite and PostgreSQL say alike. Names of the models' own, no input."""
    quoted = connection.ops.quote_name
    columns = {field.name: quoted(field.column) for field in model._meta.concrete_fields}
    key = columns.pop(model._meta.pk.name)
    places = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {quoted(model._meta.db_table)} ({', '.join(columns.values())}) VALUES ({places})"  # noqa: S608
    if unique:
        over = ", ".join(f"{columns[field]} = EXCLUDED.{columns[field]}" for field in written)
        sql += f" ON CONFLICT ({', '.join(columns[field] for field in unique)}) DO UPDATE SET {over}"
    return f"{sql} RETURNING {key}"
