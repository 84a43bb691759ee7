"""The tables of what a comparison with a source's own list of deals found. `tables` names them with the others."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

deal_gap = Table(
    "deal_gap",  # facts: a deal that the source's list had otherwise than we
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(60), nullable=False),
    Column("deal_key", String(260), nullable=False),
    Column("kind", String(10), nullable=False),  # missing | older | gone
    Column("version", BigInteger, nullable=False),  # that the source lists; 0 where it lists none
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "source", "id"),
)

deal_gap_end = Table(
    "deal_gap_end",  # facts: the gap is no more; whatever finds that, there is one end
    metadata,
    Column("gap_id", ForeignKey("deal_gap.id"), primary_key=True),
    Column("kind", String(10), nullable=False),  # fetched | set_aside | agrees
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
)

reconciliation = Table(
    "reconciliation",  # facts: each comparison that came to its end
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(60), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("listed_count", BigInteger, nullable=False),  # the deals of the source's list
    Column("missing_count", BigInteger, nullable=False),
    Column("older_count", BigInteger, nullable=False),
    Column("gone_count", BigInteger, nullable=False),
    Column("mended_count", BigInteger, nullable=False),  # of these, by the end of the comparison
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "source", "id"),
)
