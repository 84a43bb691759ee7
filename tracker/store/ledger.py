"""The ledger: every difference of a rounded figure, for ever, and the payroll month it is paid in.

The entries of a figure sum to it whatever arrived when; the entries of a payroll month are what that month owes. An
entry whose own month was closed before is posted to the first open one and names the statement it corrects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.earning.totals import TotalKey
from tracker.engine.payroll_months.posting import (
    Loss,
    PostingKind,
    month_after,
    month_paying,
    posting_of,
)
from tracker.store import payroll, tables
from tracker.store.adjustments import Proposal
from tracker.store.statements import Values

_ledger = tables.ledger_entry.c

FigureKey = tuple[int, str, str, str]
"""Payee id, component key, window key, period key."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why figures moved: kind "deal", "quota", "plan" or "assignment", and the fact behind each total if it is one.

    `losses`: what happened to the deals of a total, where nothing else moved it.
    """

    kind: str
    fact_ids: Mapping[TotalKey, int]
    losses: Mapping[TotalKey, Loss] = field(default_factory=dict)


class Difference(NamedTuple):
    """By how much a settlement period's figure moved."""

    key: TotalKey
    period_key: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One difference of a rounded figure, or a manual adjustment, for ever."""

    id: int
    payee_id: int
    component_key: str
    window_key: str
    period_key: str
    amount_minor: int
    currency: str
    kind: str
    cause: str
    cause_id: int | None
    recorded_at: datetime
    posting_month: str
    corrects_id: int | None


def post(
    connection: Connection,
    differences: Sequence[Difference],
    book: PlanBook,
    cause: Cause,
    at: datetime,
) -> None:
    """Add an entry for each difference, in the payroll month that is open for it."""
    if not differences:
        return
    closed_through = payroll.closed_through(connection)
    entries = [_entry(connection, one, closed_through, book, cause, at) for one in differences]
    connection.execute(insert(tables.ledger_entry), entries)


def _entry(
    connection: Connection,
    difference: Difference,
    closed_through: str,
    book: PlanBook,
    cause: Cause,
    at: datetime,
) -> Values:
    key, period_key, amount_minor, currency = difference
    plan_key, _ = split_component_key(key.component_key)
    origin_month = month_paying(period_key, book.year_starts_in_month(plan_key))
    posting = posting_of(origin_month, closed_through, amount_minor, cause.losses.get(key))
    corrects_id = (
        payroll.statement_id(connection, key.payee_id, origin_month, currency)
        if posting.is_late
        else None
    )
    return {
        "payee_id": key.payee_id,
        "component_key": key.component_key,
        "window_key": key.window_key,
        "period_key": period_key,
        "amount_minor": amount_minor,
        "currency": currency,
        "kind": posting.kind.value,
        "cause": cause.kind,
        "cause_id": cause.fact_ids.get(key),
        "recorded_at": at,
        "posting_month": posting.month,
        "corrects_id": corrects_id,
    }


def post_manual(
    connection: Connection, adjustment_id: int, proposal: Proposal, at: datetime
) -> None:
    """Add the entry of an approved adjustment: in its month, or in the first open one."""
    month, through = proposal.month, payroll.closed_through(connection)
    is_late = month <= through
    row = {
        "payee_id": proposal.payee_id,
        "component_key": "",
        "window_key": "",
        "period_key": month,
        "amount_minor": proposal.amount_minor,
        "currency": proposal.currency,
        "kind": PostingKind.MANUAL.value,
        "cause": "manual",
        "cause_id": adjustment_id,
        "recorded_at": at,
        "posting_month": month_after(through) if is_late else month,
        "corrects_id": payroll.statement_id(
            connection, proposal.payee_id, month, proposal.currency
        ),
    }
    connection.execute(insert(tables.ledger_entry), [row])


def last_id(connection: Connection, month: str) -> int:
    """The last entry posted to a month; 0 without any."""
    newest = select(func.max(_ledger.id)).where(_ledger.posting_month == month)
    return connection.scalar(newest) or 0


def entries_of(
    connection: Connection, payee_id: int, window_key: str | None = None
) -> list[LedgerEntry]:
    """A payee's ledger entries, of one window or all, as they were recorded."""
    query = select(tables.ledger_entry).where(_ledger.payee_id == payee_id).order_by(_ledger.id)
    if window_key is not None:
        query = query.where(_ledger.window_key == window_key)
    return [LedgerEntry(**row._mapping) for row in connection.execute(query)]


def corrections_in(
    connection: Connection, payee_id: int, month: str, until_id: int
) -> list[LedgerEntry]:
    """The adjustments and clawbacks posted to a payee's month, until an entry."""
    kinds = (PostingKind.ADJUSTMENT.value, PostingKind.CLAWBACK.value)
    query = select(tables.ledger_entry).where(
        _ledger.payee_id == payee_id,
        _ledger.posting_month == month,
        _ledger.kind.in_(kinds),
        _ledger.id <= until_id,
    )
    return [LedgerEntry(**row._mapping) for row in connection.execute(query.order_by(_ledger.id))]


def corrections_of(connection: Connection, statement_id: int) -> list[LedgerEntry]:
    """What was posted later because of a statement: the other end of `corrects_id`."""
    query = select(tables.ledger_entry).where(_ledger.corrects_id == statement_id)
    return [LedgerEntry(**row._mapping) for row in connection.execute(query.order_by(_ledger.id))]


def figure_sums(connection: Connection) -> dict[FigureKey, int]:
    """What the entries of each figure sum to, in minor units; manual adjustments belong to none."""
    key = (_ledger.payee_id, _ledger.component_key, _ledger.window_key, _ledger.period_key)
    earned = _ledger.kind != PostingKind.MANUAL.value
    rows = connection.execute(
        select(*key, func.sum(_ledger.amount_minor)).where(earned).group_by(*key)
    )
    return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}
