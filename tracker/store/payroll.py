"""Payroll months: what was done with each, and the statements that a close froze."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, insert, select

from tracker.engine.payroll_months.posting import month_after
from tracker.store import tables
from tracker.store.marks import Marks, known, marks_from_json, marks_to_json
from tracker.store.statements import Values, inserted_id

_act, _statement = tables.month_act.c, tables.statement.c


class Act(StrEnum):
    REQUESTED = "requested"
    DECLINED = "declined"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class MonthAct:
    """Something done with a payroll month; `marks` are the facts known then."""

    id: int
    month: str
    act: Act
    marks: Marks
    reason: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """What a close froze for one payee. `version` counts the closes of its month."""

    id: int
    month_act_id: int
    month_key: str
    payee_id: int
    currency: str
    version: int
    total_minor: int
    debt_minor: int
    lines: str
    lines_hash: str


# --- months


def add_act(
    connection: Connection, month: str, act: Act, marks: Marks, by: str, at: datetime, reason: str
) -> int:
    """Note what is done with a month; the id of the fact."""
    row = {
        "month_key": month,
        "act": act.value,
        "marks": marks_to_json(marks),
        "reason": reason,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.month_act).values(row))


def acts(connection: Connection, month: str | None = None) -> list[MonthAct]:
    """Everything done with all months, or with one, in order."""
    was_known = known(connection, tables.month_act)
    query = select(tables.month_act).where(was_known).order_by(_act.id)
    if month is not None:
        query = query.where(_act.month_key == month)
    return [
        MonthAct(
            row.id,
            row.month_key,
            Act(row.act),
            marks_from_json(row.marks),
            row.reason,
            row.recorded_at,
            row.recorded_by,
        )
        for row in connection.execute(query)
    ]


def closed_months(connection: Connection) -> list[str]:
    """The months that are closed now, in order."""
    query = select(_act.month_key, _act.act).order_by(_act.id)
    return closed_after((row.month_key, Act(row.act)) for row in connection.execute(query))


def closed_after(done: Iterable[tuple[str, Act]]) -> list[str]:
    """The months that are closed after these acts: a close adds the next, a reopening takes the last one away."""
    closed: list[str] = []
    for month, act in done:
        if act is Act.CLOSED:
            closed.append(month)
        elif act is Act.REOPENED:
            closed.remove(month)
    return closed


def closed_through(connection: Connection) -> str:
    """The last month that is closed; "" while none is."""
    closed = closed_months(connection)
    return closed[-1] if closed else ""


def pending_request(connection: Connection) -> MonthAct | None:
    """The request to close a month that waits for a second person."""
    latest = acts(connection)[-1:]
    return latest[0] if latest and latest[0].act is Act.REQUESTED else None


def first_month(connection: Connection) -> str | None:
    """The earliest month that the ledger pays anything in; None while it is empty."""
    return connection.scalar(
        select(tables.ledger_entry.c.posting_month)
        .order_by(tables.ledger_entry.c.posting_month)
        .limit(1)
    )


def next_month(connection: Connection) -> str | None:
    """The month to be closed next; None before the first entry. The first month of all may be chosen freely."""
    through = closed_through(connection)
    return month_after(through) if through else first_month(connection)


# --- statements


def add_statements(connection: Connection, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(insert(tables.statement), rows)


def statement(connection: Connection, statement_id: int) -> StoredStatement | None:
    return next(iter(_statements(connection, _statement.id == statement_id)), None)


def statement_id(connection: Connection, payee_id: int, month: str, currency: str) -> int | None:
    """The newest statement of a payee for a month; None where there was nothing to state, or before the first close."""
    return connection.scalar(
        select(_statement.id)
        .where(
            _statement.payee_id == payee_id,
            _statement.month_key == month,
            _statement.currency == currency,
        )
        .order_by(_statement.version.desc())
        .limit(1)
    )


def statements_of(connection: Connection, payee_id: int) -> list[StoredStatement]:
    """Every statement of a payee, newest month and version first."""
    found = _statements(connection, _statement.payee_id == payee_id)
    return sorted(found, key=lambda one: (one.month_key, one.version), reverse=True)


def statements_of_act(connection: Connection, act_id: int) -> list[StoredStatement]:
    """What one close froze."""
    return _statements(connection, _statement.month_act_id == act_id)


def statements_in_force(connection: Connection, month: str) -> list[StoredStatement]:
    """What the last close of a month froze; nothing while the month is open."""
    closes = [act.id for act in acts(connection, month) if act.act is Act.CLOSED]
    is_closed = month in closed_months(connection)
    return statements_of_act(connection, closes[-1]) if is_closed else []


def _statements(connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredStatement]:
    rows = connection.execute(select(tables.statement).where(*conditions).order_by(_statement.id))
    return [StoredStatement(**row._mapping) for row in rows]
