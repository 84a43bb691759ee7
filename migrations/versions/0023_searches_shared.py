"""When a connected CRM was last asked for what has changed, so that several processes ask no more often than one."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("crm_connection") as batch:
        batch.add_column(sa.Column("searched_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(
            sa.Column("search_pause_seconds", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("crm_connection") as batch:
        batch.alter_column("search_pause_seconds", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("crm_connection") as batch:
        batch.drop_column("search_pause_seconds")
        batch.drop_column("searched_at")
