"""Sign-in attempts, counted in the database so that all web processes share one count."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from tracker.store.tables import login_attempt
from tracker.store.tokens import token_hash

ATTEMPT_WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 10
FAILURES_PER_NETWORK = 60
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose door was tried, and from where; both only as hashes."""

    account_key: str
    network_key: str


def source_of(email: str, network: str) -> Source:
    return Source(token_hash(email), token_hash(network))


def note_attempt(connection: Connection, source: Source, now: datetime) -> int:
    """Count an attempt as failed, before the password is looked at; returns its id.

    Commit this before asking `blocked_until`: then of any number of attempts at once each sees all the others, and
    the limit holds across processes without a lock.
    """
    connection.execute(delete(login_attempt).where(login_attempt.c.attempted_at < now - KEPT_FOR))
    row = insert(login_attempt).values(
        account_key=source.account_key,
        network_key=source.network_key,
        attempted_at=now,
        succeeded=False,
    )
    return int(connection.execute(row.returning(login_attempt.c.id)).scalar_one())


def note_success(connection: Connection, attempt_id: int) -> None:
    """The password was right: the attempt no longer counts against anybody."""
    found = login_attempt.c.id == attempt_id
    connection.execute(update(login_attempt).where(found).values(succeeded=True))


def withdraw(connection: Connection, attempt_id: int) -> None:
    """Forget an attempt that was turned away unheard, so that waiting people do not push their own wait ahead."""
    connection.execute(delete(login_attempt).where(login_attempt.c.id == attempt_id))


def blocked_until(connection: Connection, source: Source, now: datetime) -> datetime | None:
    """When the account or the network may be tried again; None when it may be tried now.

    The newest attempt, just noted, is the one being judged, so a limit of ten lets the tenth through.
    """
    account = _full_until(
        connection, login_attempt.c.account_key == source.account_key, FAILURES_PER_ACCOUNT, now
    )
    network = _full_until(
        connection, login_attempt.c.network_key == source.network_key, FAILURES_PER_NETWORK, now
    )
    return max((until for until in (account, network) if until is not None), default=None)


def _full_until(
    connection: Connection, whose: ColumnElement[bool], limit: int, now: datetime
) -> datetime | None:
    failures = and_(
        whose,
        login_attempt.c.succeeded.is_(False),
        login_attempt.c.attempted_at > now - ATTEMPT_WINDOW,
    )
    count = connection.execute(select(func.count()).where(failures)).scalar_one()
    if count <= limit:
        return None
    nth_newest = (
        select(login_attempt.c.attempted_at)
        .where(failures)
        .order_by(login_attempt.c.attempted_at.desc())
        .offset(limit)
        .limit(1)
    )
    freed_by: datetime = connection.execute(nth_newest).scalar_one()
    return freed_by + ATTEMPT_WINDOW
