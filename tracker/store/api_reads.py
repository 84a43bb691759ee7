"""What programs ask for: deals a page at a time, and what is known of one event."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.store import deals, tables
from tracker.store.deals import EventName, StoredDeal

_event, _deal = tables.deal_event.c, tables.deal.c


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """When an event was recorded, and whether its deal is still what it said."""

    recorded_at: datetime
    is_newest: bool


def deals_after(
    connection: Connection, key: str, limit: int, only: str | None = None
) -> list[StoredDeal]:
    """The newest snapshots of the deals that come after a key, in order; of one deal alone where it is named.

    Scores of objectives are in no list of deals.
    """
    query = select(_deal.key).where(_deal.key > key, _deal.key.not_like(f"{OBJECTIVE}:%"))
    if only is not None:
        query = query.where(_deal.key == only)
    keys = connection.execute(query.order_by(_deal.key).limit(limit)).scalars().all()
    found = {stored.deal.key: stored for stored in deals.deals(connection, keys)}
    return [found[key] for key in keys]


def event_named(connection: Connection, name: EventName) -> RecordedEvent | None:
    """The event that a source calls by an id, once it is recorded."""
    source, event_id = name
    row = connection.execute(
        select(_event.recorded_at, (_deal.event_id == _event.id).label("is_newest"))
        .join(tables.deal, _deal.key == _event.deal_key)
        .where(_event.source == source, _event.source_event_id == event_id)
    ).one_or_none()
    return None if row is None else RecordedEvent(row.recorded_at, bool(row.is_newest))
