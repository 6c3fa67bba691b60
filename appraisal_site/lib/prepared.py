"""Reads that happen at every keystroke: the ORM writes their SQL once per thread, and it is kept.

Writing a statement takes the ORM ten times as long as the database takes to answer it, and what it says does not
change from one cell to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
    rest = iter(signs)
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
