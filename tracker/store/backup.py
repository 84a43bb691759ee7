"""The whole company in one file, as of one moment, and back again: into an empty database of either kind.

A backup is gzipped lines of JSON: what it is, then each table (its columns with their types) followed by its rows,
and at the end how many rows there were, what the ledger summed to, and a hash of every line before. So a file that
was cut off, changed or made by something else is known for what it is before a single row is written.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
)

from tracker.errors import BadInput, Conflict, Problem
from tracker.store import tables
from tracker.store.database import Database, known_revisions, migrate, revision_of
from tracker.store.statements import in_chunks
from tracker.store.types import UtcDateTime

FORMAT, FORMAT_VERSION = "tracker backup", 1
ROWS_AT_ONCE = 1000

_TYPES: Mapping[str, Any] = {
    "integer": BigInteger,
    "text": Text,
    "boolean": Boolean,
    "date": Date,
    "instant": UtcDateTime,
}
_CUT_OFF = "it ends too early, or its end was changed."
_OTHER = "it is no backup of the tracker."

Sums = dict[str, int]


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in a backup: the migration it was made at, when, its rows by table, and the ledger's sum by currency."""

    revision: str
    made_at: datetime
    row_counts: Mapping[str, int]
    ledger_minor: Sums

    @property
    def row_count(self) -> int:
        return sum(self.row_counts.values())


# --- out


