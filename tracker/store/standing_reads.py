"""What a screen needs to know of many payees at once, a handful of statements for a whole team."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from tracker.engine.crediting.credits import Credit
from tracker.engine.earning.totals import TotalKey
from tracker.store import tables
from tracker.store.credits import credits_where
from tracker.store.totals import near, total_of

_ledger, _outbox = tables.ledger_entry.c, tables.outbox.c


def earned_of(connection: Connection, keys: Collection[TotalKey]) -> dict[TotalKey, int]:
    """What these totals have earned over all their periods, in minor units; none where nothing was."""
    table = tables.earning
    columns = (table.c.payee_id, table.c.component_key, table.c.window_key)
    rows = connection.execute(
        select(*columns, func.sum(table.c.earned_minor)).where(near(table, keys)).group_by(*columns)
    )
    earned = {TotalKey(row[0], row[1], row[2]): int(row[3]) for row in rows}
    return {key: earned[key] for key in keys if key in earned}


def held_of(connection: Connection, keys: Collection[TotalKey]) -> dict[TotalKey, list[Credit]]:
    """The credits of these totals that wait for evidence, in order."""
    held: dict[TotalKey, list[Credit]] = {key: [] for key in keys}
    waiting = tables.credit.c.missing_evidence != ""
    for credit in credits_where(connection, near(tables.credit, keys), waiting):
        if total_of(credit) in held:
            held[total_of(credit)].append(credit)
    return held


def earned_since(
    connection: Connection, payee_ids: Collection[int], instant: datetime
) -> dict[TotalKey, int]:
    """By how much what these payees earned has moved since an instant, by component and window, in minor units."""
    key = (_ledger.payee_id, _ledger.component_key, _ledger.window_key)
    rows = connection.execute(
        select(*key, func.sum(_ledger.amount_minor))
        .where(_ledger.payee_id.in_(sorted(payee_ids)), _ledger.recorded_at >= instant)
        .group_by(*key)
    )
    return {TotalKey(row[0], row[1], row[2]): int(row[3]) for row in rows}


def sequences_of(connection: Connection, payee_ids: Collection[int]) -> dict[int, int]:
    """The newest outbox sequence that concerns each of these payees; 0 for one nothing has happened to."""
    rows = connection.execute(
        select(_outbox.payee_id, func.max(_outbox.sequence))
        .where(_outbox.payee_id.in_(sorted(payee_ids)))
        .group_by(_outbox.payee_id)
    )
    return dict.fromkeys(payee_ids, 0) | {row[0]: row[1] for row in rows}
