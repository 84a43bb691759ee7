"""Exchange rates, and what each credit was converted from and by."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("into", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.String(length=30), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
    )
    op.create_index(
        op.f("ix_exchange_rate_currency_into_day"),
        "exchange_rate",
        ["currency", "into", "day"],
    )
    with op.batch_alter_table("credit") as batch:
        batch.add_column(sa.Column("currency", sa.String(3), nullable=False, server_default=""))
        batch.add_column(
            sa.Column("original_minor", sa.BigInteger(), nullable=False, server_default="0")
        )
        batch.add_column(sa.Column("rate", sa.String(30), nullable=False, server_default=""))
    with op.batch_alter_table("credit") as batch:
        for name in ("currency", "original_minor", "rate"):
            batch.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("credit") as batch:
        for name in ("rate", "original_minor", "currency"):
            batch.drop_column(name)
    op.drop_index(op.f("ix_exchange_rate_currency_into_day"), "exchange_rate")
    op.drop_table("exchange_rate")
