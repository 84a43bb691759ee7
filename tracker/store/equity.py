"""Grants of equity, and from when on nothing vests any more: facts, added and never edited."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from tracker.engine.payroll_months.equity import Grant, GrantStanding, standing_of
from tracker.store import tables
from tracker.store.marks import known
from tracker.store.statements import inserted_id

_grant, _leaving = tables.equity_grant.c, tables.equity_leaving.c


def record_grant(connection: Connection, grant: Grant, by: str, at: datetime) -> int:
    """Add a grant; its id."""
    row = {
        "payee_id": grant.payee_id,
        "name": grant.name,
        "units": grant.units,
        "starts_on": grant.starts_on,
        "over_months": grant.over_months,
        "cliff_months": grant.cliff_months,
        "every_months": grant.every_months,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.equity_grant).values(row))


def record_leaving(
    connection: Connection, payee_id: int, left_on: date | None, by: str, at: datetime
) -> int:
    """Let nothing vest to a payee after a day (None: let it vest again); the id of the fact."""
    row = {"payee_id": payee_id, "left_on": left_on, "recorded_at": at, "recorded_by": by}
    return inserted_id(connection, insert(tables.equity_leaving).values(row))


def grants(connection: Connection, payee_ids: Collection[int] | None = None) -> list[Grant]:
    """The grants of these payees, or of all, as they were recorded."""
    columns = (
        _grant.payee_id,
        _grant.name,
        _grant.units,
        _grant.starts_on,
        _grant.over_months,
        _grant.cliff_months,
        _grant.every_months,
    )
    query = select(*columns).where(known(connection, tables.equity_grant)).order_by(_grant.id)
    if payee_ids is not None:
        query = query.where(_grant.payee_id.in_(sorted(payee_ids)))
    return [Grant(*row) for row in connection.execute(query)]


def left_on(connection: Connection, payee_id: int) -> date | None:
    """The last day on which anything vests to a payee; None while there is none."""
    was_known = known(connection, tables.equity_leaving)
    query = select(_leaving.left_on).where(_leaving.payee_id == payee_id, was_known)
    latest: date | None = connection.scalar(query.order_by(_leaving.id.desc()).limit(1))
    return latest


def equity_of(connection: Connection, payee_id: int, day: date) -> list[GrantStanding]:
    """How the grants of a payee stand on a day, in units: for a page or a statement, beside the money."""
    last_day = left_on(connection, payee_id)
    return [standing_of(grant, day, last_day) for grant in grants(connection, [payee_id])]
