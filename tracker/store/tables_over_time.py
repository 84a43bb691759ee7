"""The tables of what time brings to deals. `tables` names them all."""

from sqlalchemy import Column, Date, Index, Integer, String, Table

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

horizon = Table(
    "horizon",  # facts: until which day the instalments of deals are counted; the latest day counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("until", Date, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
)

exchange_rate = Table(
    "exchange_rate",  # facts: of several for one pair and day the highest id counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("into", String(3), nullable=False),
    Column("day", Date, nullable=False),
    Column("rate", String(30), nullable=False),  # as quoted: so much of `into` for one unit
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "currency", "into", "day"),
)
