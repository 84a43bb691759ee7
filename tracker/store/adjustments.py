"""Manual adjustments: proposals by one person, and what another decided. Facts, added and never edited."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from tracker.store import tables
from tracker.store.statements import inserted_id, within_64_bits

_adjustment, _decision = tables.manual_adjustment.c, tables.manual_decision.c


class Decision(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person proposes to pay (or, negative, to take) in a month, and why."""

    payee_id: int
    month: str
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A proposal with its author, and what became of it; without a decision it waits."""

    id: int
    proposal: Proposal
    proposed_by: str
    proposed_at: datetime
    decision: Decision | None = None
    decision_reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


def propose(connection: Connection, proposal: Proposal, by: str, at: datetime) -> int:
    """Note a proposal; its id. Raises OutOfRange."""
    row = {
        "payee_id": proposal.payee_id,
        "month_key": proposal.month,
        "amount_minor": within_64_bits(proposal.amount_minor),
        "currency": proposal.currency,
        "reason": proposal.reason,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.manual_adjustment).values(row))


def waiting_number(connection: Connection, proposal: Proposal, by: str) -> int | None:
    """The number of this very proposal of the same author, if it still waits for a decision."""
    query = (
        select(_adjustment.id)
        .select_from(tables.manual_adjustment.outerjoin(tables.manual_decision))
        .where(
            _adjustment.payee_id == proposal.payee_id,
            _adjustment.month_key == proposal.month,
            _adjustment.amount_minor == proposal.amount_minor,
            _adjustment.currency == proposal.currency,
            _adjustment.reason == proposal.reason,
            _adjustment.recorded_by == by,
            _decision.adjustment_id.is_(None),
        )
    )
    return connection.scalar(query.limit(1))


def decide(
    connection: Connection,
    adjustment_id: int,
    decision: Decision,
    reason: str,
    by: str,
    at: datetime,
) -> None:
    row = {
        "adjustment_id": adjustment_id,
        "decision": decision.value,
        "reason": reason,
        "recorded_at": at,
        "recorded_by": by,
    }
    connection.execute(insert(tables.manual_decision).values(row))


def adjustments(connection: Connection, adjustment_id: int | None = None) -> list[Adjustment]:
    """Every manual adjustment, or one, newest first."""
    joined = tables.manual_adjustment.outerjoin(tables.manual_decision)
    query = (
        select(
            tables.manual_adjustment,
            _decision.decision,
            _decision.reason.label("decision_reason"),
            _decision.recorded_by.label("decided_by"),
            _decision.recorded_at.label("decided_at"),
        )
        .select_from(joined)
        .order_by(_adjustment.id.desc())
    )
    if adjustment_id is not None:
        query = query.where(_adjustment.id == adjustment_id)
    return [
        Adjustment(
            row.id,
            Proposal(row.payee_id, row.month_key, row.amount_minor, row.currency, row.reason),
            row.recorded_by,
            row.recorded_at,
            Decision(row.decision) if row.decision else None,
            row.decision_reason or "",
            row.decided_by or "",
            row.decided_at,
        )
        for row in connection.execute(query)
    ]
