"""The tables of disputes: what people say about their pay. `tables` names them all."""

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

dispute = Table(
    "dispute",  # facts: what a rep doubts, with what the rep was shown at that moment
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("about", String(20), nullable=False),  # deal | figure | statement | missing
    Column("deal_key", String(260), nullable=True),
    Column("component_key", String(200), nullable=True),
    Column("statement_id", Integer, nullable=True),
    Column("title", Text, nullable=False),  # of the deal or figure, in the rep's words
    Column("line", Text, nullable=False),  # the line pointed at; "" for all of it
    Column("sheet", Text, nullable=True),  # the explanation as the rep saw it, as JSON
    Column("deal_snapshot", Text, nullable=True),  # the deal at that moment, see store/deals.py
    Column("claim", Text, nullable=False),  # what the rep knows of a missing deal, as JSON
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "payee_id"),
)

dispute_entry = Table(
    "dispute_entry",  # facts: the acts on a dispute; the last one says how it stands
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dispute_id", ForeignKey("dispute.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1 is raising it; two acts cannot be the same one
    Column("act", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("event_id", BigInteger, nullable=True),  # the deal event of a correction
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    UniqueConstraint("dispute_id", "number"),
)
