"""What the pages of a team read of all its people at once."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from tracker.engine.deals import DealStatus
from tracker.store import deals
from tracker.store.deals import StoredDeal
from tracker.store.tables import deal_participant, outbox, payee, running_total_day

_participant = deal_participant.c


def wins_of_team(connection: Connection, team_id: int, on: date) -> list[StoredDeal]:
    """The deals of a team won on a day."""
    return _deals_of_team(connection, team_id, DealStatus.WON, _participant.effective_on == on)


def open_deals_of_team(connection: Connection, team_id: int) -> list[StoredDeal]:
    """The pipeline of a team."""
    return _deals_of_team(connection, team_id, DealStatus.OPEN)


def first_won_at(connection: Connection, deal_keys: Collection[str]) -> dict[str, datetime]:
    """When each of these deals was first heard of as won; one that never was is left out."""
    won = and_(outbox.c.deal_key.in_(deal_keys), outbox.c.is_win)
    moments = select(outbox.c.deal_key, func.min(outbox.c.sequence)).where(won)
    first = moments.group_by(outbox.c.deal_key).subquery()
    rows = connection.execute(
        select(outbox.c.deal_key, outbox.c.recorded_at).join(first, outbox.c.sequence == first.c[1])
    )
    return {row.deal_key: row.recorded_at for row in rows}


def attainment_by_day(
    connection: Connection, component_of_payee: dict[int, str], since: date
) -> dict[int, dict[date, int]]:
    """For each payee the attainment of each day under one component, in minor units of its measure."""
    day = running_total_day.c
    wanted = and_(
        day.payee_id.in_(component_of_payee),
        day.component_key.in_(set(component_of_payee.values())),
        day.effective_on >= since,
    )
    columns = select(day.payee_id, day.component_key, day.effective_on, day.attainment_minor)
    found: dict[int, dict[date, int]] = {payee_id: {} for payee_id in component_of_payee}
    for row in connection.execute(columns.where(wanted)):
        if component_of_payee[row.payee_id] == row.component_key:
            days = found[row.payee_id]
            days[row.effective_on] = days.get(row.effective_on, 0) + row.attainment_minor
    return found


def _deals_of_team(
    connection: Connection, team_id: int, status: DealStatus, *conditions: ColumnElement[bool]
) -> list[StoredDeal]:
    """Each deal once, however many of the team take part in it; by key."""
    members = select(payee.c.id).where(payee.c.team_id == team_id, payee.c.is_active)
    keys = select(_participant.deal_key).where(
        _participant.payee_id.in_(members), _participant.status == status.value, *conditions
    )
    return deals.deals(connection, connection.execute(keys.distinct()).scalars().all())
