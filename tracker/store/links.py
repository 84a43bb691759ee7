"""Links that let somebody in without a password: the first admin's, an invitation's, and the demo's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from tracker.store.tables import one_time_link
from tracker.store.tokens import new_token, token_hash

SETUP = "setup"
SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class SignInLink:
    person_id: int
    is_reusable: bool


def make_setup_link(connection: Connection, expires_at: datetime) -> str:
    """The token of a fresh setup link; every earlier one stops working."""
    connection.execute(delete(one_time_link).where(one_time_link.c.purpose == SETUP))
    return _make(connection, expires_at, purpose=SETUP)


def make_sign_in_link(
    connection: Connection, person_id: int, expires_at: datetime, is_reusable: bool = False
) -> str:
    """The token of a link that signs a person in, once unless it is reusable (which only the demo asks for)."""
    return _make(
        connection, expires_at, purpose=SIGN_IN, person_id=person_id, is_reusable=is_reusable
    )


def is_setup_open(connection: Connection, token: str, now: datetime) -> bool:
    """Whether a setup link would still work."""
    found = select(one_time_link.c.token_hash).where(_usable(token, SETUP, now))
    return connection.execute(found).one_or_none() is not None


def sign_in_link(connection: Connection, token: str, now: datetime) -> SignInLink | None:
    """Whom a link would sign in, if it would."""
    row = connection.execute(
        select(one_time_link).where(_usable(token, SIGN_IN, now))
    ).one_or_none()
    return None if row is None else SignInLink(row.person_id, row.is_reusable)


def claim(connection: Connection, token: str, purpose: str, now: datetime) -> bool:
    """Use a link up. True for exactly one of any number that try at once; a reusable one answers True always."""
    used = update(one_time_link).where(_usable(token, purpose, now)).values(used_at=now)
    return connection.execute(used).rowcount == 1


def _make(connection: Connection, expires_at: datetime, **values: object) -> str:
    token = new_token()
    row = {"token_hash": token_hash(token), "expires_at": expires_at, **values}
    connection.execute(insert(one_time_link).values(**row))
    return token


def _usable(token: str, purpose: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        one_time_link.c.token_hash == token_hash(token),
        one_time_link.c.purpose == purpose,
        one_time_link.c.expires_at > now,
        or_(one_time_link.c.used_at.is_(None), one_time_link.c.is_reusable.is_(True)),
    )
