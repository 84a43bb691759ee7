"""Files that were imported, what they changed, and how their columns were read."""

import sqlalchemy as sa
from alembic import op

from tracker.store.types import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(330), nullable=False),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["file_import.id"], name=op.f("fk_file_import_undoes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_import")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_file_import_undoes_id")),
    )
    op.create_table(
        "file_import_event",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["file_import.id"], name=op.f("fk_file_import_event_import_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_file_import_event")),
    )
    op.create_index(op.f("ix_file_import_event_import_id"), "file_import_event", ["import_id"])
    op.create_table(
        "file_import_end",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["file_import.id"], name=op.f("fk_file_import_end_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_file_import_end")),
    )
    op.create_table(
        "file_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("header_hash", sa.String(64), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(330), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_mapping")),
    )
    op.create_index(op.f("ix_file_mapping_header_hash"), "file_mapping", ["header_hash"])


def downgrade() -> None:
    op.drop_index(op.f("ix_file_mapping_header_hash"), table_name="file_mapping")
    op.drop_table("file_mapping")
    op.drop_table("file_import_end")
    op.drop_index(op.f("ix_file_import_event_import_id"), table_name="file_import_event")
    op.drop_table("file_import_event")
    op.drop_table("file_import")
