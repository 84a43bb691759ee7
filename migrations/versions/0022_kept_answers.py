"""Answers of requests with an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", "part", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_recorded_at"), "kept_answer", ["recorded_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_kept_answer_recorded_at"), table_name="kept_answer")
    op.drop_table("kept_answer")
