"""What comparisons with the sources' own lists of deals have found."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deal_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("deal_key", sa.String(length=260), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_gap")),
    )
    op.create_index(op.f("ix_deal_gap_source_id"), "deal_gap", ["source", "id"])
    op.create_table(
        "deal_gap_end",
        sa.Column("gap_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["gap_id"], ["deal_gap.id"], name=op.f("fk_deal_gap_end_gap_id")),
        sa.PrimaryKeyConstraint("gap_id", name=op.f("pk_deal_gap_end")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_count", sa.BigInteger(), nullable=False),
        sa.Column("missing_count", sa.BigInteger(), nullable=False),
        sa.Column("older_count", sa.BigInteger(), nullable=False),
        sa.Column("gone_count", sa.BigInteger(), nullable=False),
        sa.Column("mended_count", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_index(op.f("ix_reconciliation_source_id"), "reconciliation", ["source", "id"])


def downgrade() -> None:
    op.drop_table("reconciliation")
    op.drop_table("deal_gap_end")
    op.drop_table("deal_gap")
