"""Records -> recorded events, with one outcome for each record, in the order they were sent.

Judging, recording and setting aside are one transaction, so what a record is judged by still holds when it is
committed, and a request that is refused leaves nothing. Many requests can share it.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Literal, Protocol

from tracker import flow, logs
from tracker.engine.deals import DealEvent
from tracker.errors import BadInput, Problem
from tracker.ingest import once
from tracker.ingest.deal_payload import PayeeIdOf, Reader
from tracker.ingest.directory import Directory
from tracker.ingest.setting_aside import to_set_aside
from tracker.ingest.strict_json import JsonValue
from tracker.ingest.submission import Entry
from tracker.ingest.values import shown
from tracker.store import kept_answers, quarantine, sources
from tracker.store.database import Database
from tracker.store.kept_answers import Claim
from tracker.store.quarantine import Arrived
from tracker.store.statements import OutOfRange
from tracker.store.types import Connection

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
Settled = ToSetAside | EventOutcome


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that came in together, from whom, when, and on which day of the company's calendar.

    `claim` is the key under which the answer is kept, if the sender named the request.
    """

    entries: Sequence[Entry]
    sender: str
    now: datetime
    today: date
    claim: Claim | None = None


Recorder = Callable[[Batch], list[EventOutcome]]
"""Takes in a batch and says, once it is committed, what became of each record."""


class Parts(Protocol):
    """Where records go."""

    @property
    def record(self) -> Recorder: ...


def take_in(
    parts: Parts,
    entries: Sequence[Entry],
    sender: str,
    now: datetime,
    today: date,
    claim: Claim | None = None,
) -> list[EventOutcome]:
    """Record what can be used, set aside what may be used later, and commit both. Raises Unavailable.

    Refused, with all its problems, is only what does not say which event it is, or says it with another content.
    Under a claim made before, the outcomes are those of the first time; KeyReused when that was another request.
    """
    outcomes = list[EventOutcome]()
    for part, start in enumerate(range(0, len(entries), CHUNK_EVENTS)):
        of_part = replace(claim, part=part) if claim else None
        chunk = entries[start : start + CHUNK_EVENTS]
        outcomes += parts.record(Batch(chunk, sender, now, today, of_part))
        time.sleep(0)  # a long batch lets the other requests of this process have their turn
    if count := sum(outcome.kind == "quarantined" for outcome in outcomes):
        log.warning("events were set aside", sender=sender, event_count=count)
    return outcomes


def record_batch(database: Database, batch: Batch) -> list[EventOutcome]:
    """Take in one batch in a transaction of its own. Raises Unavailable."""
    return record_batches(database, [batch])[0]


def record_batches(database: Database, batches: Sequence[Batch]) -> list[list[EventOutcome]]:
    """Take in batches in one transaction; what became of each record of each. Raises Unavailable."""
    try:
        with database.write() as connection:
            return record_within(connection, batches)
    except OutOfRange as error:
        if len(batches) > 1:
            return [record_batch(database, batch) for batch in batches]
        (batch,) = batches
        outcomes = _one_by_one(database, replace(batch, claim=None), error)
        if batch.claim is None:
            return [outcomes]
        with database.write() as connection:
            return [_answered_apart(connection, batch, outcomes)]


def _one_by_one(database: Database, batch: Batch, error: OutOfRange) -> list[EventOutcome]:
    """The records of a batch that a total is too small for, each in a transaction of its own."""
    if len(batch.entries) == 1:
        return _too_large(database, batch, error)
    alone = (replace(batch, entries=[entry]) for entry in batch.entries)
    return [outcome for one in alone for outcome in record_batch(database, one)]


def record_within(connection: Connection, batches: Sequence[Batch]) -> list[list[EventOutcome]]:
    """The same inside a transaction of the caller's.

    Raises OutOfRange when a total would grow too large; then nothing may be committed.
    """
    answered = _answered_before(connection, batches)
    new = [batch for place, batch in enumerate(batches) if place not in answered]
    fresh = iter(_record_new(connection, new) if new else [])
    return [answered[place] if place in answered else next(fresh) for place in range(len(batches))]


def _record_new(connection: Connection, batches: Sequence[Batch]) -> list[list[EventOutcome]]:
    judged = list(_judge(connection, batches))
    recorded_at = max(batch.now for batch in batches)
    events = [one for of_batch in judged for one in of_batch if isinstance(one, DealEvent)]
    recorded = flow.record_within(connection, events, recorded_at) if events else []
    kept = [one for one, of in zip(events, recorded, strict=True) if of.kind != "refused"]
    if kept:
        _note_arrival(connection, kept, recorded_at)
    in_order = iter(recorded)
    outcomes = []
    for batch, of_batch in zip(batches, judged, strict=True):
        entries = zip(batch.entries, of_batch, strict=True)
        settled = [_settled(entry, one, in_order) for entry, one in entries]
        outcomes.append(_with_set_aside(connection, batch, settled))
        _keep_answer(connection, batch, outcomes[-1])
    return outcomes


