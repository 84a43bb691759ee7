"""What sources said about deals (events, facts), and the newest snapshot of each deal (a projection)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
)

from tracker.engine.crediting.objectives import is_score
from tracker.engine.deals import Deal, DealEvent, DealStatus
from tracker.engine.payroll_months.posting import Loss
from tracker.engine.periods import Period
from tracker.store import tables
from tracker.store.deal_snapshot import deal_from_json, deal_to_json
from tracker.store.marks import known
from tracker.store.statements import ignoring, in_chunks, insert_or_replace, rows_named

_event, _deal, _participant = (
    tables.deal_event.c,
    tables.deal.c,
    tables.deal_participant.c,
)

CORRECTION_SOURCE = "correction"
"""The source of what the company itself says of a deal, to settle a dispute. No other may use the name."""

MANUAL_SOURCE = "manual"
"""The source of what an administrator writes down by hand."""

UNDO_SOURCE = "undo"
"""The source of what takes an imported file back."""

SCORE_STATUS = "score"
"""How a participant's score of an objective stands there: it is no deal, and in no list of deals."""

EventName = tuple[str, str]
"""Source and the source's own event id: together they name an event for ever."""

Rank = tuple[int, str]
"""Version and event id: the snapshot with the highest is the deal, whatever arrived first."""


class Arrival(NamedTuple):
    """An event that has just been recorded, with the id it got."""

    id: int
    event: DealEvent


@dataclass(frozen=True, slots=True)
class DealChange:
    """A deal whose newest snapshot is another than before (None: there was no such deal)."""

    key: str
    before: Deal | None
    after: Deal
    event_id: int

    @property
    def payee_ids(self) -> set[int]:
        """Whose deal it was or is."""
        return payee_ids_of(self.after) | (payee_ids_of(self.before) if self.before else set())

    @property
    def loss(self) -> Loss | None:
        """Whether the source now says that the customer left, or that the deal is cancelled after all."""
        if self.after.status is DealStatus.CANCELLED:
            return Loss.CANCELLED
        has_left = self.after.ended_on is not None
        knew_it = self.before is not None and self.before.ended_on == self.after.ended_on
        return Loss.LEFT if has_left and not knew_it else None

    @property
    def is_win(self) -> bool:
        was_won = self.before is not None and self.before.status is DealStatus.WON
        return self.after.status is DealStatus.WON and not was_won and not is_score(self.after)


