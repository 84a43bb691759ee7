"""What is agreed with one person instead of a plan."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdraws_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payee.id"], name=op.f("fk_personal_exception_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdraws_id"],
            ["personal_exception.id"],
            name=op.f("fk_personal_exception_withdraws_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_exception")),
    )
    op.create_index(op.f("ix_personal_exception_payee_id"), "personal_exception", ["payee_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_personal_exception_payee_id"), table_name="personal_exception")
    op.drop_table("personal_exception")