# --- the same answer again ---------------------------------------------------------------------------------------


def _answered_before(
    connection: Connection, batches: Sequence[Batch]
) -> dict[int, list[EventOutcome]]:
    """What batches were answered before under their claims, by their place; the other claims are now theirs."""
    claims = [(batch.claim, place) for place, batch in enumerate(batches) if batch.claim]
    answered = {}
    for claim, place in sorted(claims):  # in key order, so that no two writers wait for each other
        outcomes = once.stake(connection, claim, batches[place].now)
        if outcomes is not None:
            answered[place] = _outcomes_from(outcomes)
    return answered


def _answered_apart(
    connection: Connection, batch: Batch, outcomes: list[EventOutcome]
) -> list[EventOutcome]:
    """Keep the answer to what was recorded in several transactions, unless another has meanwhile."""
    answered = _answered_before(connection, [batch])
    if not answered:
        _keep_answer(connection, batch, outcomes)
    return answered.get(0, outcomes)


def _keep_answer(connection: Connection, batch: Batch, outcomes: Sequence[EventOutcome]) -> None:
    """Of a batch of which nothing could be used nothing is kept: put right, it may come again under the same key."""
    if batch.claim is None:
        return
    if all(outcome.kind == "refused" for outcome in outcomes):
        kept_answers.give_up(connection, batch.claim)
    else:
        kept_answers.keep(connection, batch.claim, json.dumps([asdict(one) for one in outcomes]))


def _outcomes_from(text: str) -> list[EventOutcome]:
    return [
        EventOutcome(**one | {"problems": tuple(Problem(**problem) for problem in one["problems"])})
        for one in json.loads(text)
    ]


# --- one record after the other ----------------------------------------------------------------------------------


def _judge(connection: Connection, batches: Sequence[Batch]) -> Iterator[list[Judged]]:
    directory = Directory(connection)
    directory.look_up(
        reference
        for batch in batches
        for entry in batch.entries
        for reference in _references_in(entry.record)
    )
    for batch in batches:
        reader = Reader(directory.payee_id_of, batch.now, batch.today)
        yield [_judge_one(reader, directory.payee_id_of, entry) for entry in batch.entries]


def _references_in(record: JsonValue) -> Iterator[str]:
    """Whom a record names, as far as it can be read at all; what is wrong with it is found out later."""
    deal = record.get("deal") if isinstance(record, dict) else None
    parts = deal.get("credits") if isinstance(deal, dict) else None
    for part in parts if isinstance(parts, list) else ():
        reference = part.get("rep") if isinstance(part, dict) else None
        if isinstance(reference, str):
            yield reference


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


def _note_arrival(connection: Connection, events: Sequence[DealEvent], at: datetime) -> None:
    """End what waited under the ids of events that have come in after all, put right by their sender.

    And mind a source that sends by itself from its first event on, so that its silence is said.
    """
    names = {(event.source, event.event_id) for event in events}
    waiting = quarantine.waiting_ids_of_events(connection, names)
    quarantine.end(connection, waiting, "superseded", "the sender", "", at)
    sources.watch(connection, {event.source for event in events})


def _settled(entry: Entry, judged: Judged, recorded: Iterator[flow.Outcome]) -> Settled:
    return _kept(entry, _outcome(next(recorded))) if isinstance(judged, DealEvent) else judged


def _outcome(outcome: flow.Outcome) -> EventOutcome:
    if outcome.kind != "refused":
        return EventOutcome(outcome.event_id, outcome.kind)
    problems = (Problem("event", outcome.problem),)
    return EventOutcome(outcome.event_id, "refused", problems, outcome.is_conflict)


def _kept(entry: Entry, outcome: EventOutcome) -> Settled:
    """What passed every check and still cannot be recorded, such as one total too large, waits like the rest."""
    if outcome.kind != "refused" or outcome.is_conflict:
        return outcome
    arrived = to_set_aside(entry.record, outcome.problems, lambda _reference: None)
    return outcome if arrived is None else ToSetAside(replace(arrived, unclaimed=()))


def _too_large(database: Database, batch: Batch, error: OutOfRange) -> list[EventOutcome]:
    """Set the one record of a batch aside, with which a total would not fit its column any more."""
    (entry,) = batch.entries
    problems = (Problem("event", flow.why_too_large(error)),)
    outcome = EventOutcome(_event_id_of(entry.record), "refused", problems)
    with database.write() as connection:
        return _with_set_aside(connection, batch, [_kept(entry, outcome)])


def _with_set_aside(
    connection: Connection, batch: Batch, settled: Sequence[Settled]
) -> list[EventOutcome]:
    """Set aside what is to wait; the outcome of each record."""
    events = [one.event for one in settled if isinstance(one, ToSetAside)]
    if events:
        quarantine.set_aside(connection, batch.sender, events, batch.now)
    return [one.outcome if isinstance(one, ToSetAside) else one for one in settled]
