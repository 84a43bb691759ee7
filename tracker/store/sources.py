"""Who sends us deals: how much, when last, and how long after it happened there it was safe here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, func, select

from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.store import quarantine, tables
from tracker.store.deals import CORRECTION_SOURCE, MANUAL_SOURCE, UNDO_SOURCE, Arrival
from tracker.store.rehearsal import is_rehearsed
from tracker.store.statements import (
    Values,
    insert_of,
    insert_or_ignore,
    insert_or_replace,
)

SAMPLE_COUNT = 1000
"""So many of a source's latest events say what its lag is."""
LOOKED_AT_COUNT = 20_000
"""They are looked for among so many events of all sources, however long the whole list is."""
AN_HOUR = timedelta(hours=1)
SILENT_AFTER_HOURS = 4
"""Working hours without an event after which a source is said to be silent, until somebody chooses otherwise."""

FROM_INSIDE = (CORRECTION_SOURCE, MANUAL_SOURCE, UNDO_SOURCE, OBJECTIVE)
"""What people here say themselves; nothing about it is late."""

_seen, _watch, _event = tables.source_seen.c, tables.source_watch.c, tables.deal_event.c
_crm, _sender = tables.crm_connection.c, tables.sender.c


@dataclass(frozen=True, slots=True)
class Source:
    """One source. The lags are from its own clock to our commit; None when nothing lately says.

    What happened before a CRM was connected could not be here sooner, so no lag tells of it.
    """

    name: str
    event_count: int
    last_occurred_at: datetime
    last_recorded_at: datetime
    last_hour_count: int
    lag_median: timedelta | None
    lag_p95: timedelta | None
    waiting_count: int


def note(connection: Connection, arrivals: Sequence[Arrival], recorded_at: datetime) -> None:
    """Count events that have just been recorded. Call it last: the row of a source is held to the commit.

    What is only rehearsed was not sent by anybody.
    """
    newest = {arrival.event.source: arrival for arrival in sorted(arrivals, key=lambda one: one.id)}
    counts = Counter(arrival.event.source for arrival in arrivals)
    if not newest or is_rehearsed(connection):
        return
    rows: list[Values] = [
        {
            "source": source,
            "event_count": counts[source],
            "last_event_id": newest[source].id,
            "last_occurred_at": newest[source].event.occurred_at,
            "last_recorded_at": recorded_at,
        }
        for source in sorted(newest)
    ]
    connection.execute(_counting(connection.dialect.name), rows)


@cache
def _counting(dialect: str) -> Any:
    statement = insert_of(dialect, tables.source_seen)
    names = ("last_event_id", "last_occurred_at", "last_recorded_at")
    given = {name: statement.excluded[name] for name in names}
    given["event_count"] = _seen.event_count + statement.excluded.event_count
    return statement.on_conflict_do_update(index_elements=["source"], set_=given)


@dataclass(frozen=True, slots=True)
class Watched:
    """A source that sends by itself: when it was heard last, and after how many working hours its silence is said."""

    name: str
    last_recorded_at: datetime
    silent_after_hours: int


def watched(connection: Connection) -> list[Watched]:
    """The sources whose silence would be a wrong calm, by name.

    A CRM that was asked and had nothing new has been heard.
    """
    joined = tables.source_watch.join(tables.source_seen, _watch.source == _seen.source).outerjoin(
        tables.crm_connection, _watch.source == _crm.name
    )
    columns = (_seen.last_recorded_at, _crm.pulled_at, _watch.silent_after_hours)
    query = select(_watch.source, *columns).select_from(joined).order_by(_watch.source)
    return [
        Watched(name, max(recorded_at, pulled_at or recorded_at), hours)
        for name, recorded_at, pulled_at, hours in connection.execute(query)
    ]


def known_names(connection: Connection) -> set[str]:
    """Every source that anything was ever recorded of."""
    return set(connection.execute(select(_seen.source)).scalars())


def watched_names(connection: Connection) -> set[str]:
    return set(connection.execute(select(_watch.source)).scalars())


def watch(connection: Connection, names: Iterable[str]) -> None:
    """Mind these sources from now on; one that is minded already keeps its hours."""
    rows = [{"source": name, "silent_after_hours": SILENT_AFTER_HOURS} for name in sorted(names)]
    insert_or_ignore(connection, tables.source_watch, rows)


def set_patience(connection: Connection, source: str, hours: int) -> None:
    """After so many working hours the silence of a source is said; 0 is never."""
    row = {"source": source, "silent_after_hours": hours}
    insert_or_replace(connection, tables.source_watch, [row])


def all_sources(connection: Connection, now: datetime) -> list[Source]:
    """Every source outside the company with its freshness at an instant, by name."""
    outside = select(tables.source_seen).where(_seen.source.not_in(FROM_INSIDE))
    rows = connection.execute(outside.order_by(_seen.source)).all()
    waiting = quarantine.waiting_by_source(connection)
    connected_at = _connected_at(connection)
    found = []
    for row in rows:
        sample = _sample(connection, row.source, row.last_event_id)
        since = connected_at.get(row.source)
        lags = sorted(
            recorded_at - occurred_at
            for occurred_at, recorded_at in sample
            if since is None or occurred_at >= since
        )
        found.append(
            Source(
                row.source,
                row.event_count,
                row.last_occurred_at,
                row.last_recorded_at,
                _count_since(connection, row, sample, now - AN_HOUR),
                _quantile(lags, 50),
                _quantile(lags, 95),
                waiting.get(row.source, 0),
            )
        )
    return found


def _connected_at(connection: Connection) -> dict[str, datetime]:
    """Since when each CRM is connected, by the name of its source."""
    joined = tables.crm_connection.join(tables.sender, _sender.name == _crm.name)
    rows = connection.execute(select(_crm.name, _sender.created_at).select_from(joined))
    return {row.name: row.created_at for row in rows}


def _sample(
    connection: Connection, source: str, last_event_id: int
) -> list[tuple[datetime, datetime]]:
    """When the latest events of a source happened there and were recorded here, the newest first."""
    query = (
        select(_event.occurred_at, _event.recorded_at)
        .where(_event.source == source, _event.id > last_event_id - LOOKED_AT_COUNT)
        .order_by(_event.id.desc())
        .limit(SAMPLE_COUNT)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _count_since(
    connection: Connection,
    seen: Row[Any],
    sample: Sequence[tuple[datetime, datetime]],
    at: datetime,
) -> int:
    """How many events of a source were recorded after a moment; of a busy one among the latest of all sources only."""
    count = sum(recorded_at > at for _, recorded_at in sample)
    if count < SAMPLE_COUNT:
        return count
    query = select(func.count()).where(
        _event.source == seen.source,
        _event.id > seen.last_event_id - LOOKED_AT_COUNT,
        _event.recorded_at > at,
    )
    return connection.execute(query).scalar_one()


def _quantile(in_order: Sequence[timedelta], percent: int) -> timedelta | None:
    """The least value that so many percent of all do not exceed."""
    if not in_order:
        return None
    return in_order[max(0, -(-len(in_order) * percent // 100) - 1)]
