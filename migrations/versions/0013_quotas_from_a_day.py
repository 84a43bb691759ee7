"""Quotas from a day on, and why they were set."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("quota") as batch:
        batch.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
        batch.add_column(sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("quota") as batch:
        batch.alter_column("reason", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("quota") as batch:
        batch.drop_column("reason")
        batch.drop_column("valid_from")
