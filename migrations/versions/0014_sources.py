"""What each source sent last, so that a silent one is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_seen",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("event_count", sa.BigInteger(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("last_occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_seen")),
    )
    op.create_table(
        "source_watch",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("silent_after_hours", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_watch")),
    )
    op.execute(
        "INSERT INTO source_seen SELECT source, count(*), max(id), max(occurred_at), max(recorded_at) "
        "FROM deal_event GROUP BY source"
    )


def downgrade() -> None:
    op.drop_table("source_watch")
    op.drop_table("source_seen")
