"""The trail of acts that change pay; assignments become facts: added, never edited."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Rows from before have no author; they keep the moment the schema began to ask for one.
BEFORE = {"recorded_by": sa.text("'before the trail'"), "recorded_at": sa.func.current_timestamp()}


def upgrade() -> None:
    op.create_table(
        "trail_entry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(330), nullable=False),
        sa.Column("act", sa.String(60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_entry")),
    )
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(sa.Column("recorded_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("recorded_by", sa.String(320), nullable=True))
    assignment = sa.table("assignment", sa.column("recorded_at"), sa.column("recorded_by"))
    op.execute(assignment.update().values(BEFORE))
    with op.batch_alter_table("assignment") as batch:
        batch.alter_column("recorded_at", existing_type=UtcDateTime(), nullable=False)
        batch.alter_column("recorded_by", existing_type=sa.String(320), nullable=False)
        batch.drop_constraint("uq_assignment_payee_id_plan_key_starts_on", type_="unique")
        batch.create_index(
            "ix_assignment_payee_id_plan_key_starts_on", ["payee_id", "plan_key", "starts_on"]
        )


def downgrade() -> None:
    op.execute(
        "DELETE FROM assignment WHERE id NOT IN"
        " (SELECT max(id) FROM assignment GROUP BY payee_id, plan_key, starts_on)"
    )
    with op.batch_alter_table("assignment") as batch:
        batch.drop_index("ix_assignment_payee_id_plan_key_starts_on")
        batch.create_unique_constraint(
            "uq_assignment_payee_id_plan_key_starts_on", ["payee_id", "plan_key", "starts_on"]
        )
        batch.drop_column("recorded_at")
        batch.drop_column("recorded_by")
    op.drop_table("trail_entry")
