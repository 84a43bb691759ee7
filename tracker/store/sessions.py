"""Who is signed in, where. The browser holds a token, the database its hash: a copied cookie dies with the row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from tracker.store.tables import session
from tracker.store.tokens import new_token, token_hash

IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=30)
SEEN_GRAIN = timedelta(minutes=5)
"""How coarse `last_seen_at` may be: writing it at every request would make every reader a writer."""


@dataclass(frozen=True, slots=True)
class Session:
    token_hash: str
    person_id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def open_session(connection: Connection, person_id: int, now: datetime) -> str:
    """Sign a person in; returns the token for the cookie, which is kept nowhere else."""
    token = new_token()
    connection.execute(
        insert(session).values(
            token_hash=token_hash(token),
            person_id=person_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE_LIMIT,
        )
    )
    return token


def live_session(connection: Connection, key: str, now: datetime) -> Session | None:
    """The session with a token hash, unless it was revoked, ran out, or lay idle for too long."""
    matches = and_(session.c.token_hash == key, _is_live(now))
    row = connection.execute(select(session).where(matches)).one_or_none()
    return None if row is None else _session(row)


def live_sessions_of(connection: Connection, person_id: int, now: datetime) -> list[Session]:
    """Where a person is signed in, the most recently used first."""
    matches = and_(session.c.person_id == person_id, _is_live(now))
    rows = connection.execute(
        select(session).where(matches).order_by(session.c.last_seen_at.desc())
    )
    return [_session(row) for row in rows]


def is_worth_touching(found: Session, now: datetime) -> bool:
    return now - found.last_seen_at >= SEEN_GRAIN


def touch_session(connection: Connection, key: str, now: datetime) -> None:
    """Note that a session, named by its token hash, is in use."""
    connection.execute(update(session).where(session.c.token_hash == key).values(last_seen_at=now))


def revoke_session(connection: Connection, key: str, now: datetime) -> None:
    """End one session, named by its token hash."""
    _revoke(connection, session.c.token_hash == key, now)


def revoke_sessions_of(connection: Connection, person_id: int, now: datetime) -> None:
    """End every session of a person: signed out everywhere, role or password changed, deactivated."""
    _revoke(connection, session.c.person_id == person_id, now)


def _revoke(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    still_open = and_(which, session.c.revoked_at.is_(None))
    connection.execute(update(session).where(still_open).values(revoked_at=now))


def _is_live(now: datetime) -> ColumnElement[bool]:
    return and_(
        session.c.revoked_at.is_(None),
        session.c.expires_at > now,
        session.c.last_seen_at > now - IDLE_LIMIT,
    )


def _session(row: Row[Any]) -> Session:
    return Session(row.token_hash, row.person_id, row.created_at, row.last_seen_at, row.expires_at)
