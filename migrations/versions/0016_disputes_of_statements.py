"""A dispute can be about a statement."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("dispute") as batch:
        batch.add_column(sa.Column("statement_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("dispute") as batch:
        batch.drop_column("statement_id")
