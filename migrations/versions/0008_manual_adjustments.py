"""Manual adjustments: what one person proposes and another decides."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manual_adjustment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("month_key", sa.String(7), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(330), nullable=False),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payee.id"], name=op.f("fk_manual_adjustment_payee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_adjustment")),
    )
    op.create_index(op.f("ix_manual_adjustment_payee_id"), "manual_adjustment", ["payee_id"])
    op.create_table(
        "manual_decision",
        sa.Column("adjustment_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(330), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"],
            ["manual_adjustment.id"],
            name=op.f("fk_manual_decision_adjustment_id"),
        ),
        sa.PrimaryKeyConstraint("adjustment_id", name=op.f("pk_manual_decision")),
    )


def downgrade() -> None:
    op.drop_table("manual_decision")
    op.drop_table("manual_adjustment")
