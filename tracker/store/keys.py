"""API keys: shown once, kept as a hash, each allowed only what its scopes name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from tracker.store.tables import api_key
from tracker.store.tokens import new_token, token_hash

KEY_PREFIX = "trk_"
"""Lets secret scanners, and people, see at a glance what a leaked text is."""
SCOPES = ("ingest", "read", "metrics")
USED_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: int
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_key(connection: Connection, name: str, scopes: frozenset[str], now: datetime) -> str:
    """A new key; the text returned is the only copy there will ever be."""
    key = KEY_PREFIX + new_token()
    connection.execute(
        insert(api_key).values(
            name=name,
            prefix=key[: len(KEY_PREFIX) + 6],
            key_hash=token_hash(key),
            scopes=" ".join(sorted(scopes)),
            created_at=now,
        )
    )
    return key


def live_key(connection: Connection, key: str) -> ApiKey | None:
    """The key a caller presents, unless it is unknown or revoked."""
    matches = and_(api_key.c.key_hash == token_hash(key), api_key.c.revoked_at.is_(None))
    row = connection.execute(select(api_key).where(matches)).one_or_none()
    return None if row is None else _key(row)


def all_keys(connection: Connection) -> list[ApiKey]:
    return [_key(row) for row in connection.execute(select(api_key).order_by(api_key.c.id))]


def is_use_worth_noting(key: ApiKey, now: datetime) -> bool:
    return key.last_used_at is None or now - key.last_used_at >= USED_GRAIN


def note_use(connection: Connection, key_id: int, now: datetime) -> None:
    connection.execute(update(api_key).where(api_key.c.id == key_id).values(last_used_at=now))


def revoke_key(connection: Connection, key_id: int, now: datetime) -> bool:
    """Stop a key. False when there is no such key or it was stopped before."""
    live = and_(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    return connection.execute(update(api_key).where(live).values(revoked_at=now)).rowcount == 1


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
