"""The tables of plan drafts: a plan on its way from an idea to what people are paid by. `tables` names them all."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

plan_draft = Table(
    "plan_draft",  # facts: what a draft is to become, and the plan it is compared with
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan_key", String(100), nullable=False),
    Column("replaces_key", String(100), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
)

plan_draft_text = Table(
    "plan_draft_text",  # facts: the newest text of a draft counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft_id", ForeignKey("plan_draft.id"), nullable=False),
    Column("source_toml", Text, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "draft_id"),
)

plan_draft_step = Table(
    "plan_draft_step",  # facts: what was done with one exact text
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft_id", ForeignKey("plan_draft.id"), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("step", String(20), nullable=False),  # checked | simulated | activated | discarded
    Column("figures", Text, nullable=False),  # what the step found, as JSON
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "draft_id"),
)

plan_pilot = Table(
    "plan_pilot",  # facts: whose figures are computed beside the live plan; the newest of a draft and payee counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft_id", ForeignKey("plan_draft.id"), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "draft_id"),
    Index(None, "payee_id"),
)
