"""What a connected CRM has told: the deals it speaks of, what of them must wait, and how far it has been read, at once.

Written in one transaction, so that wherever a process ends, nothing is lost and nothing is skipped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from tracker import logs
from tracker.engine.deals import DealEvent
from tracker.errors import Problem
from tracker.flow import Outcome, record_within
from tracker.store import connections, quarantine, senders, sources, trail
from tracker.store.connections import NewConnection
from tracker.store.database import Database
from tracker.store.quarantine import Arrived
from tracker.store.statements import OutOfRange
from tracker.store.types import Connection

log = logs.log_of(__name__)

Result = TypeVar("Result")


class Writer(Protocol):
    """Does a piece of work on the database, where a process writes, and returns once it is committed."""

    def __call__(self, work: Callable[[Database], Result]) -> Result: ...


def connect(database: Database, new: NewConnection, by: str, at: datetime) -> None:
    """Let the deals of a CRM be read from now on. Raises Conflict for a name that is taken."""
    with database.write() as connection:
        connections.add(connection, new, at)
        subject = {"connection": new.name, "kind": new.kind, "mapping": new.mapping}
        trail.append(connection, "connect CRM", by, at, subject)


def understand(database: Database, name: str, mapping: str, by: str, at: datetime) -> None:
    """Let a mapping say what the words of a CRM mean from now on. Raises NotFound."""
    with database.write() as connection:
        connections.live_connection(connection, name)
        connections.change_mapping(connection, name, mapping)
        trail.append(connection, "map CRM", by, at, {"connection": name, "mapping": mapping})


def disconnect(database: Database, name: str, by: str, at: datetime) -> None:
    """Read and take nothing more from a CRM; what opens it is forgotten. Raises NotFound."""
    with database.write() as connection:
        connections.live_connection(connection, name)
        senders.revoke(connection, name, at)
        connections.change_token(connection, name, "")
        trail.append(connection, "disconnect CRM", by, at, {"connection": name})


# --- what it tells


@dataclass(frozen=True, slots=True)
class Arriving:
    """A deal as it was understood: an event, or the problems it has to wait for.

    `waiting` makes what is set aside; also of an event that cannot be recorded after all. `ends_ids` are entries that
    wait for what this event says, and no longer once it is recorded.
    """

    event: DealEvent | None
    waiting: Callable[[Sequence[Problem]], Arrived]
    problems: tuple[Problem, ...] = ()
    ends_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """Where these deals come from, and what is done with once they are kept.

    That is the cursor before them, the notices they were fetched for, and entries that waited because of what the CRM
    said of the same deals before.
    """

    connection_name: str
    outdated_ids: tuple[int, ...] = ()
    cursor: str | None = None
    notice_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """How many deals were recorded, how many were known already, and how many have to wait."""

    recorded_count: int = 0
    known_count: int = 0
    waiting_count: int = 0

    @property
    def count(self) -> int:
        return self.recorded_count + self.known_count + self.waiting_count

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(
            self.recorded_count + other.recorded_count,
            self.known_count + other.known_count,
            self.waiting_count + other.waiting_count,
        )


def keep(database: Database, arriving: Sequence[Arriving], read: Read, at: datetime) -> Kept:
    """Record what can be recorded, set the rest aside, and remember that it was read. Raises Unavailable."""
    try:
        return _keep_at_once(database, arriving, read, at)
    except OutOfRange as error:
        return _keep_one_by_one(database, arriving, read, at, error)


def _keep_one_by_one(
    database: Database,
    arriving: Sequence[Arriving],
    read: Read,
    at: datetime,
    error: OutOfRange,
) -> Kept:
    """One of them makes a total too large: it waits, and does not hold up the others."""
    if len(arriving) == 1:
        what = f"with this deal a total would grow too large: {error}."
        waits = replace(
            arriving[0], event=None, problems=(Problem("amount", what, "Check its amount."),)
        )
        return _keep_at_once(database, [waits], read, at)
    kept = Kept()
    for one in arriving:
        kept += keep(database, [one], Read(read.connection_name), at)
    return kept + _keep_at_once(database, [], read, at)


def _keep_at_once(
    database: Database, arriving: Sequence[Arriving], read: Read, at: datetime
) -> Kept:
    name = read.connection_name
    with database.write() as connection:
        to_record = [one for one in arriving if one.event is not None]
        events = [one.event for one in to_record if one.event is not None]
        outcomes = record_within(connection, events, at) if events else []
        waits = [one.waiting(one.problems) for one in arriving if one.event is None]
        outdated_ids = set(read.outdated_ids)
        for one, outcome in zip(to_record, outcomes, strict=True):
            if outcome.kind == "refused" and not outcome.is_conflict:
                waits.append(one.waiting([Problem("event", outcome.problem)]))
            else:
                outdated_ids.update(one.ends_ids)
        quarantine.set_aside(connection, name, waits, at)
        quarantine.end(connection, outdated_ids, "superseded", name, "", at)
        _note_read(connection, read)
        if events:
            sources.watch(connection, {name})
    if waits:
        log.warning("events were set aside", sender=name, event_count=len(waits))
    return _kept(outcomes, len(waits))


def _note_read(connection: Connection, read: Read) -> None:
    if read.cursor is not None:
        connections.move_cursor(connection, read.connection_name, read.cursor)
    connections.fulfil(connection, read.notice_ids)


def _kept(outcomes: Sequence[Outcome], waiting_count: int) -> Kept:
    recorded_count = sum(outcome.kind == "recorded" for outcome in outcomes)
    known_count = sum(outcome.kind in ("duplicate", "stale") for outcome in outcomes)
    conflict_count = sum(outcome.is_conflict for outcome in outcomes)
    return Kept(recorded_count, known_count + conflict_count, waiting_count)
