"""The facts as they were known: the highest id of every table of facts, noted when a month is closed.

Facts are only ever added, so everything that was known at a close is still there, below these marks. Whoever reads
facts asks `known(connection, table)`; within `as_of` it leaves out what was recorded later.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Table, func, select, true

from tracker.store import tables

FACTS = (
    tables.deal_event,
    tables.plan_version,
    tables.assignment,
    tables.quota,
    tables.personal_exception,
    tables.membership,
    tables.horizon,
    tables.exchange_rate,
    tables.equity_grant,
    tables.equity_leaving,
    tables.ledger_entry,
    tables.month_act,
)
"""Every table of facts that pay is made of. A new one belongs here, and its reader asks `known`."""

_HIGHEST = select(
    *(
        select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery().label(table.name)
        for table in FACTS
    )
)
_AS_OF = "tracker_as_of"

Marks = Mapping[str, int]
"""The highest id, by name of the table."""


def marks_now(connection: Connection) -> Marks:
    """The highest id of each table of facts; 0 in an empty one."""
    return dict(connection.execute(_HIGHEST).one()._mapping)


@contextmanager
def as_of(connection: Connection, marks: Marks) -> Iterator[None]:
    """Within the block facts that were recorded after these marks are not there; a table without one is empty."""
    connection.info[_AS_OF] = {table.name: marks.get(table.name, 0) for table in FACTS}
    try:
        yield
    finally:
        del connection.info[_AS_OF]


def known(connection: Connection, table: Table) -> ColumnElement[bool]:
    """The condition that a fact was recorded before the marks that hold now; true without any."""
    marks: Marks | None = connection.info.get(_AS_OF)
    return true() if marks is None else table.c.id <= marks[table.name]


def marks_to_json(marks: Marks) -> str:
    return json.dumps(dict(sorted(marks.items())), separators=(",", ":"))


def marks_from_json(text: str) -> Marks:
    marks: dict[str, int] = json.loads(text)
    return marks
