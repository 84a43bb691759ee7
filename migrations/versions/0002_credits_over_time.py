"""A deal gives credits on several days: each has its number among them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = ["deal_key", "component_key", "payee_id", "line"]


def upgrade() -> None:
    with op.batch_alter_table("credit", recreate="auto") as batch:
        batch.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
        batch.drop_constraint("pk_credit", type_="primary")
        batch.create_primary_key("pk_credit", [*KEY, "part"])
    with op.batch_alter_table("credit") as batch:
        batch.alter_column("part", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM credit WHERE part <> 0")
    with op.batch_alter_table("credit") as batch:
        batch.drop_constraint("pk_credit", type_="primary")
        batch.create_primary_key("pk_credit", KEY)
        batch.drop_column("part")
