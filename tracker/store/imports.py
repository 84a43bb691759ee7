"""Files of deals that were imported: when, by whom, what they changed, and that they were undone."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, literal, select

from tracker.store import tables
from tracker.store.statements import in_chunks, insert_or_ignore, inserted_id

_import, _event, _end = (
    tables.file_import.c,
    tables.file_import_event.c,
    tables.file_import_end.c,
)
_undoing = tables.file_import.alias("undoing")


@dataclass(frozen=True, slots=True)
class FileImport:
    """A file that is imported. `undoes_id`: it is no file, but takes back that import, for a reason."""

    source: str
    file_name: str
    file_hash: str
    row_count: int
    undoes_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredImport:
    """An import as it is recorded; `ended_at` None: it was interrupted, or is still under way."""

    id: int
    file: FileImport
    recorded_at: datetime
    recorded_by: str
    undone_by_id: int | None
    ended_at: datetime | None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_undo(self) -> bool:
        return self.file.undoes_id is not None


def add(connection: Connection, file: FileImport, by: str, at: datetime) -> int:
    """Record that an import begins; its id."""
    row = {
        "source": file.source,
        "file_name": file.file_name,
        "file_hash": file.file_hash,
        "row_count": file.row_count,
        "undoes_id": file.undoes_id,
        "reason": file.reason,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.file_import).values(row))


def link(connection: Connection, import_id: int, source: str, event_ids: Iterable[str]) -> None:
    """Note that an import recorded these events of a source."""
    event = tables.deal_event.c
    for chunk in in_chunks(sorted(set(event_ids))):
        found = select(event.id, literal(import_id)).where(
            event.source == source, event.source_event_id.in_(chunk)
        )
        into = insert(tables.file_import_event)
        connection.execute(into.from_select(["event_id", "import_id"], found))


def end(connection: Connection, import_id: int, counts: Mapping[str, int], at: datetime) -> None:
    """Note that an import is done; one that has ended keeps its end."""
    row = {"import_id": import_id, "counts": json.dumps(dict(counts)), "recorded_at": at}
    insert_or_ignore(connection, tables.file_import_end, [row])


def import_by_id(connection: Connection, import_id: int) -> StoredImport | None:
    row = connection.execute(_imports().where(_import.id == import_id)).one_or_none()
    return None if row is None else _stored(row)


def latest(connection: Connection, limit: int) -> list[StoredImport]:
    """The last imports, the newest first."""
    rows = connection.execute(_imports().order_by(_import.id.desc()).limit(limit))
    return [_stored(row) for row in rows]


def interrupted(connection: Connection, file_hash: str) -> StoredImport | None:
    """The last import of a file of this hash, if it has not come to its end and was not undone."""
    query = _imports().where(_import.file_hash == file_hash, _import.undoes_id.is_(None))
    row = connection.execute(query.order_by(_import.id.desc()).limit(1)).one_or_none()
    last = None if row is None else _stored(row)
    return last if last and last.ended_at is None and last.undone_by_id is None else None


def event_count(connection: Connection, import_id: int) -> int:
    """How many events an import has recorded so far."""
    query = select(func.count()).where(_event.import_id == import_id)
    return connection.scalar(query) or 0


def deal_keys_after(
    connection: Connection, import_id: int, after_key: str, limit: int
) -> list[str]:
    """The deals an import recorded something of, in key order, from a key on."""
    event = tables.deal_event.c
    joined = tables.file_import_event.join(tables.deal_event, event.id == _event.event_id)
    query = (
        select(event.deal_key)
        .distinct()
        .select_from(joined)
        .where(_event.import_id == import_id, event.deal_key > after_key)
        .order_by(event.deal_key)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def imports_of_events(
    connection: Connection, event_ids: Collection[int]
) -> dict[int, StoredImport]:
    """Which import recorded each of these events; those that came otherwise are not in it."""
    ids: dict[int, int] = {}
    for chunk in in_chunks(sorted(event_ids)):
        rows = connection.execute(
            select(_event.event_id, _event.import_id).where(_event.event_id.in_(chunk))
        )
        ids |= {row[0]: row[1] for row in rows}
    found: dict[int, StoredImport] = {}
    for chunk in in_chunks(sorted(set(ids.values()))):
        stored = map(_stored, connection.execute(_imports().where(_import.id.in_(chunk))))
        found |= {one.id: one for one in stored}
    return {event_id: found[import_id] for event_id, import_id in ids.items()}


def _imports() -> Select[Any]:
    joined = tables.file_import.outerjoin(tables.file_import_end).outerjoin(
        _undoing, _undoing.c.undoes_id == _import.id
    )
    return select(
        tables.file_import,
        _undoing.c.id.label("undone_by_id"),
        _end.recorded_at.label("ended_at"),
        _end.counts,
    ).select_from(joined)


def _stored(row: Row[Any]) -> StoredImport:
    file = FileImport(
        row.source, row.file_name, row.file_hash, row.row_count, row.undoes_id, row.reason
    )
    counts = json.loads(row.counts) if row.counts else {}
    return StoredImport(
        row.id, file, row.recorded_at, row.recorded_by, row.undone_by_id, row.ended_at, counts
    )


# --- how columns were read


def remember_mapping(
    connection: Connection, source: str, header_hash: str, mapping: str, by: str, at: datetime
) -> None:
    """Keep how the columns of files with this head are read, unless that is what was kept last."""
    if mapping_for(connection, header_hash) == mapping:
        return
    row = {
        "source": source,
        "header_hash": header_hash,
        "mapping": mapping,
        "recorded_at": at,
        "recorded_by": by,
    }
    connection.execute(insert(tables.file_mapping).values(row))


def mapping_for(connection: Connection, header_hash: str) -> str | None:
    """How the columns of files with this head were read last."""
    mapping = tables.file_mapping.c
    query = select(mapping.mapping).where(mapping.header_hash == header_hash)
    return connection.scalar(query.order_by(mapping.id.desc()).limit(1))
