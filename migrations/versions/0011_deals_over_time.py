"""What deals give over time: credits and totals by tier, and until which day instalments are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TOTAL_KEY = ["payee_id", "component_key", "window_key", "period_key", "plan_version_id"]


def upgrade() -> None:
    op.create_table(
        "horizon",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_horizon")),
    )
    with op.batch_alter_table("credit") as batch:
        batch.add_column(sa.Column("tier", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("credit") as batch:
        batch.alter_column("tier", server_default=None)
    with op.batch_alter_table("running_total") as batch:
        batch.add_column(sa.Column("tier", sa.Integer(), nullable=False, server_default="0"))
        batch.drop_constraint("pk_running_total", type_="primary")
        batch.create_primary_key("pk_running_total", [*TOTAL_KEY, "tier"])
    with op.batch_alter_table("running_total") as batch:
        batch.alter_column("tier", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM running_total WHERE tier <> 0")
    with op.batch_alter_table("running_total") as batch:
        batch.drop_constraint("pk_running_total", type_="primary")
        batch.create_primary_key("pk_running_total", TOTAL_KEY)
        batch.drop_column("tier")
    op.drop_column("credit", "tier")
    op.drop_table("horizon")
