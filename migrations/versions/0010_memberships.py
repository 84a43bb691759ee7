"""Who belongs to a team and who leads it, as dated facts."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_payee_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("weight", sa.String(40), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_payee_id"], ["payee.id"], name="fk_membership_team_payee_id"
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name="fk_membership_payee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
    )
    op.create_index("ix_membership_payee_id", "membership", ["payee_id"])
    op.create_index("ix_membership_team_payee_id", "membership", ["team_payee_id"])


def downgrade() -> None:
    op.drop_table("membership")
