"""Files of deals: what an import records is tied to it in the same transaction, so it can be taken back as a whole.

To undo an import is to import a correction: each deal that it changed is said to be again what it was before. Nothing
is deleted, and whatever has been said of a deal since stays.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from tracker import flow
from tracker.engine.deals import Deal, DealEvent, DealStatus
from tracker.errors import Conflict, NotFound
from tracker.flow import Outcome
from tracker.store import deal_history, deals, imports, trail
from tracker.store.database import Database
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.deals import UNDO_SOURCE, StoredDeal, StoredEvent
from tracker.store.imports import FileImport, StoredImport
from tracker.store.statements import OutOfRange
from tracker.store.types import Connection

CHUNK_DEALS = 500


@dataclass(frozen=True, slots=True)
class Left:
    """A deal that an undoing leaves as it is, because a source, or a person, has said something of it since."""

    deal_key: str
    name: str
    by: str


@dataclass
class Undone:
    """What an undoing came to, so far: the deals restored, cancelled, untouched and left."""

    counts: Counter[str] = field(default_factory=Counter)
    left: list[Left] = field(default_factory=list)


def begin_import(database: Database, file: FileImport, by: str, at: datetime) -> int:
    """Record that a file is imported; the id of the import."""
    with database.write() as connection:
        import_id = imports.add(connection, file, by, at)
        subject = {
            "import_id": import_id,
            "source": file.source,
            "file_sha256": file.file_hash,
            "rows": file.row_count,
        }
        trail.append(connection, "import deals", by, at, subject)
        return import_id


def record_rows(
    database: Database, import_id: int, events: Sequence[DealEvent], at: datetime
) -> list[Outcome]:
    """Record the events of some rows as part of an import, as `flow.record_deal_events` does."""
    try:
        with database.write() as connection:
            outcomes = flow.record_within(connection, events, at)
            _link(connection, import_id, events, outcomes)
            return outcomes
    except OutOfRange as error:
        if len(events) == 1:
            return [flow.too_large(events[0], error)]
        one_by_one = (record_rows(database, import_id, [event], at) for event in events)
        return [outcome for outcomes in one_by_one for outcome in outcomes]


def end_import(database: Database, import_id: int, counts: Counter[str], at: datetime) -> None:
    """Record that an import, or an undoing, has come to its end."""
    with database.write() as connection:
        imports.end(connection, import_id, counts, at)


def begin_undo(database: Database, import_id: int, reason: str, by: str, at: datetime) -> int:
    """Record that an import is undone, and in the trail; the id of the undoing, which is an import itself.

    One that was interrupted goes on. Raises NotFound, or Conflict when it is undone already or an undoing itself.
    """
    with database.write() as connection:
        found = imports.import_by_id(connection, import_id)
        if found is None:
            raise NotFound(f"There is no import {import_id}. “import list” names them.")
        if (refusal := why_not_undone(connection, found)) is not None:
            raise Conflict(refusal)
        if found.undone_by_id is not None:
            return found.undone_by_id
        file = replace(found.file, undoes_id=import_id, reason=reason)
        undo_id = imports.add(connection, file, by, at)
        subject = {"import_id": undo_id, "undoes_id": import_id, "source": file.source}
        trail.append(connection, "undo import", by, at, subject, reason)
        return undo_id


def why_not_undone(connection: Connection, found: StoredImport) -> str | None:
    """Why an import cannot be undone; None when it can, or when an undoing of it was interrupted."""
    if found.is_undo:
        return f"Import {found.id} undoes import {found.file.undoes_id}. To have that back, import its file again."
    undoing = imports.import_by_id(connection, found.undone_by_id or 0)
    if undoing is not None and undoing.ended_at is not None:
        return (
            f"Import {found.id} is undone already, by import {undoing.id} of {undoing.recorded_by}."
        )
    return None


def undo_some(
    database: Database, import_id: int, undo_id: int, after_key: str, at: datetime, undone: Undone
) -> str:
    """Restore the next deals of an import, in key order; the last key looked at, "" when there were no more."""
    with database.write() as connection:
        keys = imports.deal_keys_after(connection, import_id, after_key, CHUNK_DEALS)
        if not keys:
            return ""
        events = []
        for fate in _fates(connection, keys, import_id, undo_id):
            undone.counts[fate.kind] += 1
            if fate.left is not None:
                undone.left.append(fate.left)
            if fate.restored is not None:
                events.append(_event(fate.restored, fate.behind, at))
        try:
            outcomes = flow.record_within(connection, events, at)
        except OutOfRange as error:
            raise Conflict(f"With these deals a total would grow too large: {error}.") from None
        _link(connection, undo_id, events, outcomes)
        return keys[-1]


def _link(
    connection: Connection, import_id: int, events: Sequence[DealEvent], outcomes: Sequence[Outcome]
) -> None:
    by_source: dict[str, list[str]] = {}
    for event, outcome in zip(events, outcomes, strict=True):
        if outcome.kind in ("recorded", "stale"):
            by_source.setdefault(event.source, []).append(event.event_id)
    for source, event_ids in by_source.items():
        imports.link(connection, import_id, source, event_ids)


# --- what becomes of each deal


@dataclass(frozen=True, slots=True)
class _Fate:
    """What an undoing does with a deal: restored, cancelled, untouched or left.

    `behind` is the event that says how the deal is now.
    """

    kind: str
    behind: DealEvent
    restored: Deal | None = None
    left: Left | None = None


def _fates(
    connection: Connection, keys: Sequence[str], import_id: int, undo_id: int
) -> Iterator[_Fate]:
    histories = deal_history.events_of_deals(connection, keys)
    ids = [stored.id for events in histories.values() for stored in events]
    origins = imports.imports_of_events(connection, ids)
    for stored in deals.deals(connection, keys):
        events = histories[stored.deal.key]
        if not any(_origin_id(origins, event) == undo_id for event in events):
            yield _fate(stored, events, origins, import_id)


def _fate(
    stored: StoredDeal,
    events: Sequence[StoredEvent],
    origins: dict[int, StoredImport],
    import_id: int,
) -> _Fate:
    own = [event for event in events if _origin_id(origins, event) == import_id]
    first_id = own[0].id
    before = [event for event in events if event.id < first_id]
    later = [
        event
        for event in events
        if event.id > first_id and event not in own and not _is_taken_back(origins, event)
    ]
    said = max((event.event for event in own), key=deals.rank_of).deal
    was = max((event.event for event in before), key=deals.rank_of).deal if before else None
    restored = was or replace(said, status=DealStatus.CANCELLED)
    behind = next(event.event for event in events if event.id == stored.event_id)
    if restored == stored.deal:
        return _Fate("untouched", behind)
    if later or stored.deal != said:
        by = later[-1].event.source if later else behind.source
        return _Fate("left", behind, left=Left(stored.deal.key, stored.deal.name, by))
    return _Fate("restored" if was else "cancelled", behind, restored)


def _origin_id(origins: dict[int, StoredImport], event: StoredEvent) -> int | None:
    origin = origins.get(event.id)
    return None if origin is None else origin.id


def _is_taken_back(origins: dict[int, StoredImport], event: StoredEvent) -> bool:
    """Whether an event is of an import that has been undone since, or of its undoing: together they say nothing."""
    origin = origins.get(event.id)
    return origin is not None and (origin.is_undo or origin.undone_by_id is not None)


def _event(deal: Deal, behind: DealEvent, at: datetime) -> DealEvent:
    version, event_id = deal_history.rank_above(behind, at)
    body_hash = sha256(deal_to_json(deal).encode()).hexdigest()
    return DealEvent(UNDO_SOURCE, event_id, version, at, deal, body_hash)
