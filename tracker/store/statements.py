"""The few statements that both databases have but standard SQL lacks."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

IN_COUNT = 500
"""How many values one IN list holds: both databases limit the parameters of a statement."""

INT64_MAX = 2**63 - 1

Item = TypeVar("Item")
Values = dict[str, Any]


class OutOfRange(ValueError):
    """A figure does not fit the 64 bits of a column."""


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT in the words of this database."""
    return postgresql.insert(table) if _is_postgresql(connection) else sqlite.insert(table)


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows in order; one whose key is there already stays as it is."""
    if rows:
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), rows)


def insert_or_replace(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows in order; one whose key is there already takes the new values, and is locked in that order."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = insert_into(connection, table)
    given = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=given), rows)


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


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
