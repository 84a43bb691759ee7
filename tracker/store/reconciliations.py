"""Comparisons with a source's own list of its deals: what each found, and what has become of it.

A gap is noted once, however many comparisons find it, until one no longer does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Join, Select, func, insert, select

from tracker.engine.deals import DealStatus
from tracker.store import tables
from tracker.store.statements import in_chunks, insert_or_ignore

READ_AT_ONCE_COUNT = 5_000
KEPT_GAPS_MAX = 10_000
"""So many open gaps of a source are noted one by one; what is more than a list to work through is only counted."""

GapKind = Literal["missing", "older", "gone"]
EndKind = Literal["fetched", "set_aside", "agrees"]

_deal, _event = tables.deal.c, tables.deal_event.c
_gap, _end, _done = tables.deal_gap.c, tables.deal_gap_end.c, tables.reconciliation.c
_aside, _aside_end = tables.set_aside.c, tables.set_aside_end.c


class Held(NamedTuple):
    """A deal of a source as we have it."""

    deal_id: str
    version: int
    is_alive: bool
    event_id: int


class FoundGap(NamedTuple):
    """A deal that the source's list has otherwise than we; `version` is the source's, 0 where it lists none."""

    deal_key: str
    kind: GapKind
    version: int


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap that was noted and has not ended."""

    id: int
    deal_key: str
    kind: GapKind
    version: int
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A comparison that came to its end. `gap_count` are all gaps it found, `left_count` those not mended by then."""

    source: str
    started_at: datetime
    listed_count: int
    missing_count: int
    older_count: int
    gone_count: int
    mended_count: int
    ended_at: datetime
    by: str

    @property
    def gap_count(self) -> int:
        return self.missing_count + self.older_count + self.gone_count

    @property
    def left_count(self) -> int:
        return self.gap_count - self.mended_count


def held_in_order(connection: Connection, source: str) -> Iterator[Held]:
    """Every deal of a source, by the bytes of its id, a few thousand at a time in memory."""
    key = _deal.key.collate("C") if connection.dialect.name == "postgresql" else _deal.key
    start = f"{source}:"
    of_source = key >= start, key < f"{source};"  # the sign after ":"
    query = select(_deal.key, _deal.version, _deal.status, _deal.event_id).where(*of_source)
    in_order = query.order_by(key).execution_options(yield_per=READ_AT_ONCE_COUNT)
    for row in connection.execute(in_order):
        is_alive = row.status != DealStatus.CANCELLED
        yield Held(row.key.removeprefix(start), row.version, is_alive, row.event_id)


def newest_event_id(connection: Connection) -> int:
    """What is recorded from now on has a higher one."""
    return connection.scalar(select(func.coalesce(func.max(_event.id), 0))) or 0


def held(connection: Connection, source: str, deal_key: str) -> Held | None:
    """One deal of a source as we have it now."""
    query = select(_deal.version, _deal.status, _deal.event_id).where(_deal.key == deal_key)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    is_alive = row.status != DealStatus.CANCELLED
    return Held(deal_key.removeprefix(f"{source}:"), row.version, is_alive, row.event_id)


def set_aside_keys(connection: Connection, deal_keys: Collection[str]) -> set[str]:
    """Those of these deals of which something waits to be put right, or was let go with a reason: no gap, but known."""
    joined = tables.set_aside.outerjoin(tables.set_aside_end, _aside.id == _aside_end.set_aside_id)
    is_known = _aside_end.kind.is_(None) | (_aside_end.kind == "discarded")
    found: set[str] = set()
    for chunk in in_chunks(sorted(deal_keys)):
        query = select(_aside.deal_key).select_from(joined).where(is_known)
        found |= set(connection.execute(query.where(_aside.deal_key.in_(chunk))).scalars())
    return found


# --- gaps


def note_gaps(
    connection: Connection, source: str, found: Sequence[FoundGap], by: str, at: datetime
) -> set[int]:
    """Note gaps that are not noted yet, as far as there is room; the ids of those of them that are noted now."""
    noted = _noted(connection, source, found)
    room_count = max(0, KEPT_GAPS_MAX - open_gap_count(connection, source))
    rows = [
        {
            "source": source,
            "deal_key": gap.deal_key,
            "kind": gap.kind,
            "version": gap.version,
            "recorded_at": at,
            "recorded_by": by,
        }
        for gap in found
        if (gap.deal_key, gap.kind) not in noted
    ]
    if rows[:room_count]:
        connection.execute(insert(tables.deal_gap), rows[:room_count])
    return set(_noted(connection, source, found).values())


def _noted(
    connection: Connection, source: str, found: Sequence[FoundGap]
) -> dict[tuple[str, str], int]:
    """The ids of those of these gaps that are open already."""
    noted: dict[tuple[str, str], int] = {}
    for chunk in in_chunks(gap.deal_key for gap in found):
        for row in connection.execute(_open_gaps(source).where(_gap.deal_key.in_(chunk))):
            noted[row.deal_key, row.kind] = row.id
    return noted


def open_gaps(connection: Connection, source: str, after_id: int, limit: int) -> list[OpenGap]:
    """The gaps of a source that have not ended, in the order they were noted in."""
    query = _open_gaps(source).where(_gap.id > after_id).order_by(_gap.id).limit(limit)
    return [
        OpenGap(row.id, row.deal_key, row.kind, row.version, row.recorded_at)
        for row in connection.execute(query)
    ]


def open_gap_count(connection: Connection, source: str) -> int:
    query = select(func.count()).select_from(_gaps()).where(_gap.source == source, _is_open())
    return connection.scalar(query) or 0


def end_gaps(connection: Connection, ends: Mapping[int, EndKind], by: str, at: datetime) -> None:
    """Say of gaps that they are no more, and why."""
    rows = [
        {"gap_id": gap_id, "kind": kind, "recorded_at": at, "recorded_by": by}
        for gap_id, kind in sorted(ends.items())
    ]
    insert_or_ignore(connection, tables.deal_gap_end, rows)


# --- comparisons


def record(connection: Connection, done: Reconciliation) -> None:
    """Keep that a source was compared, and what came out."""
    connection.execute(
        insert(tables.reconciliation).values(
            source=done.source,
            started_at=done.started_at,
            listed_count=done.listed_count,
            missing_count=done.missing_count,
            older_count=done.older_count,
            gone_count=done.gone_count,
            mended_count=done.mended_count,
            recorded_at=done.ended_at,
            recorded_by=done.by,
        )
    )


def latest_by_source(connection: Connection) -> dict[str, Reconciliation]:
    """The latest comparison of each source that was ever compared."""
    newest = select(func.max(_done.id)).group_by(_done.source)
    columns = (
        *(_done.source, _done.started_at, _done.listed_count, _done.missing_count),
        *(_done.older_count, _done.gone_count, _done.mended_count),
        *(_done.recorded_at, _done.recorded_by),
    )
    rows = connection.execute(select(*columns).where(_done.id.in_(newest)))
    return {row[0]: Reconciliation(*row) for row in rows}


def open_gaps_by_source(connection: Connection) -> dict[str, int]:
    """How many gaps of each source are open."""
    query = select(_gap.source, func.count()).select_from(_gaps()).where(_is_open())
    return {row[0]: row[1] for row in connection.execute(query.group_by(_gap.source))}


def _gaps() -> Join:
    return tables.deal_gap.outerjoin(tables.deal_gap_end, _gap.id == _end.gap_id)


def _is_open() -> ColumnElement[bool]:
    return _end.gap_id.is_(None)


def _open_gaps(source: str) -> Select[tuple[int, str, GapKind, int, datetime]]:
    columns = (_gap.id, _gap.deal_key, _gap.kind, _gap.version, _gap.recorded_at)
    return select(*columns).select_from(_gaps()).where(_gap.source == source, _is_open())
