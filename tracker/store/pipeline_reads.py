"""What a projection reads: open deals by payee, the deals behind a figure, and how the deals of each stage ended."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection, select

from tracker.engine.ahead.prospects import Decided, stage_key
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.totals import TotalKey
from tracker.store import deals, tables
from tracker.store.deal_snapshot import deal_from_json
from tracker.store.statements import in_chunks
from tracker.store.totals import near

_deal, _event, _participant, _credit = (
    tables.deal.c,
    tables.deal_event.c,
    tables.deal_participant.c,
    tables.credit.c,
)

EVENTS_READ_MAX = 5_000
"""Of the deals decided last so many events are read: enough to know a stage, little enough for a page."""


def has_open_deals(connection: Connection) -> bool:
    """Whether any source tells of open deals at all."""
    is_open = _deal.status == DealStatus.OPEN.value
    return connection.scalar(select(_deal.key).where(is_open).limit(1)) is not None


def open_deals_of(
    connection: Connection, payee_ids: Collection[int], until: date
) -> dict[int, list[Deal]]:
    """The open deals of each of these payees that are expected by a day, the first to come first."""
    found: dict[int, list[Deal]] = {payee_id: [] for payee_id in payee_ids}
    for chunk in in_chunks(sorted(found)):
        rows = connection.execute(
            select(_participant.payee_id, _deal.snapshot)
            .join(tables.deal, _deal.key == _participant.deal_key)
            .where(
                _participant.payee_id.in_(chunk),
                _participant.status == DealStatus.OPEN.value,
                _participant.effective_on <= until,
            )
            .order_by(_participant.effective_on, _participant.deal_key)
        )
        for row in rows:
            found[row.payee_id].append(deal_from_json(row.snapshot))
    return found


def deals_behind(
    connection: Connection, keys: Collection[TotalKey], since: date
) -> dict[TotalKey, list[Deal]]:
    """The deals that count from a day on in each of these totals, by key."""
    columns = (_credit.payee_id, _credit.component_key, _credit.window_key, _credit.deal_key)
    counted = (_credit.missing_evidence == "", _credit.effective_on >= since)
    rows = connection.execute(
        select(*columns).where(near(tables.credit, keys), *counted).distinct()
    )
    deal_keys: dict[TotalKey, set[str]] = {key: set() for key in keys}
    for row in rows:
        deal_keys.get(TotalKey(*row[:3]), set()).add(row.deal_key)
    wanted = sorted(set().union(*deal_keys.values()))
    known = {stored.deal.key: stored.deal for stored in deals.deals(connection, wanted)}
    return {key: [known[one] for one in sorted(of_key)] for key, of_key in deal_keys.items()}


def decided_by_stage(connection: Connection, since: date) -> Mapping[str, Decided]:
    """How the deals that once stood open in a stage ended, of those decided since a day; by `stage_key`."""
    decided = _deal.status.in_((DealStatus.WON.value, DealStatus.LOST.value))
    rows = connection.execute(
        select(_event.snapshot, _deal.key, _deal.status)
        .join(tables.deal, _deal.key == _event.deal_key)
        .where(decided, _deal.effective_on >= since)
        .order_by(_deal.effective_on.desc(), _deal.key, _event.id)
        .limit(EVENTS_READ_MAX)
    )
    ends: dict[str, dict[str, bool]] = {}
    for row in rows:
        told = deal_from_json(row.snapshot)
        if told.status is DealStatus.OPEN and told.stage:
            is_won = row.status == DealStatus.WON.value
            ends.setdefault(stage_key(told.stage), {})[row.key] = is_won
    return {
        stage: Decided(sum(of_stage.values()), len(of_stage) - sum(of_stage.values()))
        for stage, of_stage in ends.items()
    }
