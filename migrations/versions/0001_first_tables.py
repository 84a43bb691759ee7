"""The first tables: people, signing in, what was agreed, what happened, what it is worth, who must hear."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "team",
    "payee",
    "person",
    "team_manager",
    "setting",
    "session",
    "one_time_link",
    "login_attempt",
    "screen",
    "screen_pairing",
    "api_key",
    "plan_version",
    "assignment",
    "quota",
    "deal_event",
    "deal",
    "deal_participant",
    "credit",
    "running_window",
    "running_total",
    "running_total_day",
    "earning",
    "ledger_entry",
    "outbox",
    "verification",
)


def upgrade() -> None:
    team()
    payee()
    person()
    team_manager()
    setting()
    session()
    one_time_link()
    login_attempt()
    screen()
    screen_pairing()
    api_key()
    plan_version()
    assignment()
    quota()
    deal_event()
    deal()
    deal_participant()
    credit()
    running_window()
    running_total()
    running_total_day()
    earning()
    ledger_entry()
    outbox()
    verification()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def team() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )


def payee() -> None:
    op.create_table(
        "payee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_payee_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee")),
        sa.UniqueConstraint("reference", name=op.f("uq_payee_reference")),
    )
    op.create_index(op.f("ix_payee_team_id"), "payee", ["team_id"])


def person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=True),
        sa.Column("theme", sa.String(length=5), nullable=False),
        sa.Column("is_on_wall", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("fk_person_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("payee_id", name=op.f("uq_person_payee_id")),
    )


def team_manager() -> None:
    op.create_table(
        "team_manager",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_team_manager_person_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_manager_team_id")),
        sa.PrimaryKeyConstraint("team_id", "person_id", name=op.f("pk_team_manager")),
    )


def setting() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"])


def one_time_link() -> None:
    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("is_reusable", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_one_time_link_person_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_link")),
    )


def login_attempt() -> None:
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_key", sa.String(length=64), nullable=False),
        sa.Column("network_key", sa.String(length=64), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index(
        op.f("ix_login_attempt_account_key_attempted_at"),
        "login_attempt",
        ["account_key", "attempted_at"],
    )
    op.create_index(
        op.f("ix_login_attempt_network_key_attempted_at"),
        "login_attempt",
        ["network_key", "attempted_at"],
    )


def screen() -> None:
    op.create_table(
        "screen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("is_calm", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=True),
        sa.Column("theme", sa.String(length=5), nullable=False),
        sa.Column("paired_by", sa.Integer(), nullable=False),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["paired_by"], ["person.id"], name=op.f("fk_screen_paired_by")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_screen_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_screen_token_hash")),
    )


def screen_pairing() -> None:
    op.create_table(
        "screen_pairing",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("screen_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["screen_id"], ["screen.id"], name=op.f("fk_screen_pairing_screen_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_screen_pairing")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_screen_pairing_device_hash")),
    )


def api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )


def plan_version() -> None:
    op.create_table(
        "plan_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_key", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("source_toml", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
        sa.UniqueConstraint(
            "plan_key", "effective_from", name=op.f("uq_plan_version_plan_key_effective_from")
        ),
    )


def assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("plan_key", sa.String(length=100), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("fk_assignment_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "payee_id",
            "plan_key",
            "starts_on",
            name=op.f("uq_assignment_payee_id_plan_key_starts_on"),
        ),
    )


def quota() -> None:
    op.create_table(
        "quota",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("fk_quota_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
    )
    op.create_index(op.f("ix_quota_payee_id_window_key"), "quota", ["payee_id", "window_key"])


def deal_event() -> None:
    op.create_table(
        "deal_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_event_id", sa.String(length=200), nullable=False),
        sa.Column("deal_key", sa.String(length=260), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_event")),
        sa.UniqueConstraint(
            "source", "source_event_id", name=op.f("uq_deal_event_source_source_event_id")
        ),
    )
    op.create_index(op.f("ix_deal_event_deal_key"), "deal_event", ["deal_key"])


def deal() -> None:
    op.create_table(
        "deal",
        sa.Column("key", sa.String(length=260), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("source_event_id", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_deal")),
    )
    op.create_index(op.f("ix_deal_status_effective_on"), "deal", ["status", "effective_on"])


def deal_participant() -> None:
    op.create_table(
        "deal_participant",
        sa.Column("deal_key", sa.String(length=260), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("deal_key", "payee_id", name=op.f("pk_deal_participant")),
    )
    op.create_index(
        op.f("ix_deal_participant_payee_id_changed_at"),
        "deal_participant",
        ["payee_id", "changed_at"],
    )
    op.create_index(
        op.f("ix_deal_participant_payee_id_status_effective_on"),
        "deal_participant",
        ["payee_id", "status", "effective_on"],
    )


def credit() -> None:
    op.create_table(
        "credit",
        sa.Column("deal_key", sa.String(length=260), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("plan_version_id", sa.Integer(), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("period_key", sa.String(length=10), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("attainment_minor", sa.BigInteger(), nullable=False),
        sa.Column("weight_scaled", sa.BigInteger(), nullable=False),
        sa.Column("capped_off_minor", sa.BigInteger(), nullable=False),
        sa.Column("missing_evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "deal_key", "component_key", "payee_id", "line", name=op.f("pk_credit")
        ),
    )
    op.create_index(
        op.f("ix_credit_payee_id_component_key_window_key_effective_on"),
        "credit",
        ["payee_id", "component_key", "window_key", "effective_on"],
    )


def running_window() -> None:
    op.create_table(
        "running_window",
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "payee_id", "component_key", "window_key", name=op.f("pk_running_window")
        ),
    )


def running_total() -> None:
    op.create_table(
        "running_total",
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("period_key", sa.String(length=10), nullable=False),
        sa.Column("plan_version_id", sa.Integer(), nullable=False),
        sa.Column("credit_count", sa.Integer(), nullable=False),
        sa.Column("negative_count", sa.Integer(), nullable=False),
        sa.Column("attainment_minor", sa.BigInteger(), nullable=False),
        sa.Column("weight_scaled", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "payee_id",
            "component_key",
            "window_key",
            "period_key",
            "plan_version_id",
            name=op.f("pk_running_total"),
        ),
    )


def running_total_day() -> None:
    op.create_table(
        "running_total_day",
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("credit_count", sa.Integer(), nullable=False),
        sa.Column("negative_count", sa.Integer(), nullable=False),
        sa.Column("attainment_minor", sa.BigInteger(), nullable=False),
        sa.Column("weight_scaled", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "payee_id",
            "component_key",
            "window_key",
            "effective_on",
            name=op.f("pk_running_total_day"),
        ),
    )


def earning() -> None:
    op.create_table(
        "earning",
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("period_key", sa.String(length=10), nullable=False),
        sa.Column("earned_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint(
            "payee_id", "component_key", "window_key", "period_key", name=op.f("pk_earning")
        ),
    )


def ledger_entry() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=False),
        sa.Column("period_key", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        op.f("ix_ledger_entry_payee_id_component_key_window_key_period_key"),
        "ledger_entry",
        ["payee_id", "component_key", "window_key", "period_key"],
    )
    op.create_index(
        op.f("ix_ledger_entry_payee_id_recorded_at"), "ledger_entry", ["payee_id", "recorded_at"]
    )


def outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("deal_key", sa.String(length=260), nullable=True),
        sa.Column("is_win", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_payee_id_sequence"), "outbox", ["payee_id", "sequence"])
    op.create_index(op.f("ix_outbox_team_id_sequence"), "outbox", ["team_id", "sequence"])


def verification() -> None:
    op.create_table(
        "verification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drift_minor", sa.BigInteger(), nullable=False),
        sa.Column("deal_count", sa.Integer(), nullable=False),
        sa.Column("payee_count", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
