"""The table of personal exceptions: what was agreed with one payee instead of a plan. `tables` names them all."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

personal_exception = Table(
    "personal_exception",  # facts: one that withdraws another says nothing but that
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("component_key", String(200), nullable=False),  # plan_key/component, "plan_key/" a draw
    Column("starts_on", Date, nullable=True),
    Column("ends_on", Date, nullable=True),
    Column("terms", Text, nullable=False),  # what holds instead, as JSON, see store/exceptions.py
    Column("reason", Text, nullable=False),
    Column("withdraws_id", ForeignKey("personal_exception.id"), nullable=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "payee_id"),
)
