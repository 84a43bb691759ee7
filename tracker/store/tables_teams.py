"""The tables of teams that earn. `tables` names them all."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

membership = Table(
    "membership",  # facts: the one with the highest id that speaks of a day counts on that day
    metadata,
    Column("id", Integer, primary_key=True),
    Column("team_payee_id", ForeignKey("payee.id"), nullable=False),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("role", String(10), nullable=False),  # member | leader
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=True),
    Column("weight", String(40), nullable=False),  # exact: 1, 1/2; 0: no longer
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "team_payee_id"),
    Index(None, "payee_id"),
)
