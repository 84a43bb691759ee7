"""Until which day what deals give over time is counted: facts, of which the latest day counts."""

from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select

from tracker.store import tables
from tracker.store.marks import known
from tracker.store.statements import inserted_id


def horizon(connection: Connection) -> date | None:
    """The last day whose instalments are counted; None while none but those of the sales themselves are."""
    query = select(func.max(tables.horizon.c.until)).where(known(connection, tables.horizon))
    latest: date | None = connection.scalar(query)
    return latest


def record_horizon(connection: Connection, until: date, by: str, at: datetime) -> int:
    """Count instalments until a day from now on; the id of the fact."""
    fact = {"until": until, "recorded_at": at, "recorded_by": by}
    return inserted_id(connection, insert(tables.horizon).values(fact))
