"""What was said of deals over time, and what is to be said so that it counts until their source speaks again."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from tracker.engine.deals import DealEvent
from tracker.store import deals, tables
from tracker.store.deals import CORRECTION_SOURCE, MANUAL_SOURCE, UNDO_SOURCE, Rank, StoredEvent
from tracker.store.statements import in_chunks

EVENT_ID_LENGTH_MAX = 200
FROM_PEOPLE = (CORRECTION_SOURCE, MANUAL_SOURCE, UNDO_SOURCE)
ADDED_VERSION = -1
"""Of a deal that no source has told of: below every version a source can send, so its source has the last word."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = "~"


def events_of_deals(connection: Connection, keys: Iterable[str]) -> dict[str, list[StoredEvent]]:
    """Everything that was ever said about each of these deals, as it arrived."""
    found: dict[str, list[StoredEvent]] = {}
    event = tables.deal_event.c
    for chunk in in_chunks(keys):
        query = select(tables.deal_event).where(event.deal_key.in_(chunk)).order_by(event.id)
        for row in connection.execute(query):
            stored = deals.stored_event(row)
            found.setdefault(stored.event.deal.key, []).append(stored)
    return found


def rank_of_addition(key: str) -> Rank:
    """The rank of a deal that the company itself adds."""
    return ADDED_VERSION, f"added-{hashlib.sha256(key.encode()).hexdigest()}"


def rank_above(behind: DealEvent, at: datetime) -> Rank:
    """A rank above an event, and below the next version of its source: the same version, with a later id."""
    mark = f"{_MARK}{(at - _EPOCH) // timedelta(microseconds=1):016}"
    own_id = behind.event_id
    if behind.source in FROM_PEOPLE and _MARK in own_id:
        own_id = own_id.rpartition(_MARK)[0]  # what people say follows each other by its time
    if len(own_id) + len(mark) > EVENT_ID_LENGTH_MAX:
        # No letter comes after this one, so the shortened id is a later one, too.
        own_id = own_id[: EVENT_ID_LENGTH_MAX - len(mark) - 1] + "\U0010ffff"
    return behind.version, own_id + mark
