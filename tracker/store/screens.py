"""Walls: the codes of unpaired ones, and the paired ones. A wall's cookie is a secret of its own, never a person's."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from tracker.store.tables import screen, screen_pairing
from tracker.store.tokens import new_token, token_hash

CODE_ALPHABET = "ACDEFGHJKLMNPRTUWXY34679"
"""No character that another could be taken for across a room: no B or 8, I or 1, O, Q or 0, S or 5, V, Z or 2."""
CODE_LENGTH = 6
CODE_LIFETIME = timedelta(minutes=10)
PAIRINGS_AT_ONCE_MAX = 500
"""Anybody may ask for a code; this bounds what that can cost."""
SEEN_GRAIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Pairing:
    code: str
    expires_at: datetime
    screen_id: int | None


@dataclass(frozen=True, slots=True)
class Screen:
    id: int
    name: str
    team_id: int
    is_calm: bool
    locale: str | None
    theme: str
    paired_at: datetime
    last_seen_at: datetime | None
    token_hash: str


def start_pairing(connection: Connection, now: datetime) -> tuple[str, Pairing] | None:
    """A device token and the code to show for it; None when too many devices are waiting already."""
    connection.execute(delete(screen_pairing).where(screen_pairing.c.expires_at <= now))
    waiting = connection.execute(select(func.count()).select_from(screen_pairing)).scalar_one()
    if waiting >= PAIRINGS_AT_ONCE_MAX:
        return None
    token, pairing = new_token(), Pairing(_unused_code(connection), now + CODE_LIFETIME, None)
    connection.execute(
        insert(screen_pairing).values(
            code=pairing.code, device_hash=token_hash(token), expires_at=pairing.expires_at
        )
    )
    return token, pairing


def pairing_of_device(connection: Connection, token: str, now: datetime) -> Pairing | None:
    """The code a device is showing, if it still works or has just been confirmed."""
    return _pairing(connection, screen_pairing.c.device_hash == token_hash(token), now)


def pairing_with_code(connection: Connection, code: str, now: datetime) -> Pairing | None:
    """The pairing a typed code stands for; letters of either case, spaces and dashes forgiven."""
    return _pairing(connection, screen_pairing.c.code == tidy_code(code), now)


def tidy_code(typed: str) -> str:
    return "".join(character for character in typed.upper() if character in CODE_ALPHABET)


def confirm_pairing(
    connection: Connection, code: str, name: str, team_id: int, paired_by: int, now: datetime
) -> int | None:
    """Pair the device that shows a code; its own secret becomes the wall's. The id, or None if another was faster.

    Must run in a transaction that is rolled back on None.
    """
    shown = and_(
        screen_pairing.c.code == tidy_code(code),
        screen_pairing.c.expires_at > now,
        screen_pairing.c.screen_id.is_(None),
    )
    waiting = select(screen_pairing.c.device_hash).where(shown).with_for_update()
    device_hash = connection.execute(waiting).scalar_one_or_none()
    if device_hash is None:
        return None
    screen_id: int = connection.execute(
        insert(screen)
        .values(
            name=name,
            team_id=team_id,
            token_hash=device_hash,
            paired_by=paired_by,
            paired_at=now,
        )
        .returning(screen.c.id)
    ).scalar_one()
    connection.execute(update(screen_pairing).where(shown).values(screen_id=screen_id))
    return screen_id


def add_screen(
    connection: Connection, name: str, team_id: int, paired_by: int, now: datetime
) -> str:
    """A wall paired without a code, for the demo's link; returns its token."""
    token = new_token()
    connection.execute(
        insert(screen).values(
            name=name,
            team_id=team_id,
            token_hash=token_hash(token),
            paired_by=paired_by,
            paired_at=now,
        )
    )
    return token


def live_screen(connection: Connection, key: str) -> Screen | None:
    """The wall with a token hash, unless it was revoked."""
    matches = and_(screen.c.token_hash == key, screen.c.revoked_at.is_(None))
    row = connection.execute(select(screen).where(matches)).one_or_none()
    return None if row is None else _screen(row)


def screen_by_id(connection: Connection, screen_id: int) -> Screen | None:
    matches = and_(screen.c.id == screen_id, screen.c.revoked_at.is_(None))
    row = connection.execute(select(screen).where(matches)).one_or_none()
    return None if row is None else _screen(row)


def screens_of_teams(connection: Connection, team_ids: frozenset[int]) -> list[Screen]:
    """The live walls of some teams, by name."""
    matches = and_(screen.c.team_id.in_(team_ids), screen.c.revoked_at.is_(None))
    rows = connection.execute(select(screen).where(matches).order_by(screen.c.name, screen.c.id))
    return [_screen(row) for row in rows]


def change_screen(connection: Connection, screen_id: int, name: str, is_calm: bool) -> None:
    changed = update(screen).where(screen.c.id == screen_id).values(name=name, is_calm=is_calm)
    connection.execute(changed)


def revoke_screen(connection: Connection, screen_id: int, now: datetime) -> None:
    connection.execute(update(screen).where(screen.c.id == screen_id).values(revoked_at=now))


def is_seen_worth_noting(found: Screen, now: datetime) -> bool:
    return found.last_seen_at is None or now - found.last_seen_at >= SEEN_GRAIN


def note_seen(connection: Connection, screen_id: int, now: datetime) -> None:
    connection.execute(update(screen).where(screen.c.id == screen_id).values(last_seen_at=now))


def _unused_code(connection: Connection) -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        taken = select(screen_pairing.c.code).where(screen_pairing.c.code == code)
        if connection.execute(taken).one_or_none() is None:
            return code


def _pairing(connection: Connection, which: Any, now: datetime) -> Pairing | None:
    matches = and_(which, screen_pairing.c.expires_at > now)
    row = connection.execute(select(screen_pairing).where(matches)).one_or_none()
    return None if row is None else Pairing(row.code, row.expires_at, row.screen_id)


def _screen(row: Row[Any]) -> Screen:
    return Screen(
        id=row.id,
        name=row.name,
        team_id=row.team_id,
        is_calm=row.is_calm,
        locale=row.locale,
        theme=row.theme,
        paired_at=row.paired_at,
        last_seen_at=row.last_seen_at,
        token_hash=row.token_hash,
    )
