"""Running totals (sums of the credits that count, by cell and by day), and what they have earned.

Totals are kept by differences under a lock per window; earnings are rounded figures; a ledger entry is a difference
of two of them, so the entries of a figure sum to it whatever arrived when.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, select
from sqlalchemy import delete as delete_from

from tracker.engine.agreement.ladder_terms import terms_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit
from tracker.engine.earning.totals import (
    NOTHING,
    CellKey,
    Climb,
    Sums,
    TotalKey,
    WindowTotal,
    cell_changes,
    day_changes,
    total_of_cells,
)
from tracker.store import ledger, tables
from tracker.store.credits import credits_on
from tracker.store.ledger import Cause, Difference, FigureKey
from tracker.store.statements import (
    Values,
    in_chunks,
    insert_or_replace,
    rows_named,
    within_64_bits,
)

_earning = tables.earning.c
NAMES = ("payee_id", "component_key", "window_key")
"""What names a total, in every table of totals."""

PeriodFigures = Mapping[str, int]
"""Earned minor units by settlement period."""


def total_of(credit: Credit) -> TotalKey:
    """The total that a credit counts towards."""
    return TotalKey(credit.payee_id, credit.component_key, credit.window_key)


# --- running totals


def apply_credits(
    connection: Connection,
    retracted: Collection[Credit],
    asserted: Collection[Credit],
    at: datetime,
) -> set[TotalKey]:
    """Change the sums by some credits going and others coming, in key order; the totals whose deals changed.

    Also those whose sums come out the same: in an ordered component it matters which deal gave what. Their windows
    stay locked until the transaction ends. Raises OutOfRange.
    """
    by_cell = cell_changes(retracted, asserted)
    by_day = day_changes(retracted, asserted)
    touched = {total_of(credit) for credit in (*retracted, *asserted) if credit.is_counted}
    lock_windows(connection, touched, at)
    _add(
        connection,
        tables.running_total,
        {
            (*_names_of(cell), cell.period_key, cell.plan_version_id, cell.tier): change
            for cell, change in by_cell.items()
        },
    )
    _add(
        connection,
        tables.running_total_day,
        {(*_names_of(key), day): change for (key, day), change in by_day.items()},
    )
    return touched


def lock_windows(connection: Connection, keys: Collection[TotalKey], at: datetime) -> None:
    """Keep these windows from every other writer until the transaction ends."""
    rows = [_key_columns(key) | {"changed_at": at} for key in sorted(keys)]
    insert_or_replace(connection, tables.running_window, rows)


def _add(
    connection: Connection,
    table: Table,
    changes: Mapping[tuple[Any, ...], Sums],
) -> None:
    """Add to the rows with these keys; a row left without credits goes."""
    names = tuple(column.name for column in table.primary_key)
    before = {
        row[: len(names)]: _sums(row) for row in rows_named(connection, table, names, changes)
    }
    kept: list[Values] = []
    emptied: list[Values] = []
    for key in sorted(changes):
        after = before.get(key, NOTHING) + changes[key]
        columns = dict(zip(names, key, strict=True))
        if after == NOTHING:
            emptied.append(columns)
        else:
            kept.append(columns | _sum_columns(after))
    insert_or_replace(connection, table, kept)
    for columns in emptied:
        same = [table.c[name] == value for name, value in columns.items()]
        connection.execute(delete_from(table).where(*same))


def window_total(connection: Connection, key: TotalKey, book: PlanBook) -> WindowTotal:
    """The sums of one payee, component and window."""
    return window_totals(connection, [key], book)[0]


def window_totals(
    connection: Connection,
    keys: Collection[TotalKey],
    book: PlanBook,
    climbing: Collection[TotalKey] = (),
) -> list[WindowTotal]:
    """The sums of each of these totals, in key order; one without credits has no cells.

    Where order counts the climb comes with them, and for those that are `climbing` in any case: a deal to come may
    count under a version that asks for it.
    """
    cells: dict[TotalKey, dict[CellKey, Sums]] = {key: {} for key in sorted(keys)}
    for key, row in _rows_of(connection, tables.running_total, cells.keys()):
        cells[key][_cell_key(row)] = _sums(row)
    by_day = {
        key
        for key, of_key in cells.items()
        if key in climbing or terms_of(key, book).need_days(cell.plan_version_id for cell in of_key)
    }
    climbs = _climbs(connection, by_day)
    return [total_of_cells(key, of_key.items(), climbs.get(key)) for key, of_key in cells.items()]


def totals_of_payees(connection: Connection, payee_ids: Collection[int]) -> list[TotalKey]:
    """Every total these payees have credits in."""
    keys: set[TotalKey] = set()
    table = tables.running_total.c
    for chunk in in_chunks(sorted(payee_ids)):
        columns = select(table.payee_id, table.component_key, table.window_key).distinct()
        rows = connection.execute(columns.where(table.payee_id.in_(chunk)))
        keys.update(TotalKey(*row) for row in rows)
    return sorted(keys)


def _climbs(connection: Connection, keys: Collection[TotalKey]) -> dict[TotalKey, Climb]:
    days: dict[TotalKey, list[tuple[date, Sums]]] = {key: [] for key in keys}
    for key, row in _rows_of(connection, tables.running_total_day, keys):
        days[key].append((row.effective_on, _sums(row)))
    return {
        key: Climb(
            sorted(of_key, key=lambda day: day[0]),
            lru_cache(maxsize=None)(partial(credits_on, connection, key)),
        )
        for key, of_key in days.items()
    }


# --- earnings


def post_earned(
    connection: Connection,
    figures: Mapping[TotalKey, PeriodFigures],
    currencies: Mapping[TotalKey, str],
    book: PlanBook,
    cause: Cause,
    at: datetime,
) -> None:
    """Let each total have earned exactly these figures, the differences in the ledger.

    A total without credits has no currency of its own: what it earned before names it. Raises OutOfRange.
    """
    differences: list[Difference] = []
    earnings: list[Values] = []
    before = _earned_before(connection, figures.keys())
    for key in sorted(figures):
        known = before.get(key, {})
        for period_key in sorted(known.keys() | figures[key].keys()):
            earned_minor = within_64_bits(figures[key].get(period_key, 0))
            earned_before, currency = known.get(period_key, (0, ""))
            if earned_minor == earned_before:
                continue
            currency = currencies.get(key, currency)
            place = {"period_key": period_key, "currency": currency, "earned_minor": earned_minor}
            earnings.append(_key_columns(key) | place)
            amount_minor = within_64_bits(earned_minor - earned_before)
            differences.append(Difference(key, period_key, amount_minor, currency))
    insert_or_replace(connection, tables.earning, earnings)
    ledger.post(connection, differences, book, cause, at)


def _earned_before(
    connection: Connection, keys: Collection[TotalKey]
) -> dict[TotalKey, dict[str, tuple[int, str]]]:
    before: dict[TotalKey, dict[str, tuple[int, str]]] = {}
    for key, row in _rows_of(connection, tables.earning, keys):
        before.setdefault(key, {})[row.period_key] = (row.earned_minor, row.currency)
    return before


def earnings_of(
    connection: Connection, payee_id: int, window_key: str
) -> dict[str, dict[str, int]]:
    """What a payee has earned in a window: minor units by component and settlement period."""
    rows = connection.execute(
        select(_earning.component_key, _earning.period_key, _earning.earned_minor)
        .where(_earning.payee_id == payee_id, _earning.window_key == window_key)
        .order_by(_earning.component_key, _earning.period_key)
    )
    earned: dict[str, dict[str, int]] = {}
    for row in rows:
        earned.setdefault(row.component_key, {})[row.period_key] = row.earned_minor
    return earned


# --- everything, to be checked


def all_cells(connection: Connection) -> dict[CellKey, Sums]:
    """Every running total by cell."""
    rows = connection.execute(select(tables.running_total))
    return {_cell_key(row): _sums(row) for row in rows}


def all_days(connection: Connection) -> dict[tuple[TotalKey, date], Sums]:
    """Every running total by day."""
    rows = connection.execute(select(tables.running_total_day))
    return {(TotalKey(*_names(row)), row.effective_on): _sums(row) for row in rows}


def all_earnings(connection: Connection) -> dict[FigureKey, int]:
    """Every rounded figure, in minor units."""
    rows = connection.execute(select(tables.earning))
    return {(*_names(row), row.period_key): row.earned_minor for row in rows}


# --- rows


def _cell_key(row: Row[Any]) -> CellKey:
    return CellKey(*_names(row), row.period_key, row.plan_version_id, row.tier)


def _names(row: Row[Any]) -> tuple[int, str, str]:
    return row.payee_id, row.component_key, row.window_key


def _rows_of(
    connection: Connection, table: Table, keys: Iterable[TotalKey]
) -> Iterator[tuple[TotalKey, Row[Any]]]:
    """The rows of these totals."""
    named = {_names_of(key): key for key in keys}
    for row in rows_named(connection, table, NAMES, named):
        yield named[_names(row)], row


def near(table: Table, keys: Collection[TotalKey]) -> ColumnElement[bool]:
    """All rows of these totals and perhaps some more of the same payees, found by an index everywhere."""
    return and_(
        table.c.payee_id.in_(sorted({key.payee_id for key in keys})),
        table.c.component_key.in_(sorted({key.component_key for key in keys})),
        table.c.window_key.in_(sorted({key.window_key for key in keys})),
    )


def _names_of(key: TotalKey | CellKey) -> tuple[int, str, str]:
    return key.payee_id, key.component_key, key.window_key


def _key_columns(key: TotalKey) -> Values:
    return {
        "payee_id": key.payee_id,
        "component_key": key.component_key,
        "window_key": key.window_key,
    }


def _sums(row: Row[Any]) -> Sums:
    return Sums(row.credit_count, row.negative_count, row.attainment_minor, row.weight_scaled)


def _sum_columns(sums: Sums) -> Values:
    return {
        "credit_count": sums.credit_count,
        "negative_count": sums.negative_count,
        "attainment_minor": within_64_bits(sums.attainment_minor),
        "weight_scaled": within_64_bits(sums.weight_scaled),
    }
