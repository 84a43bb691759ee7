"""The tables of equity: units beside money. `tables` names them all."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

equity_grant = Table(
    "equity_grant",  # facts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("over_months", Integer, nullable=False),
    Column("cliff_months", Integer, nullable=False),
    Column("every_months", Integer, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "payee_id"),
)

equity_leaving = Table(
    "equity_leaving",  # facts: after which day nothing vests any more; the newest of a payee counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("left_on", Date, nullable=True),  # null: came back, or had not left
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "payee_id"),
)
