"""The tables of paying: payroll months, statements, manual adjustments and the trail. `tables` names them all."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

month_act = Table(
    "month_act",  # facts: what was done with a payroll month; the last act says how it stands
    metadata,
    Column("id", Integer, primary_key=True),
    Column("month_key", String(7), nullable=False),
    Column("act", String(10), nullable=False),  # requested | declined | closed | reopened
    Column("marks", Text, nullable=False),  # JSON: the highest id of every table of facts
    Column("reason", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(330), nullable=False),
)

statement = Table(
    "statement",  # facts: what a close froze for one payee; a later close of the month adds another version
    metadata,
    Column("id", Integer, primary_key=True),
    Column("month_act_id", ForeignKey("month_act.id"), nullable=False),
    Column("month_key", String(7), nullable=False),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("version", Integer, nullable=False),
    Column("total_minor", BigInteger, nullable=False),  # what is paid
    Column("debt_minor", BigInteger, nullable=False),  # what is owed after it
    Column("lines", Text, nullable=False),  # canonical JSON, see engine/statement.py
    Column("lines_hash", String(64), nullable=False),  # sha256 of it
    UniqueConstraint("payee_id", "month_key", "currency", "version"),
    Index(None, "month_act_id"),
)

manual_adjustment = Table(
    "manual_adjustment",  # facts: what one person proposes to pay or take without a deal behind it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("month_key", String(7), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(330), nullable=False),
    Index(None, "payee_id"),
)

manual_decision = Table(
    "manual_decision",  # facts: what became of a proposal; one decision each
    metadata,
    Column("adjustment_id", ForeignKey("manual_adjustment.id"), primary_key=True),
    Column("decision", String(10), nullable=False),  # approved | declined | withdrawn
    Column("reason", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(330), nullable=False),
)

trail_entry = Table(
    "trail_entry",  # facts: every act that changes pay, each with the hash of the one before it
    metadata,
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),  # 1, 2, 3 ... without a gap
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(330), nullable=False),  # an e-mail address, or command:<system user>
    Column("act", String(60), nullable=False),
    Column("subject", Text, nullable=False),  # canonical JSON
    Column("reason", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
