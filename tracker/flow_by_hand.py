"""A deal that somebody writes down or changes by hand: an ordinary deal event of the company's own, and its trail.

Like a correction it counts above all that the deal's source has said, and yields to what the source says next.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from tracker import flow
from tracker.engine.deals import Deal, DealEvent
from tracker.errors import Conflict
from tracker.store import deals, pay_changes, plans, trail
from tracker.store.database import Database
from tracker.store.deal_history import rank_above, rank_of_addition
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.deals import MANUAL_SOURCE
from tracker.store.pay_changes import PayChange
from tracker.store.rehearsal import rehearsing
from tracker.store.statements import OutOfRange
from tracker.store.types import Connection


class ChangedMeanwhile(Conflict):
    """The deal is not as its author had read it."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody wrote: the whole deal, the event it is based on (None: a new deal), and why.

    `begun_at` is when the form was opened: the same form sent twice is the same event.
    """

    deal: Deal
    based_on_event_id: int | None
    begun_at: datetime
    reason: str


def record_by_hand(database: Database, written: ByHand, by: str, at: datetime) -> bool:
    """Record a deal; False when the same form was recorded before. Raises Conflict or ChangedMeanwhile."""
    try:
        with database.write() as connection:
            plans.hold_plans(connection)
            event = _event(connection, written, at)
            if _is_recorded(connection, event):
                return False
            _require_as_read(connection, written)
            _trail(connection, written, event, by, at)
            (outcome,) = flow.record_within(connection, [event], at)
            if outcome.kind == "refused":
                raise Conflict(outcome.problem)
            if outcome.kind != "recorded":
                raise _changed()
            return True
    except OutOfRange as error:
        raise Conflict(
            f"With this deal a total would grow too large: {error}. Check its amount."
        ) from None


def try_by_hand(database: Database, written: ByHand, by: str, at: datetime) -> list[PayChange]:
    """Whose pay it would change and by how much, found by recording it and keeping nothing."""
    with rehearsing(database) as rehearsal:
        with rehearsal.read() as connection:
            last_id = pay_changes.last_entry_id(connection)
        record_by_hand(rehearsal, written, by, at)
        with rehearsal.read() as connection:
            changes = pay_changes.pay_changes(connection, last_id, at)
    return changes


def _event(connection: Connection, written: ByHand, at: datetime) -> DealEvent:
    version, event_id = rank_of_addition(written.deal.key)
    if written.based_on_event_id is not None:
        behind = deals.event_by_id(connection, written.based_on_event_id)
        version, event_id = rank_above(behind, written.begun_at)
    return DealEvent(
        source=MANUAL_SOURCE,
        event_id=event_id,
        version=version,
        occurred_at=at,
        deal=written.deal,
        body_hash=hashlib.sha256(deal_to_json(written.deal).encode()).hexdigest(),
    )


def _is_recorded(connection: Connection, event: DealEvent) -> bool:
    """Whether the same form was sent before. Raises ChangedMeanwhile when it was sent with another content."""
    name = deals.name_of(event)
    body_hash = deals.body_hashes(connection, {name}).get(name)
    if body_hash not in (None, event.body_hash):
        raise _changed()
    return body_hash is not None


def _require_as_read(connection: Connection, written: ByHand) -> None:
    stored = deals.stored_deal(connection, written.deal.key)
    if (stored.event_id if stored else None) != written.based_on_event_id:
        raise _changed()


def _changed() -> ChangedMeanwhile:
    return ChangedMeanwhile(
        "The deal has changed meanwhile. Look at it as it is now, then change it."
    )


def _trail(
    connection: Connection, written: ByHand, event: DealEvent, by: str, at: datetime
) -> None:
    subject = {
        "deal": written.deal.key,
        "event_id": event.event_id,
        "based_on_event_id": written.based_on_event_id,
        "deal_sha256": event.body_hash,
    }
    trail.append(connection, "record deal by hand", by, at, subject, written.reason)
