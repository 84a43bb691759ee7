"""What was authentic but could not be used: set aside with everything needed to use it later, and what became of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from tracker.errors import Problem, Unavailable
from tracker.store import tables
from tracker.store.people import Payee, fold
from tracker.store.statements import in_chunks, insert_or_ignore

WAITING_MAX = 100_000
"""More than this is a source gone mad; it is told to come back later instead of filling the disk."""

_aside, _end = tables.set_aside.c, tables.set_aside_end.c
_LINE_BREAK = "\n"


class QuarantineFull(Unavailable):
    """So many events wait that no further one is set aside."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event to set aside. `unclaimed` are references of reps nobody knows; the amount is that of a won deal.

    The body is what was sent: in our own words, or in those of the CRM that is connected under `connection_name`.
    """

    source: str
    source_event_id: str
    deal_key: str
    deal_name: str
    unclaimed: tuple[str, ...]
    amount_minor: int | None
    currency: str | None
    problems: tuple[Problem, ...]
    body: str
    connection_name: str = ""

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SetAside:
    """One entry as it is kept; `end` is "" while it waits, else replayed, superseded or discarded."""

    id: int
    sender: str
    event: Arrived
    received_at: datetime
    end: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Deals of one currency that wait because nobody owns them."""

    currency: str
    deals_count: int
    amount_minor: int


def set_aside(
    connection: Connection, sender: str, events: Sequence[Arrived], at: datetime
) -> list[int]:
    """Keep events that cannot be used yet; the entries' ids, the same for a retry.

    Raises QuarantineFull.
    """
    if waiting_count(connection) + len(events) > WAITING_MAX:
        raise QuarantineFull(
            f"More than {WAITING_MAX:,} events wait to be put right. Clear the quarantine, then send again."
        )
    in_order = sorted(events, key=lambda event: (event.source, event.source_event_id))
    rows = [_columns(sender, event, at) for event in in_order]
    insert_or_ignore(connection, tables.set_aside, rows)
    return [_id_of(connection, event) for event in events]


def _columns(sender: str, event: Arrived, at: datetime) -> dict[str, Any]:
    return {
        "sender": sender,
        "source": event.source,
        "source_event_id": event.source_event_id,
        "deal_key": event.deal_key,
        "deal_name": event.deal_name,
        "unclaimed": _LINE_BREAK.join(event.unclaimed),
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "problems": json.dumps([[p.where, p.what, p.fix] for p in event.problems]),
        "body": event.body,
        "body_hash": event.body_hash,
        "received_at": at,
        "connection_name": event.connection_name or None,
    }


def _id_of(connection: Connection, event: Arrived) -> int:
    found = connection.scalar(
        select(_aside.id).where(
            _aside.source == event.source,
            _aside.source_event_id == event.source_event_id,
            _aside.body_hash == event.body_hash,
        )
    )
    assert isinstance(found, int)
    return found


