"""The tables of sessions, links, walls and keys: how somebody gets in. `tables` names them all."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, nullable=True),
    Index(None, "person_id"),
)

one_time_link = Table(
    "one_time_link",  # first admin, and the demo's sign-in links
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(10), nullable=False),  # setup | sign_in
    Column("person_id", ForeignKey("person.id"), nullable=True),
    Column(
        "is_reusable", Boolean, nullable=False, default=False
    ),  # only the demo makes reusable ones
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("account_key", String(64), nullable=False),  # hash of the e-mail tried
    Column("network_key", String(64), nullable=False),  # hash of the address it came from
    Column("attempted_at", UtcDateTime, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Index(None, "account_key", "attempted_at"),
    Index(None, "network_key", "attempted_at"),
)

screen = Table(
    "screen",  # a paired wall
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("team_id", ForeignKey("team.id"), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("is_calm", Boolean, nullable=False, default=False),
    Column("locale", String(5), nullable=True),
    Column("theme", String(5), nullable=False, default="dark"),
    Column("paired_by", ForeignKey("person.id"), nullable=False),
    Column("paired_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
)

screen_pairing = Table(
    "screen_pairing",  # a code shown on an unpaired wall, waiting for a manager
    metadata,
    Column("code", String(6), primary_key=True),
    Column("device_hash", String(64), nullable=False, unique=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("screen_id", ForeignKey("screen.id"), nullable=True),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("scopes", String(200), nullable=False),  # words with spaces between: ingest, read
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
)
