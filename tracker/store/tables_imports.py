"""The tables of files that were imported, and of how their columns were read. `tables` names them with the others."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

file_import = Table(
    "file_import",  # facts: a file of deals that somebody imported, or the undoing of one
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(60), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("file_hash", String(64), nullable=False),  # sha256 of the file
    Column("row_count", BigInteger, nullable=False),
    Column("undoes_id", ForeignKey("file_import.id"), nullable=True, unique=True),
    Column("reason", Text, nullable=False),  # of an undoing
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(330), nullable=False),
)

file_import_event = Table(
    "file_import_event",  # facts: the events that an import recorded, each in the event's own transaction
    metadata,
    Column(
        "event_id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("import_id", ForeignKey("file_import.id"), nullable=False),
    Index(None, "import_id"),
)

file_import_end = Table(
    "file_import_end",  # facts: that an import came to its end; one without was interrupted
    metadata,
    Column("import_id", ForeignKey("file_import.id"), primary_key=True),
    Column("counts", Text, nullable=False),  # JSON: how many rows, or deals, had which outcome
    Column("recorded_at", UtcDateTime, nullable=False),
)

file_mapping = Table(
    "file_mapping",  # facts: how the columns of files with this head were read; the newest counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(60), nullable=False),
    Column("header_hash", String(64), nullable=False),
    Column("mapping", Text, nullable=False),  # JSON, see ingest/files/choices.py
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(330), nullable=False),
    Index(None, "header_hash"),
)
