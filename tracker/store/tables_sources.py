"""The tables of who sends us deals. `tables` names them with the others."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

source_seen = Table(
    "source_seen",  # projection: what each source sent last, and how much in all
    metadata,
    Column("source", String(60), primary_key=True),
    Column("event_count", BigInteger, nullable=False),
    Column("last_event_id", BigInteger, nullable=False),
    Column("last_occurred_at", UtcDateTime, nullable=False),  # by the source's own clock
    Column("last_recorded_at", UtcDateTime, nullable=False),
)

source_watch = Table(
    "source_watch",  # the sources that send by themselves, and after how many silent working hours that is said
    metadata,
    Column("source", String(60), primary_key=True),
    Column("silent_after_hours", Integer, nullable=False),  # 0: never
)

sender = Table(
    "sender",  # a system that pushes deal events and signs them
    metadata,
    Column("name", String(60), primary_key=True),
    Column("way", String(20), nullable=False),  # how it signs, see ingest/webhooks
    Column("secrets", Text, nullable=False),  # the newest first, with spaces between
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, nullable=True),
)
