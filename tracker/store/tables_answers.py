"""The table of answers that are given again. `tables` names it with the others."""

from sqlalchemy import Column, Integer, String, Table, Text

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

kept_answer = Table(
    "kept_answer",  # what a request with an Idempotency-Key was answered; pruned after some days
    metadata,
    Column("client", String(64), primary_key=True),  # the hash of the API key it came with
    Column("key", String(255), primary_key=True),
    Column("part", Integer, primary_key=True),  # a long request is committed in several
    Column("request_hash", String(64), nullable=False),
    Column("outcomes", Text, nullable=False),  # as JSON
    Column("recorded_at", UtcDateTime, nullable=False, index=True),
)