def write_backup(database: Database, file: Path, at: datetime) -> Backup:
    """Write everything as of one moment, while others go on writing. Nothing of that name is there unless it is whole.

    Only its owner may read the file. Raises BadInput for a place that cannot be written to, or that is taken.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.exists():
            raise FileExistsError(0, "there is a file of that name already")
        with open(part, "wb", opener=_private) as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
                backup = _write_lines(database, packed, at)
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        what = f"the backup cannot be written: {error.strerror}."
        raise BadInput([Problem(str(file), what, "Name a new file with room for it.")]) from error
    return backup


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_lines(database: Database, packed: Any, at: datetime) -> Backup:
    lines_hash = hashlib.sha256()

    def put(value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        lines_hash.update(line)
        packed.write(line)

    with database.read() as connection:
        revision = revision_of(connection)
        put(
            {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "revision": revision,
                "made_at": at.isoformat(),
            }
        )
        counts = {}
        for table in tables.metadata.sorted_tables:
            put({"table": table.name, "columns": [[c.name, _type_name(c)] for c in table.columns]})
            counts[table.name] = 0
            rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
            for row in rows:
                put([_plain(value) for value in row])
                counts[table.name] += 1
        sums = _ledger_sums(connection)
    end = {"rows": counts, "ledger_minor": sums, "sha256": lines_hash.hexdigest()}
    put({"end": end})
    return Backup(revision, at, counts, sums)


def _type_name(column: Column[Any]) -> str:
    kinds = {Boolean: "boolean", Date: "date", UtcDateTime: "instant", Integer: "integer"}
    for kind, name in kinds.items():
        if isinstance(column.type, kind):
            return name
    return "text"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _ledger_sums(connection: Connection) -> Sums:
    ledger = tables.ledger_entry.c
    query = select(ledger.currency, func.sum(ledger.amount_minor)).group_by(ledger.currency)
    return {currency: int(amount_minor) for currency, amount_minor in connection.execute(query)}


# --- back


def restore_backup(database: Database, file: Path) -> Backup:
    """Fill an empty database from a backup, and bring it up to date. All or nothing.

    The file is read to its end first. Raises BadInput for one that is not whole, not ours, or of a later version;
    Conflict when the database holds a company already.
    """
    backup = _checked(file)
    if backup.revision not in known_revisions():
        what = f"it was made by a later version of the tracker (at {backup.revision})."
        raise _refusal(file, what, "Install that version, then restore again.")
    with database.migrating() as connection:
        _require_empty(connection)
        migrate(connection, "base")
        migrate(connection, backup.revision)
        for table, rows in _tables_in(file):
            for chunk in in_chunks(rows, ROWS_AT_ONCE):
                connection.execute(insert(table), chunk)
            _continue_numbers(connection, table)
        migrate(connection, "head")
        if _ledger_sums(connection) != backup.ledger_minor:
            raise RuntimeError("what was restored does not sum to what was backed up")
    return backup


def _checked(file: Path) -> Backup:
    """What a backup says of itself, once every line has been read and found as it was written."""
    lines_hash, last = hashlib.sha256(), b""
    head: dict[str, Any] = {}
    for line in _raw_lines(file):
        if not head:
            head = _head(file, line)
        lines_hash.update(last)
        last = line
    if not last:
        raise _refusal(file, _OTHER)
    end = _end(file, last)
    if end["sha256"] != lines_hash.hexdigest():
        raise _refusal(file, "it is not as it was written: its check sum differs.")
    made_at = datetime.fromisoformat(head["made_at"])
    return Backup(head["revision"], made_at, end["rows"], end["ledger_minor"])


def _head(file: Path, line: bytes) -> dict[str, Any]:
    head = _json(line)
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise _refusal(file, _OTHER)
    if head.get("version") != FORMAT_VERSION:
        raise _refusal(file, "it was made by a later version of the tracker.")
    return head


def _end(file: Path, line: bytes) -> dict[str, Any]:
    end = _json(line)
    if not isinstance(end, dict) or "end" not in end:
        raise _refusal(file, _CUT_OFF)
    found: dict[str, Any] = end["end"]
    return found


def _json(line: bytes) -> object:
    try:
        found: object = json.loads(line)
    except ValueError:
        return None
    return found


def _raw_lines(file: Path) -> Iterator[bytes]:
    try:
        with gzip.open(file, "rb") as packed:
            yield from packed
    except gzip.BadGzipFile as error:
        what = _CUT_OFF if "CRC" in str(error) or "length" in str(error) else _OTHER
        raise _refusal(file, what) from None
    except (EOFError, zlib.error):
        raise _refusal(file, _CUT_OFF) from None
    except OSError as error:
        raise _refusal(file, f"it cannot be read: {error.strerror}.") from None


def _refusal(
    file: Path, what: str, fix: str = "Nothing was changed. Take another backup."
) -> BadInput:
    return BadInput([Problem(str(file), what, fix)])


def _require_empty(connection: Connection) -> None:
    there = set(inspect(connection).get_table_names())
    for table in tables.metadata.sorted_tables:
        if (
            table.name in there
            and connection.execute(select(text("1")).select_from(text(table.name)).limit(1)).first()
        ):
            raise Conflict(
                "The database holds a company already, and a backup is restored only into an empty one. "
                "Set TRACKER_DATA or TRACKER_DATABASE_URL to another place."
            )


def _tables_in(file: Path) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    """Each table of a checked backup with its rows, which must be used up before the next table."""
    lines = map(_json, _raw_lines(file))
    next(lines)
    line = next(lines)
    while isinstance(line, dict) and "table" in line:
        names = [name for name, _ in line["columns"]]
        columns = [Column(name, _TYPES[kind]) for name, kind in line["columns"]]
        ahead: list[object] = []
        yield Table(line["table"], MetaData(), *columns), _rows(lines, names, columns, ahead)
        line = ahead[0]


def _rows(
    lines: Iterator[object], names: list[str], columns: Iterable[Column[Any]], ahead: list[object]
) -> Iterator[dict[str, Any]]:
    kinds = [type(column.type) for column in columns]
    for line in lines:
        if not isinstance(line, list):
            ahead.append(line)
            return
        yield dict(zip(names, map(_typed, line, kinds), strict=True))


def _typed(value: Any, kind: type) -> object:
    if value is None:
        return None
    if kind is Date:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if kind is UtcDateTime else value


def _continue_numbers(connection: Connection, table: Table) -> None:
    """PostgreSQL counts on from where its own inserts ended, so it is told where ours did."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.columns:
        name = {"table": table.name, "column": column.name}
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), name)
        if sequence is not None:
            highest = connection.scalar(select(func.max(column)))
            if highest is not None:
                connection.execute(select(func.setval(sequence, highest)))
