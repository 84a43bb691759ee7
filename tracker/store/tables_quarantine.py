"""The tables of what could not be used yet: set aside whole, never dropped. `tables` names them all."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

set_aside = Table(
    "set_aside",  # facts: an authentic event that could not be used as it came
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sender", String(200), nullable=False),  # the key or connector it came by
    Column("source", String(60), nullable=False),
    Column("source_event_id", String(200), nullable=False),
    Column("deal_key", String(260), nullable=False),
    Column("deal_name", String(200), nullable=False),  # as far as it could be read
    Column("unclaimed", Text, nullable=False),  # references of reps nobody knows, one a line
    Column("amount_minor", BigInteger, nullable=True),  # of a won deal, as far as it could be read
    Column("currency", String(3), nullable=True),
    Column("problems", Text, nullable=False),  # as JSON
    Column("body", Text, nullable=False),  # the event as it came
    Column("body_hash", String(64), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column(
        "connection_name", String(60), nullable=True
    ),  # the body is in the words of this CRM; null: in ours
    UniqueConstraint("source", "source_event_id", "body_hash"),  # a retry is the same entry
)

set_aside_end = Table(
    "set_aside_end",  # facts: what became of it; whatever is clicked twice, there is one end
    metadata,
    Column("set_aside_id", ForeignKey("set_aside.id"), primary_key=True),
    Column("kind", String(10), nullable=False),  # replayed | superseded | discarded
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Column("reason", Text, nullable=False),
)

payee_alias = Table(
    "payee_alias",  # facts: another name that a source has for a payee; the newest counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(320), nullable=False, index=True),  # case-folded
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
)
