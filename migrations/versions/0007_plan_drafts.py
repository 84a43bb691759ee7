"""Plan drafts: their texts, the steps taken with each, and the pilots."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_key", sa.String(length=100), nullable=False),
        sa.Column("replaces_key", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
    )
    op.create_table(
        "plan_draft_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("source_toml", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_draft_text_draft_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft_text")),
    )
    op.create_index(op.f("ix_plan_draft_text_draft_id"), "plan_draft_text", ["draft_id"])
    op.create_table(
        "plan_draft_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_draft_step_draft_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft_step")),
    )
    op.create_index(op.f("ix_plan_draft_step_draft_id"), "plan_draft_step", ["draft_id"])
    op.create_table(
        "plan_pilot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_pilot_draft_id")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("fk_plan_pilot_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_pilot")),
    )
    op.create_index(op.f("ix_plan_pilot_draft_id"), "plan_pilot", ["draft_id"])
    op.create_index(op.f("ix_plan_pilot_payee_id"), "plan_pilot", ["payee_id"])


def downgrade() -> None:
    for table in ("plan_pilot", "plan_draft_step", "plan_draft_text", "plan_draft"):
        op.drop_table(table)
