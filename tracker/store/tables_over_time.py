"""The tables of what time brings to deals. `tables` names them all."""

from sqlalchemy import Column, Date, Integer, String, Table

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
