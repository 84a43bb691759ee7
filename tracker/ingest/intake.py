"""Records -> recorded events, with one outcome for each record, in the order they were sent."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, Protocol

from tracker import flow, logs
from tracker.engine.deals import DealEvent
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import PayeeIdOf, Reader
from tracker.ingest.directory import Directory
from tracker.ingest.setting_aside import to_set_aside
from tracker.ingest.strict_json import JsonValue
from tracker.ingest.submission import Entry
from tracker.ingest.values import shown
from tracker.store import quarantine, sources
from tracker.store.database import Database
from tracker.store.quarantine import Arrived

log = logs.log_of(__name__)

CHUNK_EVENTS = 500
"""How many events share a transaction: enough to be fast, few enough for others to get their turn."""

Kind = Literal["recorded", "duplicate", "stale", "quarantined", "refused"]


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one record. `is_conflict`: its id was used before, with another content."""

    event_id: str | None
    kind: Kind
    problems: tuple[Problem, ...] = ()
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class ToSetAside:
    """A record that names its event and its deal, and cannot be used as it is."""

    event: Arrived

    @property
    def outcome(self) -> EventOutcome:
        return EventOutcome(self.event.source_event_id, "quarantined", self.event.problems)


Judged = DealEvent | ToSetAside | EventOutcome


class Parts(Protocol):
    """Where events go: the database they are judged against, and what records them."""

    @property
    def database(self) -> Database: ...

    @property
    def record(self) -> flow.Recorder: ...


def take_in(
    parts: Parts, entries: Sequence[Entry], sender: str, now: datetime, today: date
) -> list[EventOutcome]:
    """Record what can be used, set aside what may be used later, and commit both. Raises Unavailable.

    Refused, with all its problems, is only what does not say which event it is, or says it with another content.
    """
    database, outcomes = parts.database, list[EventOutcome]()
    for start in range(0, len(entries), CHUNK_EVENTS):
        chunk = entries[start : start + CHUNK_EVENTS]
        judged = _judge(database, chunk, now, today)
        _set_aside(database, judged, sender, now)
        recorded = zip(chunk, _record(parts, judged, now), strict=True)
        outcomes += [_kept(database, entry, outcome, sender, now) for entry, outcome in recorded]
        time.sleep(0)  # a long batch lets the other requests of this process have their turn
    return outcomes


def _judge(
    database: Database, entries: Sequence[Entry], now: datetime, today: date
) -> list[Judged]:
    with database.read() as connection:
        payee_id_of = Directory(connection).payee_id_of
        reader = Reader(payee_id_of, now, today)
        return [_judge_one(reader, payee_id_of, entry) for entry in entries]


def _judge_one(reader: Reader, payee_id_of: PayeeIdOf, entry: Entry) -> Judged:
    if entry.problems:
        return EventOutcome(None, "refused", entry.problems)
    try:
        return reader.event(entry.record)
    except BadInput as refusal:
        kept = to_set_aside(entry.record, refusal.problems, payee_id_of)
        if kept is not None:
            return ToSetAside(kept)
        return EventOutcome(_event_id_of(entry.record), "refused", tuple(refusal.problems))


def _event_id_of(record: JsonValue) -> str | None:
    """The id a refused record gave itself, as far as it can be shown."""
    event_id = record.get("event_id") if isinstance(record, dict) else None
    return shown(event_id) if isinstance(event_id, str) else None


def _set_aside(database: Database, judged: Sequence[Judged], sender: str, at: datetime) -> None:
    events = [one.event for one in judged if isinstance(one, ToSetAside)]
    if events:
        with database.write() as connection:
            quarantine.set_aside(connection, sender, events, at)
        for source, count in sorted(Counter(event.source for event in events).items()):
            log.warning("events were set aside", source=source, event_count=count)


def _record(parts: Parts, judged: Sequence[Judged], recorded_at: datetime) -> list[EventOutcome]:
    events = [one for one in judged if isinstance(one, DealEvent)]
    recorded = parts.record(events, recorded_at) if events else []
    kept = [one for one, of in zip(events, recorded, strict=True) if of.kind != "refused"]
    if kept:
        _note_arrival(parts.database, kept, recorded_at)
    in_order = iter(recorded)
    return [_outcome_of(one, in_order) for one in judged]


def _note_arrival(database: Database, events: Sequence[DealEvent], at: datetime) -> None:
    """End what waited under the ids of events that have come in after all, put right by their sender.

    And mind a source that sends by itself from its first event on, so that its silence is said.
    """
    names = {(event.source, event.event_id) for event in events}
    with database.read() as connection:
        waiting = quarantine.waiting_ids_of_events(connection, names)
        new = {event.source for event in events} - sources.watched_names(connection)
    if waiting or new:
        with database.write() as connection:
            quarantine.end(connection, waiting, "superseded", "the sender", "", at)
            sources.watch(connection, new)


def _kept(
    database: Database, entry: Entry, outcome: EventOutcome, sender: str, at: datetime
) -> EventOutcome:
    """What passed every check and still cannot be recorded, such as one total too large, waits like the rest."""
    if outcome.kind != "refused" or outcome.is_conflict:
        return outcome
    arrived = to_set_aside(entry.record, outcome.problems, lambda _reference: None)
    if arrived is None:
        return outcome
    late = ToSetAside(replace(arrived, unclaimed=()))
    _set_aside(database, [late], sender, at)
    return late.outcome


def _outcome_of(judged: Judged, recorded: Iterator[flow.Outcome]) -> EventOutcome:
    if isinstance(judged, DealEvent):
        return _outcome(next(recorded))
    return judged.outcome if isinstance(judged, ToSetAside) else judged


def _outcome(outcome: flow.Outcome) -> EventOutcome:
    if outcome.kind != "refused":
        return EventOutcome(outcome.event_id, outcome.kind)
    problems = (Problem("event", outcome.problem),)
    return EventOutcome(outcome.event_id, "refused", problems, outcome.is_conflict)
