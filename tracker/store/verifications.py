"""When the figures were last computed again from scratch, and what came out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from tracker.store.tables import verification

KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class StoredVerification:
    """One check. `drift_minor` is 0 when every figure was right."""

    checked_at: datetime
    drift_minor: int
    deal_count: int
    payee_count: int
    seconds: str


def record_verification(connection: Connection, checked: StoredVerification) -> None:
    """Note a check; those of more than KEPT_DAYS ago are let go."""
    long_ago = checked.checked_at - timedelta(days=KEPT_DAYS)
    connection.execute(delete(verification).where(verification.c.checked_at < long_ago))
    connection.execute(
        insert(verification).values(
            checked_at=checked.checked_at,
            drift_minor=checked.drift_minor,
            deal_count=checked.deal_count,
            payee_count=checked.payee_count,
            seconds=checked.seconds,
        )
    )


def latest_verification(connection: Connection) -> StoredVerification | None:
    """The newest check, if there has been one."""
    columns = verification.c
    row = connection.execute(
        select(
            columns.checked_at,
            columns.drift_minor,
            columns.deal_count,
            columns.payee_count,
            columns.seconds,
        )
        .order_by(columns.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else StoredVerification(*row)