def end(
    connection: Connection,
    entry_ids: Collection[int],
    kind: str,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Say what became of entries; one that has ended already keeps its end."""
    rows = [
        {
            "set_aside_id": entry_id,
            "kind": kind,
            "recorded_at": at,
            "recorded_by": by,
            "reason": reason,
        }
        for entry_id in sorted(entry_ids)
    ]
    insert_or_ignore(connection, tables.set_aside_end, rows)


def waiting_ids_of_events(connection: Connection, names: Collection[tuple[str, str]]) -> set[int]:
    """The waiting entries of these events, each named by its source and its id there."""
    found: set[int] = set()
    for chunk in in_chunks(sorted({event_id for _, event_id in names})):
        query = _waiting(_aside.id, _aside.source, _aside.source_event_id)
        for row in connection.execute(query.where(_aside.source_event_id.in_(chunk))):
            if (row[1], row[2]) in names:
                found.add(row[0])
    return found


def entry(connection: Connection, entry_id: int) -> SetAside | None:
    row = connection.execute(_entries().where(_aside.id == entry_id)).one_or_none()
    return None if row is None else _from_row(row)


def newest_of_event(connection: Connection, name: tuple[str, str]) -> SetAside | None:
    """The entry of an event that came in last; one id can have come with several contents."""
    source, event_id = name
    query = _entries().where(_aside.source == source, _aside.source_event_id == event_id)
    row = connection.execute(query.order_by(_aside.id.desc()).limit(1)).one_or_none()
    return None if row is None else _from_row(row)


def waiting(connection: Connection, limit: int | None = None) -> list[SetAside]:
    """What waits, the oldest first."""
    query = _entries().where(_end.kind.is_(None)).order_by(_aside.id).limit(limit)
    return [_from_row(row) for row in connection.execute(query)]


def waiting_for(connection: Connection, reference: str) -> list[SetAside]:
    """What waits because nobody is known by this name, the oldest first."""
    named = _aside.unclaimed.contains(reference, autoescape=True)
    query = _entries().where(_end.kind.is_(None), named).order_by(_aside.id)
    entries = (_from_row(row) for row in connection.execute(query))
    return [entry for entry in entries if reference in entry.event.unclaimed]


def waiting_of_deals(connection: Connection, deal_keys: Collection[str]) -> list[SetAside]:
    """What waits of these deals, the oldest first."""
    found: list[SetAside] = []
    for chunk in in_chunks(sorted(deal_keys)):
        query = _entries().where(_end.kind.is_(None), _aside.deal_key.in_(chunk))
        found += [_from_row(row) for row in connection.execute(query)]
    return sorted(found, key=lambda entry: entry.id)


def unclaimed_names(connection: Connection) -> Counter[str]:
    """The names nobody is known by, and how many events wait for each."""
    texts = connection.execute(_waiting(_aside.unclaimed).where(_aside.unclaimed != "")).scalars()
    return Counter(name for text in texts for name in text.split(_LINE_BREAK))


def ended(connection: Connection, limit: int) -> list[SetAside]:
    """What has come to an end, the latest first."""
    query = _entries().where(_end.kind.is_not(None)).order_by(_end.recorded_at.desc()).limit(limit)
    return [_from_row(row) for row in connection.execute(query)]


def waiting_count(connection: Connection) -> int:
    """How many wait."""
    return connection.scalar(_waiting(func.count())) or 0


def oldest_waiting_at(connection: Connection) -> datetime | None:
    """When the one that waits longest came in; None when nothing waits."""
    found: datetime | None = connection.scalar(_waiting(func.min(_aside.received_at)))
    return found


def waiting_by_source(connection: Connection) -> dict[str, int]:
    """How many wait, by the source that sent them."""
    rows = connection.execute(_waiting(_aside.source, func.count()).group_by(_aside.source))
    return {row[0]: row[1] for row in rows}


def unclaimed(connection: Connection) -> list[Unclaimed]:
    """Money nobody gets: the won deals that wait for an owner, by currency."""
    query = _waiting(
        _aside.currency,
        func.count(_aside.deal_key.distinct()),
        func.sum(_aside.amount_minor),
    ).where(_aside.unclaimed != "", _aside.amount_minor.is_not(None))
    rows = connection.execute(query.group_by(_aside.currency).order_by(_aside.currency))
    return [Unclaimed(currency, count, int(amount)) for currency, count, amount in rows]


def _waiting(*columns: Any) -> Select[Any]:
    joined = tables.set_aside.outerjoin(tables.set_aside_end)
    return select(*columns).select_from(joined).where(_end.kind.is_(None))


def _entries() -> Select[Any]:
    joined = tables.set_aside.outerjoin(tables.set_aside_end)
    return select(
        tables.set_aside,
        _end.kind,
        _end.recorded_at.label("ended_at"),
        _end.recorded_by.label("ended_by"),
        _end.reason,
    ).select_from(joined)


def _from_row(row: Row[Any]) -> SetAside:
    event = Arrived(
        row.source,
        row.source_event_id,
        row.deal_key,
        row.deal_name,
        tuple(row.unclaimed.split(_LINE_BREAK)) if row.unclaimed else (),
        row.amount_minor,
        row.currency,
        tuple(Problem(*parts) for parts in json.loads(row.problems)),
        row.body,
        row.connection_name or "",
    )
    return SetAside(
        row.id,
        row.sender,
        event,
        row.received_at,
        row.kind or "",
        row.ended_at,
        row.ended_by or "",
        row.reason or "",
    )


# --- other names of payees


def claim(connection: Connection, reference: str, payee_id: int, by: str, at: datetime) -> None:
    """From now on this name, whatever its case, means that payee. Said again it changes nothing."""
    claimed = payees_claimed_for(connection, [fold(reference)]).get(fold(reference))
    if claimed is not None and claimed.id == payee_id:
        return
    connection.execute(
        insert(tables.payee_alias).values(
            reference=fold(reference), payee_id=payee_id, recorded_at=at, recorded_by=by
        )
    )


def payees_claimed_for(connection: Connection, references: Collection[str]) -> dict[str, Payee]:
    """The payees for whom these folded names were claimed last, by name."""
    alias = tables.payee_alias.c
    rows = connection.execute(
        select(alias.reference, tables.payee)
        .join(tables.payee, tables.payee.c.id == alias.payee_id)
        .where(alias.reference.in_(sorted(references)))
        .order_by(alias.id)
    )
    return {row[0]: Payee(*row[1:]) for row in rows}
