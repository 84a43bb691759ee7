"""Grants of equity, and from when on nothing vests any more."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "equity_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("over_months", sa.Integer(), nullable=False),
        sa.Column("cliff_months", sa.Integer(), nullable=False),
        sa.Column("every_months", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name="fk_equity_grant_payee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_equity_grant"),
    )
    op.create_index("ix_equity_grant_payee_id", "equity_grant", ["payee_id"])
    op.create_table(
        "equity_leaving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name="fk_equity_leaving_payee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_equity_leaving"),
    )
    op.create_index("ix_equity_leaving_payee_id", "equity_leaving", ["payee_id"])


def downgrade() -> None:
    op.drop_table("equity_leaving")
    op.drop_table("equity_grant")
