"""CRMs whose deals are read, and what of theirs still has to be fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_connection",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("learned", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["sender.name"], name=op.f("fk_crm_connection_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_crm_connection")),
    )
    op.create_table(
        "wanted_deal",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("connection_name", sa.String(length=60), nullable=False),
        sa.Column("deal_id", sa.String(length=190), nullable=False),
        sa.Column("version_min", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_name"],
            ["crm_connection.name"],
            name=op.f("fk_wanted_deal_connection_name"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wanted_deal")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_wanted_deal_connection_name_id"), "wanted_deal", ["connection_name", "id"]
    )
    op.add_column("set_aside", sa.Column("connection_name", sa.String(length=60), nullable=True))


def downgrade() -> None:
    op.drop_column("set_aside", "connection_name")
    op.drop_table("wanted_deal")
    op.drop_table("crm_connection")
