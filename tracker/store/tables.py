"""Every table, in reading order. Facts are added, never edited; projections can be rebuilt from the facts.

Those of signing in, disputes, plan drafts and paying stand in modules of their own, and are named here with the others.
Those of single features, such as signing in and disputes, stand in modules of their own, and are named here, too.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tracker.store.metadata import metadata as metadata
from tracker.store.tables_answers import kept_answer as kept_answer
from tracker.store.tables_connections import crm_connection as crm_connection
from tracker.store.tables_connections import wanted_deal as wanted_deal
from tracker.store.tables_disputes import dispute as dispute
from tracker.store.tables_disputes import dispute_entry as dispute_entry
from tracker.store.tables_drafts import plan_draft as plan_draft
from tracker.store.tables_drafts import plan_draft_step as plan_draft_step
from tracker.store.tables_drafts import plan_draft_text as plan_draft_text
from tracker.store.tables_drafts import plan_pilot as plan_pilot
from tracker.store.tables_equity import equity_grant as equity_grant
from tracker.store.tables_equity import equity_leaving as equity_leaving
from tracker.store.tables_exceptions import personal_exception as personal_exception
from tracker.store.tables_imports import file_import as file_import
from tracker.store.tables_imports import file_import_end as file_import_end
from tracker.store.tables_imports import file_import_event as file_import_event
from tracker.store.tables_imports import file_mapping as file_mapping
from tracker.store.tables_over_time import exchange_rate as exchange_rate
from tracker.store.tables_over_time import horizon as horizon
from tracker.store.tables_payroll import manual_adjustment as manual_adjustment
from tracker.store.tables_payroll import manual_decision as manual_decision
from tracker.store.tables_payroll import month_act as month_act
from tracker.store.tables_payroll import statement as statement
from tracker.store.tables_payroll import trail_entry as trail_entry
from tracker.store.tables_quarantine import payee_alias as payee_alias
from tracker.store.tables_quarantine import set_aside as set_aside
from tracker.store.tables_quarantine import set_aside_end as set_aside_end
from tracker.store.tables_reconciliations import deal_gap as deal_gap
from tracker.store.tables_reconciliations import deal_gap_end as deal_gap_end
from tracker.store.tables_reconciliations import reconciliation as reconciliation
from tracker.store.tables_signing_in import api_key as api_key
from tracker.store.tables_signing_in import login_attempt as login_attempt
from tracker.store.tables_signing_in import one_time_link as one_time_link
from tracker.store.tables_signing_in import screen as screen
from tracker.store.tables_signing_in import screen_pairing as screen_pairing
from tracker.store.tables_signing_in import session as session
from tracker.store.tables_sources import sender as sender
from tracker.store.tables_sources import source_seen as source_seen
from tracker.store.tables_sources import source_watch as source_watch
from tracker.store.tables_teams import membership as membership
from tracker.store.types import UtcDateTime

# --- who ----------------------------------------------------------------------------------------

team = Table(
    "team",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
)

payee = Table(
    "payee",  # a rep or a team: whoever can earn
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),  # rep | team
    Column(
        "reference", String(320), nullable=False, unique=True
    ),  # e-mail or name in the CRM, case-folded
    Column("name", String(200), nullable=False),
    Column("team_id", ForeignKey("team.id"), nullable=True),
    Column("is_active", Boolean, nullable=False, default=True),
    Index(None, "team_id"),
)

person = Table(
    "person",  # anyone who can sign in
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False, unique=True),  # case-folded
    Column("role", String(10), nullable=False),  # rep | manager | admin
    Column("payee_id", ForeignKey("payee.id"), nullable=True, unique=True),
    Column("password_hash", Text, nullable=True),
    Column("locale", String(5), nullable=True),  # en | da | sv; null: as the browser asks
    Column("theme", String(5), nullable=False, default="auto"),  # auto | light | dark
    Column(
        "is_on_wall", Boolean, nullable=False, default=False
    ),  # opted in: name and closeness on a team screen
    Column("is_active", Boolean, nullable=False, default=True),
    Column("created_at", UtcDateTime, nullable=False),
)

team_manager = Table(
    "team_manager",
    metadata,
    Column("team_id", ForeignKey("team.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
)

setting = Table(
    "setting",  # company choices an admin makes while running, such as managers_see_pay
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)

# --- what was agreed ----------------------------------------------------------------------------

plan_version = Table(
    "plan_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan_key", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("source_toml", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    UniqueConstraint("plan_key", "effective_from"),
)

assignment = Table(
    "assignment",  # facts: of one payee, plan and first day the row with the highest id counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column("plan_key", String(100), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "payee_id", "plan_key", "starts_on"),
)

quota = Table(
    "quota",  # facts: the row with the highest id counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payee_id", ForeignKey("payee.id"), nullable=False),
    Column(
        "component_key", String(200), nullable=False
    ),  # plan_key/component, or "" for every component
    Column("window_key", String(10), nullable=False),  # of a window, or of a year that spreads
    Column("amount_minor", BigInteger, nullable=False),
    Column("valid_from", Date, nullable=True),  # null: from the start of the window
    Column("reason", Text, nullable=False, default=""),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", String(320), nullable=False),
    Index(None, "payee_id", "window_key"),
)

# --- what happened ------------------------------------------------------------------------------

deal_event = Table(
    "deal_event",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("source_event_id", String(200), nullable=False),
    Column("deal_key", String(260), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("snapshot", Text, nullable=False),  # the deal as JSON, see store/deals.py
    UniqueConstraint("source", "source_event_id"),
    Index(None, "deal_key"),
)

deal = Table(
    "deal",  # projection: the newest snapshot of each deal
    metadata,
    Column("key", String(260), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("source_event_id", String(200), nullable=False),  # breaks a tie of versions
    Column("status", String(10), nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("snapshot", Text, nullable=False),
    Index(None, "status", "effective_on"),
)

deal_participant = Table(
    "deal_participant",  # projection: whose deal it is, whatever it pays
    metadata,
    Column("deal_key", String(260), primary_key=True),
    Column("payee_id", Integer, primary_key=True),
    Column("status", String(10), nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("ended_on", Date, nullable=True),  # the day the customer left
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "payee_id", "changed_at"),
    Index(None, "payee_id", "status", "effective_on"),
)

# --- what it is worth ---------------------------------------------------------------------------

credit = Table(
    "credit",  # projection: one payee's part of one deal under one component
    metadata,
    Column("deal_key", String(260), primary_key=True),
    Column("component_key", String(200), primary_key=True),  # plan_key/component
    Column("payee_id", Integer, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column(
        "part", Integer, primary_key=True
    ),  # 0 is the sale itself; what the deal gives later is numbered
    Column(
        "tier", Integer, nullable=False
    ),  # 0 climbs with the others; else the tier that pays it alone
    Column("plan_version_id", Integer, nullable=False),
    Column("window_key", String(10), nullable=False),
    Column("period_key", String(10), nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("attainment_minor", BigInteger, nullable=False),
    Column("weight_scaled", BigInteger, nullable=False),  # 1/10,000 of a minor unit
    Column("capped_off_minor", BigInteger, nullable=False),  # attainment lost to the cap per deal
    Column(
        "missing_evidence", Text, nullable=False
    ),  # "" counts; otherwise held, the words that are missing
    Column("currency", String(3), nullable=False),  # what was converted; "" where nothing was
    Column("original_minor", BigInteger, nullable=False),  # the part in that currency
    Column("rate", String(30), nullable=False),  # the quoted rate it was converted by
    Index(None, "payee_id", "component_key", "window_key", "effective_on"),
)

running_window = Table(
    "running_window",  # what every writer locks, in key order, before it reads or changes any sum of that window
    metadata,
    Column("payee_id", Integer, primary_key=True),
    Column("component_key", String(200), primary_key=True),
    Column("window_key", String(10), primary_key=True),
    Column("changed_at", UtcDateTime, nullable=False),
)

running_total = Table(
    "running_total",  # projection: sums of the credits that count
    metadata,
    Column("payee_id", Integer, primary_key=True),
    Column("component_key", String(200), primary_key=True),
    Column("window_key", String(10), primary_key=True),
    Column("period_key", String(10), primary_key=True),
    Column("plan_version_id", Integer, primary_key=True),
    Column("tier", Integer, primary_key=True),  # 0: these climb together
    Column("credit_count", Integer, nullable=False),
    Column(
        "negative_count", Integer, nullable=False
    ),  # an ordered component with any is walked, not searched
    Column("attainment_minor", BigInteger, nullable=False),
    Column("weight_scaled", BigInteger, nullable=False),
)

running_total_day = Table(
    "running_total_day",  # projection: the same sums by day, which the ordered components look into
    metadata,
    Column("payee_id", Integer, primary_key=True),
    Column("component_key", String(200), primary_key=True),
    Column("window_key", String(10), primary_key=True),
    Column("effective_on", Date, primary_key=True),
    Column("credit_count", Integer, nullable=False),
    Column("negative_count", Integer, nullable=False),
    Column("attainment_minor", BigInteger, nullable=False),
    Column("weight_scaled", BigInteger, nullable=False),
)

earning = Table(
    "earning",  # projection: the rounded figure, always the sum of its ledger entries
    metadata,
    Column("payee_id", Integer, primary_key=True),
    Column("component_key", String(200), primary_key=True),
    Column("window_key", String(10), primary_key=True),
    Column("period_key", String(10), primary_key=True),
    Column("earned_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
)

ledger_entry = Table(
    "ledger_entry",  # facts: differences of rounded totals, so they sum to the total whatever the order
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("payee_id", Integer, nullable=False),
    Column("component_key", String(200), nullable=False),
    Column("window_key", String(10), nullable=False),
    Column("period_key", String(10), nullable=False),  # the period it was earned in
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("kind", String(20), nullable=False),  # commission | adjustment | clawback | manual
    Column("cause", String(20), nullable=False),  # deal | quota | plan | exception ...
    Column("cause_id", BigInteger, nullable=True),  # the fact behind it, if it is one
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("posting_month", String(7), nullable=False),  # the payroll month that pays it
    Column(
        "corrects_id", ForeignKey("statement.id"), nullable=True
    ),  # the statement of its own month, which was closed before
    Index(None, "payee_id", "posting_month"),
    Index(None, "payee_id", "component_key", "window_key", "period_key"),
    Index(None, "payee_id", "recorded_at"),
)

# --- who must hear ------------------------------------------------------------------------------

outbox = Table(
    "outbox",  # facts: written in the transaction of the change itself; sequences commit in order
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(20), nullable=False),  # deal | earnings | dispute | access | screen
    Column("payee_id", Integer, nullable=True),
    Column("team_id", Integer, nullable=True),
    Column("deal_key", String(260), nullable=True),
    Column("is_win", Boolean, nullable=False, default=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "payee_id", "sequence"),
    Index(None, "team_id", "sequence"),
    sqlite_autoincrement=True,  # a follower that was away must never meet a sequence used twice
)

verification = Table(
    "verification",  # facts: each time the totals were computed again from scratch
    metadata,
    Column("id", Integer, primary_key=True),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("drift_minor", BigInteger, nullable=False),
    Column("deal_count", Integer, nullable=False),
    Column("payee_count", Integer, nullable=False),
    Column("seconds", Text, nullable=False),
)