@dataclass(frozen=True, slots=True)
class StoredDeal:
    """A deal, when its source last changed it, and the event that said so."""

    deal: Deal
    changed_at: datetime
    event_id: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was recorded."""

    id: int
    event: DealEvent
    recorded_at: datetime


def name_of(event: DealEvent) -> EventName:
    return event.source, event.event_id


def rank_of(event: DealEvent) -> Rank:
    return event.version, event.event_id


def payee_ids_of(deal: Deal) -> set[int]:
    """Everyone who takes part in a deal."""
    return {share.payee_id for share in deal.credit_shares}


# --- recording


def insert_events(
    connection: Connection, events: Iterable[DealEvent], recorded_at: datetime
) -> list[Arrival]:
    """Record the events that are not there yet, in order of their names; those only are returned.

    Of several with one name the first counts.
    """
    by_name: dict[EventName, DealEvent] = {}
    for event in events:
        by_name.setdefault(name_of(event), event)
    if not by_name:
        return []
    rows = [_event_row(by_name[name], recorded_at) for name in sorted(by_name)]
    statement = ignoring(
        connection.dialect.name, tables.deal_event, "id", "source", "source_event_id"
    )
    returned = connection.execute(statement, rows)
    return [Arrival(row[0], by_name[row[1], row[2]]) for row in returned]


def body_hashes(connection: Connection, names: Collection[EventName]) -> dict[EventName, str]:
    """The hash of the body of each of these events that is recorded: it tells a retry from another event."""
    rows = rows_named(connection, tables.deal_event, ("source", "source_event_id"), sorted(names))
    return {(row.source, row.source_event_id): row.body_hash for row in rows}


def keep_newest(
    connection: Connection, arrivals: Sequence[Arrival]
) -> tuple[list[DealChange], dict[str, Rank]]:
    """Let the newest snapshot of each deal stand; the deals are locked in key order until the transaction ends.

    Returns the deals that changed, and the rank that each deal had before (deals that were there only).
    """
    newest: dict[str, Arrival] = {}
    for arrival in arrivals:
        key = arrival.event.deal.key
        if key not in newest or rank_of(arrival.event) > rank_of(newest[key].event):
            newest[key] = arrival
    known = _locked(connection, newest)
    ranks = {row.key: (row.version, row.source_event_id) for row in known}
    before = {row.key: deal_from_json(row.snapshot) for row in known}
    changes = [
        DealChange(key, before.get(key), newest[key].event.deal, newest[key].id)
        for key in sorted(newest)
        if key not in ranks or rank_of(newest[key].event) > ranks[key]
    ]
    replaced = [_deal_row(newest[change.key]) for change in changes if change.key in ranks]
    insert_or_replace(connection, tables.deal, replaced)
    _replace_participants(connection, ranks.keys(), [newest[change.key] for change in changes])
    return changes, ranks


def _locked(connection: Connection, newest: dict[str, Arrival]) -> list[Row[Any]]:
    """Insert the deals that are new; lock and return the rows of those that are not."""
    if not newest:
        return []
    rows = [_deal_row(newest[key]) for key in sorted(newest)]
    statement = ignoring(connection.dialect.name, tables.deal, "key")
    inserted = set(connection.execute(statement, rows).scalars())
    locked: list[Row[Any]] = []
    for chunk in in_chunks(sorted(newest.keys() - inserted)):
        in_order = select(tables.deal).where(_deal.key.in_(chunk)).order_by(_deal.key)
        locked.extend(connection.execute(in_order.with_for_update()))
    return locked


def _replace_participants(
    connection: Connection, known_keys: Collection[str], newest: Sequence[Arrival]
) -> None:
    for chunk in in_chunks(arrival.event.deal.key for arrival in newest):
        if keys := [key for key in chunk if key in known_keys]:
            gone = _participant.deal_key.in_(keys)
            connection.execute(delete(tables.deal_participant).where(gone))
    rows = [row for arrival in newest for row in _participant_rows(arrival)]
    if rows:
        connection.execute(insert(tables.deal_participant), rows)


# --- finding


def deal(connection: Connection, key: str) -> Deal | None:
    """The newest snapshot of a deal."""
    stored = stored_deal(connection, key)
    return None if stored is None else stored.deal


def stored_deal(connection: Connection, key: str) -> StoredDeal | None:
    row = connection.execute(select(tables.deal).where(_deal.key == key)).one_or_none()
    return None if row is None else _stored(row)


def deals(connection: Connection, keys: Iterable[str]) -> list[StoredDeal]:
    """The newest snapshots of these deals, by key."""
    found: list[StoredDeal] = []
    for chunk in in_chunks(keys):
        rows = connection.execute(select(tables.deal).where(_deal.key.in_(chunk)))
        found.extend(_stored(row) for row in rows)
    return sorted(found, key=lambda stored: stored.deal.key)


def last_said(connection: Connection, keys: Iterable[str]) -> dict[str, Deal]:
    """What the source of each of these deals said of it last, whatever the company has corrected since."""
    said_here = (CORRECTION_SOURCE, MANUAL_SOURCE)
    said: dict[str, Deal] = {}
    for chunk in in_chunks(keys):
        said |= {stored.deal.key: stored.deal for stored in deals(connection, chunk)}
        corrected = select(_event.deal_key).where(
            _event.deal_key.in_(chunk), _event.source.in_(said_here)
        )
        for key in connection.execute(corrected.distinct()).scalars():
            own = [e.event for e in events_of_deal(connection, key)]
            own = [event for event in own if event.source not in said_here]
            said.pop(key)
            if own:
                said[key] = max(own, key=rank_of).deal
    return said


def deals_of_payee(
    connection: Connection,
    payee_id: int,
    status: DealStatus | None = None,
    window: Period | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[StoredDeal]:
    """The deals a payee takes part in, whatever they pay, newest change first."""
    query = (
        select(tables.deal)
        .join(tables.deal_participant, _participant.deal_key == _deal.key)
        .where(*_of_payee(payee_id, status, window))
        .order_by(_participant.changed_at.desc(), _participant.deal_key.desc())
    )
    return [_stored(row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_deals_of_payee(
    connection: Connection,
    payee_id: int,
    status: DealStatus | None = None,
    window: Period | None = None,
) -> int:
    """How many deals `deals_of_payee` would find without a limit."""
    query = select(func.count()).select_from(tables.deal_participant)
    return connection.scalar(query.where(*_of_payee(payee_id, status, window))) or 0


def deal_keys_of_payees(
    connection: Connection, payee_ids: Collection[int], first_day: date
) -> list[str]:
    """The deals these payees take part in that count from a day or later, or whose customer left then."""
    keys: set[str] = set()
    for chunk in in_chunks(sorted(payee_ids)):
        rows = connection.execute(
            select(_participant.deal_key).where(
                _participant.payee_id.in_(chunk),
                or_(_participant.effective_on >= first_day, _participant.ended_on >= first_day),
            )
        )
        keys.update(rows.scalars())
    return sorted(keys)


def event_by_id(connection: Connection, event_id: int) -> DealEvent:
    """An event that is there: the one behind a stored deal."""
    row = connection.execute(select(tables.deal_event).where(_event.id == event_id)).one()
    return stored_event(row).event


def deal_keys_in_currency(connection: Connection, currency: str, first_day: date) -> list[str]:
    """The deals in a currency that count from a day or later."""
    written = f'"currency":"{currency}"'  # as `deal_to_json` writes it; inside a text its quotes would be escaped
    rows = connection.execute(
        select(_deal.key).where(_deal.effective_on >= first_day, _deal.snapshot.contains(written))
    )
    return sorted(rows.scalars())


def events_of_deal(connection: Connection, key: str) -> list[StoredEvent]:
    """Everything sources ever said about a deal, as it arrived."""
    query = select(tables.deal_event).where(_event.deal_key == key).order_by(_event.id)
    return [stored_event(row) for row in connection.execute(query)]


def all_events(connection: Connection) -> Iterable[StoredEvent]:
    """Every event there is, as it arrived; read as it is consumed."""
    was_known = known(connection, tables.deal_event)
    query: Select[Any] = select(tables.deal_event).where(was_known).order_by(_event.id)
    rows = connection.execution_options(yield_per=1000).execute(query)
    return (stored_event(row) for row in rows)


def all_deals(connection: Connection) -> Iterable[StoredDeal]:
    """The newest snapshot of every deal; read as it is consumed."""
    rows = connection.execution_options(yield_per=1000).execute(select(tables.deal))
    return (_stored(row) for row in rows)


def _of_payee(
    payee_id: int, status: DealStatus | None, window: Period | None
) -> list[ColumnElement[bool]]:
    conditions = [_participant.payee_id == payee_id, _participant.status != SCORE_STATUS]
    if status is not None:
        conditions.append(_participant.status == status.value)
    if window is not None:
        conditions.append(_participant.effective_on.between(window.starts_on, window.ends_on))
    return conditions


# --- rows


def _event_row(event: DealEvent, recorded_at: datetime) -> dict[str, Any]:
    return {
        "source": event.source,
        "source_event_id": event.event_id,
        "deal_key": event.deal.key,
        "version": event.version,
        "occurred_at": event.occurred_at,
        "recorded_at": recorded_at,
        "body_hash": event.body_hash,
        "snapshot": deal_to_json(event.deal),
    }


def _deal_row(arrival: Arrival) -> dict[str, Any]:
    event = arrival.event
    return {
        "key": event.deal.key,
        "version": event.version,
        "event_id": arrival.id,
        "source_event_id": event.event_id,
        "status": event.deal.status.value,
        "effective_on": event.deal.effective_on,
        "changed_at": event.occurred_at,
        "snapshot": deal_to_json(event.deal),
    }


def _participant_rows(arrival: Arrival) -> list[dict[str, Any]]:
    event = arrival.event
    return [
        {
            "deal_key": event.deal.key,
            "payee_id": payee_id,
            "status": SCORE_STATUS if is_score(event.deal) else event.deal.status.value,
            "effective_on": event.deal.effective_on,
            "ended_on": event.deal.ended_on,
            "changed_at": event.occurred_at,
        }
        for payee_id in sorted(payee_ids_of(event.deal))
    ]


def _stored(row: Row[Any]) -> StoredDeal:
    return StoredDeal(deal_from_json(row.snapshot), row.changed_at, row.event_id)


def stored_event(row: Row[Any]) -> StoredEvent:
    """The event that a row of the table holds."""
    event = DealEvent(
        source=row.source,
        event_id=row.source_event_id,
        version=row.version,
        occurred_at=row.occurred_at,
        deal=deal_from_json(row.snapshot),
        body_hash=row.body_hash,
    )
    return StoredEvent(row.id, event, row.recorded_at)
