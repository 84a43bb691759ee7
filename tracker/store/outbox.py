"""What changed, for whoever must hear of it: written in the transaction of the change itself.

Sequences commit in order. Each writer takes the outbox's lock before its first row and holds it to the commit, so
a follower that has read up to a sequence will never meet a smaller one later. Take it last: it is the one lock
that all writers share. (On SQLite a write has the whole database anyway.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, text

from tracker.store.database import HAS_OUTBOX_ROWS
from tracker.store.rehearsal import is_rehearsed
from tracker.store.tables import outbox

CHANNEL = "tracker_outbox"
"""What PostgreSQL is told to notify on, once per transaction."""

_LOCK = 7102


@dataclass(frozen=True, slots=True)
class OutboxChange:
    """One thing somebody must hear; `sequence` 0: not written yet.

    `kind` is "deal", "earnings", "dispute", "access" or "screen".
    """

    kind: str
    payee_id: int | None = None
    team_id: int | None = None
    deal_key: str | None = None
    is_win: bool = False
    sequence: int = 0


def append(connection: Connection, changes: Sequence[OutboxChange], recorded_at: datetime) -> None:
    """Write changes, in order. The commit wakes the followers. Of what is only rehearsed nobody hears."""
    if not changes or is_rehearsed(connection):
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text(f"NOTIFY {CHANNEL}"))
    connection.info[HAS_OUTBOX_ROWS] = True
    connection.execute(insert(outbox), [_row(change, recorded_at) for change in changes])


def changes_after(connection: Connection, sequence: int, limit: int = 500) -> list[OutboxChange]:
    """The changes that came after a sequence, in order."""
    columns = (
        outbox.c.kind,
        outbox.c.payee_id,
        outbox.c.team_id,
        outbox.c.deal_key,
        outbox.c.is_win,
        outbox.c.sequence,
    )
    later = select(*columns).where(outbox.c.sequence > sequence)
    rows = connection.execute(later.order_by(outbox.c.sequence).limit(limit))
    return [OutboxChange(*row) for row in rows]


def recorded_after(connection: Connection, sequence: int) -> datetime | None:
    """When the first change after a sequence was recorded; None while there is none."""
    later = select(outbox.c.recorded_at).where(outbox.c.sequence > sequence)
    found: datetime | None = connection.scalar(later.order_by(outbox.c.sequence).limit(1))
    return found


def last_sequence(connection: Connection) -> int:
    """The newest sequence; 0 when nothing has happened yet."""
    return _highest(connection)


def sequence_of_payee(connection: Connection, payee_id: int) -> int:
    """The newest sequence that concerns a payee."""
    return _highest(connection, outbox.c.payee_id == payee_id)


def sequence_of_team(connection: Connection, team_id: int) -> int:
    """The newest sequence that concerns a team or anyone in it."""
    return _highest(connection, outbox.c.team_id == team_id)


def _highest(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.max(outbox.c.sequence)).where(*conditions)) or 0


def _row(change: OutboxChange, recorded_at: datetime) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "payee_id": change.payee_id,
        "team_id": change.team_id,
        "deal_key": change.deal_key,
        "is_win": change.is_win,
        "recorded_at": recorded_at,
    }
