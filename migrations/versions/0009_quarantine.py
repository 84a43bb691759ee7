"""What could not be used yet is set aside whole, with what became of it, and the other names of payees."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_event_id", sa.String(length=200), nullable=False),
        sa.Column("deal_key", sa.String(length=260), nullable=False),
        sa.Column("deal_name", sa.String(length=200), nullable=False),
        sa.Column("unclaimed", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint(
            "source",
            "source_event_id",
            "body_hash",
            name=op.f("uq_set_aside_source_source_event_id_body_hash"),
        ),
    )
    op.create_table(
        "set_aside_end",
        sa.Column("set_aside_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_aside_id"], ["set_aside.id"], name=op.f("fk_set_aside_end_set_aside_id")
        ),
        sa.PrimaryKeyConstraint("set_aside_id", name=op.f("pk_set_aside_end")),
    )
    op.create_table(
        "payee_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=320), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("fk_payee_alias_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_alias")),
    )
    op.create_index(op.f("ix_payee_alias_reference"), "payee_alias", ["reference"])


def downgrade() -> None:
    op.drop_table("payee_alias")
    op.drop_table("set_aside_end")
    op.drop_table("set_aside")
