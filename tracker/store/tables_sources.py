"""The tables of who sends us deals. `tables` names them with the others."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

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
