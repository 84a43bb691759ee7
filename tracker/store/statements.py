"""The few statements that both databases have but standard SQL lacks."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

IN_COUNT = 500
"""How many values one IN list holds: both databases limit the parameters of a statement."""

INT64_MAX = 2**63 - 1

Item = TypeVar("Item")
Values = dict[str, Any]


class OutOfRange(ValueError):
    """A figure does not fit the 64 bits of a column."""


def insert_of(dialect: str, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT in the words of a database."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


# Building a statement takes as long as running it, so those that every event needs are built once.


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows in order; one whose key is there already stays as it is."""
    if rows:
        connection.execute(ignoring(connection.dialect.name, table), rows)


@cache
def ignoring(dialect: str, table: Table, *returning: str) -> Any:
    """An INSERT that leaves rows as they are whose key is there already, and returns these columns of the new ones."""
    statement = insert_of(dialect, table).on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returning)) if returning else statement


def insert_or_replace(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows in order; one whose key is there already takes the new values, and is locked in that order."""
    if rows:
        connection.execute(_replacing(connection.dialect.name, table, tuple(rows[0])), rows)


@cache
def _replacing(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    statement = insert_of(dialect, table)
    keys = [column.name for column in table.primary_key]
    given = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=given)


def rows_named(
    connection: Connection, table: Table, names: tuple[str, ...], keys: Iterable[tuple[Any, ...]]
) -> Iterator[Row[Any]]:
    """The rows whose columns of these names hold one of these combinations: whole numbers, texts and dates.

    A list of combinations in an IN would be compared with every row of the table; this way each is looked up.
    """
    statement = _looking_up(connection.dialect.name, table, names)
    for chunk in in_chunks(keys):
        wanted = json.dumps(chunk, default=str)
        yield from connection.execute(statement, {"wanted": wanted})


@cache
def _looking_up(dialect: str, table: Table, names: tuple[str, ...]) -> Select[Any]:
    is_postgresql = dialect == "postgresql"
    wanted = bindparam("wanted", type_=Text)
    elements = (
        func.json_array_elements(cast(wanted, JSON)) if is_postgresql else func.json_each(wanted)
    )
    each = elements.table_valued("value", name="wanted_key")
    matches = [
        table.c[name] == _element(each.c.value, place, table.c[name], is_postgresql)
        for place, name in enumerate(names)
    ]
    return select(table).select_from(each.join(table, and_(*matches)))


def _element(
    value: ColumnElement[Any], place: int, column: Column[Any], is_postgresql: bool
) -> ColumnElement[Any]:
    """An element of a JSON array as a column of this type compares with it."""
    if is_postgresql:
        return cast(value.op("->>")(place), column.type)
    return func.json_extract(value, f"$[{place}]", type_=column.type)


def all_rows(connection: Connection, table: Table) -> list[Values]:
    """Every row of a table, by column."""
    return [dict(row._mapping) for row in connection.execute(select(table))]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows as they are."""
    if rows:
        connection.execute(insert(table), rows)


def inserted_id(connection: Connection, statement: Insert) -> int:
    """Run an INSERT of one row; the id the database gave it."""
    (key,) = connection.execute(statement).inserted_primary_key or (None,)
    assert isinstance(key, int)
    return key


def in_chunks(items: Iterable[Item], size: int = IN_COUNT) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def within_64_bits(figure: int) -> int:
    """The figure itself. Raises OutOfRange when a BigInteger column cannot hold it."""
    if not -INT64_MAX <= figure <= INT64_MAX:
        raise OutOfRange(f"{figure} is larger than the product can add up")
    return figure
