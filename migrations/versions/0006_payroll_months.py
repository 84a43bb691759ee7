"""Payroll months: which one pays a ledger entry, what was done with each, and the statements that a close froze."""

import tomllib

import sqlalchemy as sa
from alembic import op

from tracker.engine.payroll_months.posting import month_paying
from tracker.store.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "month_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month_key", sa.String(7), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(330), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_act")),
    )
    statement()
    with op.batch_alter_table("ledger_entry") as batch:
        batch.add_column(sa.Column("posting_month", sa.String(7), nullable=True))
        batch.add_column(sa.Column("corrects_id", sa.Integer(), nullable=True))
    fill_posting_months()
    with op.batch_alter_table("ledger_entry") as batch:
        batch.alter_column("posting_month", existing_type=sa.String(7), nullable=False)
        batch.create_foreign_key(
            "fk_ledger_entry_corrects_id", "statement", ["corrects_id"], ["id"]
        )
        batch.create_index("ix_ledger_entry_payee_id_posting_month", ["payee_id", "posting_month"])


def statement() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month_act_id", sa.Integer(), nullable=False),
        sa.Column("month_key", sa.String(7), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("debt_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("lines_hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["month_act_id"], ["month_act.id"], name=op.f("fk_statement_month_act_id")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("fk_statement_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint(
            "payee_id",
            "month_key",
            "currency",
            "version",
            name=op.f("uq_statement_payee_id_month_key_currency_version"),
        ),
    )
    op.create_index(op.f("ix_statement_month_act_id"), "statement", ["month_act_id"])


def fill_posting_months() -> None:
    """Nothing was closed before, so each entry is paid in the month its settlement period ends in."""
    connection = op.get_bind()
    plans = connection.execute(sa.text("SELECT plan_key, source_toml FROM plan_version")).all()
    starts = {key: tomllib.loads(toml).get("year_starts_in_month", 1) for key, toml in plans}
    places = connection.execute(
        sa.text("SELECT DISTINCT component_key, period_key FROM ledger_entry")
    ).all()
    for component_key, period_key in places:
        start = starts.get(component_key.rpartition("/")[0], 1)
        connection.execute(
            sa.text(
                "UPDATE ledger_entry SET posting_month = :month"
                " WHERE component_key = :component_key AND period_key = :period_key"
            ),
            {
                "month": month_paying(period_key, start),
                "component_key": component_key,
                "period_key": period_key,
            },
        )


def downgrade() -> None:
    with op.batch_alter_table("ledger_entry") as batch:
        batch.drop_index("ix_ledger_entry_payee_id_posting_month")
        batch.drop_constraint("fk_ledger_entry_corrects_id", type_="foreignkey")
        batch.drop_column("corrects_id")
        batch.drop_column("posting_month")
    op.drop_table("statement")
    op.drop_table("month_act")
