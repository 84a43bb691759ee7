"""What is said and done about a dispute, each act one transaction; a correction is in one with the deal it changes.

A dispute is locked before anything `tracker.flow` locks. An act names how much of the dispute its author had read
(`read_count` entries): of two people who act at once the first wins, and the other is told.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from tracker import flow
from tracker.engine.claims.disputes import Act, NotPossible, state_after
from tracker.engine.deals import Deal, DealEvent
from tracker.errors import Conflict, NotFound
from tracker.store import deals, disputes, outbox, people, plans, trail
from tracker.store.database import Database
from tracker.store.deal_history import rank_above, rank_of_addition
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.deals import CORRECTION_SOURCE
from tracker.store.disputes import Dispute, Doubt, Entry
from tracker.store.outbox import OutboxChange
from tracker.store.statements import OutOfRange
from tracker.store.types import Connection

PRESSED_TWICE_WITHIN = timedelta(minutes=1)


class Overtaken(Conflict):
    """Somebody else acted on the dispute, or changed the deal, since this person read it."""


def raise_dispute(database: Database, doubt: Doubt, words: str, by: str, at: datetime) -> int:
    """Record what a rep doubts; the id of the dispute. Sending the same again at once changes nothing."""
    with database.write() as connection:
        for earlier in disputes.disputes_of_payee(connection, doubt.payee_id):
            if _is_same(earlier, doubt, words, at):
                return earlier.id
        dispute_id = disputes.add_dispute(connection, doubt, by, at)
        disputes.add_entry(connection, dispute_id, Entry(1, Act.RAISE, words, at, by))
        _tell(connection, doubt, at)
        return dispute_id


def _is_same(earlier: Dispute, doubt: Doubt, words: str, at: datetime) -> bool:
    """Whether a button was pressed twice: the same words about the same thing, moments ago."""
    told = replace(doubt, sheet=None, deal_snapshot=None)
    is_at_once = at - earlier.raised_at < PRESSED_TWICE_WITHIN
    return is_at_once and earlier.doubt == told and earlier.entries[0].words == words


def act_on_dispute(
    database: Database,
    dispute_id: int,
    act: Act,
    words: str,
    read_count: int,
    by: str,
    at: datetime,
) -> None:
    """Reply, withdraw, reopen, answer or decline. Raises Overtaken, or NotFound when there is no such dispute."""
    with database.write() as connection:
        found = _held(connection, dispute_id, act, read_count)
        if act is Act.DECLINE:
            _trail(connection, found, "decline dispute", words, by, at)
        _add(connection, found, act, words, by, at)
        _tell(connection, found.doubt, at)


def correct_deal(
    database: Database,
    dispute_id: int,
    deal: Deal,
    based_on_event_id: int | None,
    words: str,
    read_count: int,
    by: str,
    at: datetime,
) -> None:
    """Let a dispute be settled by what the deal should have been, as its next snapshot.

    `based_on_event_id` is the event behind the snapshot that was corrected; None adds a deal that was missing.
    Raises Overtaken when the deal or the dispute is not as its corrector read it, Conflict when it cannot be.
    """
    try:
        with database.write() as connection:
            found = _held(connection, dispute_id, Act.CORRECT, read_count)
            plans.hold_plans(connection)
            event = _event(connection, deal, based_on_event_id, at)
            _trail(connection, found, "correct deal", words, by, at, event)
            (outcome,) = flow.record_within(connection, [event], at)
            if outcome.kind == "refused":
                raise Conflict(outcome.problem)
            stored = deals.stored_deal(connection, deal.key)
            if outcome.kind != "recorded" or stored is None:
                raise _overtaken_by_source()
            _add(connection, found, Act.CORRECT, words, by, at, stored.event_id)
            _tell(connection, found.doubt, at)
    except OutOfRange as error:
        raise Conflict(
            f"With this deal a total would grow too large: {error}. Check its amount."
        ) from None


def _held(connection: Connection, dispute_id: int, act: Act, read_count: int) -> Dispute:
    """The dispute, locked, when the act is possible and its author has read all of it."""
    found = disputes.locked_dispute(connection, dispute_id)
    if found is None:
        raise NotFound("There is no such dispute.")
    if len(found.entries) != read_count:
        raise Overtaken("Somebody else has written meanwhile. Read it, then decide again.")
    try:
        state_after([*(entry.act for entry in found.entries), act])
    except NotPossible as problem:
        raise Overtaken(f"This cannot be done any more: {problem}. Reload the page.") from None
    return found


def _event(
    connection: Connection, deal: Deal, based_on_event_id: int | None, at: datetime
) -> DealEvent:
    stored = deals.stored_deal(connection, deal.key)
    if (stored.event_id if stored else None) != based_on_event_id:
        raise _overtaken_by_source()
    version, event_id = rank_of_addition(deal.key)
    if stored is not None:
        version, event_id = rank_above(deals.event_by_id(connection, stored.event_id), at)
    return DealEvent(
        source=CORRECTION_SOURCE,
        event_id=event_id,
        version=version,
        occurred_at=at,
        deal=deal,
        body_hash=hashlib.sha256(deal_to_json(deal).encode()).hexdigest(),
    )


def _overtaken_by_source() -> Overtaken:
    return Overtaken("The deal has changed meanwhile. Look at it as it is now, then correct it.")


def _add(
    connection: Connection,
    found: Dispute,
    act: Act,
    words: str,
    by: str,
    at: datetime,
    event_id: int | None = None,
) -> None:
    entry = Entry(len(found.entries) + 1, act, words, at, by, event_id)
    disputes.add_entry(connection, found.id, entry)


def _trail(
    connection: Connection,
    found: Dispute,
    act: str,
    words: str,
    by: str,
    at: datetime,
    event: DealEvent | None = None,
) -> None:
    subject: dict[str, object] = {"dispute_id": found.id, "payee_id": found.doubt.payee_id}
    if event is not None:
        subject |= {"deal": event.deal.key, "event_id": event.event_id, "sha256": event.body_hash}
    trail.append(connection, act, by, at, subject, words)


def _tell(connection: Connection, doubt: Doubt, at: datetime) -> None:
    teams = people.team_ids_of(connection, {doubt.payee_id})
    change = OutboxChange("dispute", doubt.payee_id, teams.get(doubt.payee_id), doubt.deal_key)
    outbox.append(connection, [change], at)
