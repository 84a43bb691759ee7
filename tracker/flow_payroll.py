"""Closing payroll months, and adjusting pay by hand. Every function is one transaction with the plans held alone.

So no deal is on its way meanwhile: what a close freezes is what the ledger says, and whatever comes later is posted
to the month after. Two people are behind each close and each adjustment.
"""

from collections.abc import Iterable
from datetime import date, datetime

from tracker.engine.payroll_months.payroll import statements_of_month
from tracker.engine.payroll_months.posting import month_after, month_named
from tracker.engine.payroll_months.statement import Statement, lines_hash, statement_to_text
from tracker.errors import BadInput, Conflict, NotFound, Problem
from tracker.store import adjustments, ledger, outbox, payroll, payroll_facts, people, plans, trail
from tracker.store.adjustments import Adjustment, Decision, Proposal
from tracker.store.database import Database
from tracker.store.marks import marks_now
from tracker.store.memberships import REP
from tracker.store.outbox import OutboxChange
from tracker.store.payroll import Act, MonthAct
from tracker.store.statements import Values, within_64_bits
from tracker.store.types import Connection

REASON_LENGTH_MAX = 1000


class Overtaken(Conflict):
    """Figures changed since this person looked at them."""


# --- months


def require_month(month: str) -> None:
    """Refuse a text that names no month. Raises BadInput."""
    try:
        month_named(month)
    except ValueError:
        raise BadInput([Problem("month", f"{month!r} is no month.", "Write 2026-11.")]) from None


def request_close(database: Database, month: str, by: str, today: date, at: datetime) -> None:
    """Ask for a month to be closed. The first may be any; after it only the next. Raises Conflict."""
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        _require_next(connection, month, today)
        if (pending := payroll.pending_request(connection)) is not None:
            raise Conflict(
                f"{pending.recorded_by} has asked already to close {pending.month}. "
                "Approve or decline that first."
            )
        _act(connection, month, Act.REQUESTED, "request close", by, at)


def decline_close(database: Database, month: str, by: str, reason: str, at: datetime) -> None:
    """Answer the request for a month with no, or take one's own back. Raises Conflict or BadInput."""
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        _require_reason(reason)
        _require_request(connection, month)
        _act(connection, month, Act.DECLINED, "decline close", by, at, reason)


def approve_close(
    database: Database, month: str, by: str, at: datetime, seen_entry_id: int | None = None
) -> int:
    """Close a month that another person asked to close; how many statements that froze.

    `seen_entry_id` is the last ledger entry the approver saw: whatever was posted since must be seen first. Raises
    Conflict.
    """
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        request = _require_request(connection, month)
        if people.fold(request.recorded_by) == people.fold(by):
            raise Conflict(
                f"{by} asked to close {month}, so somebody else must approve it: "
                "two people are behind every close."
            )
        if seen_entry_id is not None and ledger.last_id(connection, month) != seen_entry_id:
            raise Overtaken(f"Figures of {month} changed meanwhile. Look at them, then approve.")
        found = statements_of_month(month, payroll_facts.facts_now(connection, month))
        act_id = _act(connection, month, Act.CLOSED, "approve close", by, at)
        payroll.add_statements(connection, _rows(connection, month, act_id, found))
        _tell_everyone(connection, at)
        return len(found)


def reopen_month(database: Database, month: str, by: str, reason: str, at: datetime) -> None:
    """Open the latest closed month again. Its statements stay; closing it again adds their next version.

    Raises Conflict or BadInput.
    """
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        _require_reason(reason)
        latest = payroll.closed_through(connection)
        if month != latest:
            which = f"the latest is {latest}" if latest else "none is closed"
            raise Conflict(f"Only the latest closed month can be reopened; {which}.")
        _act(connection, month, Act.REOPENED, "reopen month", by, at, reason)
        _tell_everyone(connection, at)


def _act(
    connection: Connection,
    month: str,
    act: Act,
    words: str,
    by: str,
    at: datetime,
    reason: str = "",
) -> int:
    act_id = payroll.add_act(connection, month, act, marks_now(connection), by, at, reason)
    trail.append(connection, words, by, at, {"month": month, "month_act_id": act_id}, reason)
    return act_id


def _rows(
    connection: Connection, month: str, act_id: int, found: Iterable[Statement]
) -> list[Values]:
    closes = [act for act in payroll.acts(connection, month) if act.act is Act.CLOSED]
    rows: list[Values] = []
    for statement in found:
        text = statement_to_text(statement)
        rows.append(
            {
                "month_act_id": act_id,
                "month_key": month,
                "payee_id": statement.payee_id,
                "currency": statement.currency,
                "version": len(closes),
                "total_minor": within_64_bits(statement.paid_minor),
                "debt_minor": within_64_bits(statement.debt_minor),
                "lines": text,
                "lines_hash": lines_hash(text),
            }
        )
    return rows


def _require_next(connection: Connection, month: str, today: date) -> None:
    require_month(month)
    if today <= month_named(month).ends_on:
        raise Conflict(f"{month} is not over yet. Close it when it is.")
    through = payroll.closed_through(connection)
    if through and month != month_after(through):
        raise Conflict(
            f"Months are closed in order: {through} is closed, so the next is {month_after(through)}."
        )


def _require_request(connection: Connection, month: str) -> MonthAct:
    pending = payroll.pending_request(connection)
    if pending is None or pending.month != month:
        raise Conflict(f"Nobody has asked to close {month}. Ask first; another person approves.")
    return pending


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput([Problem("reason", "there is none.", "Say why; it is kept for ever.")])
    if len(reason) > REASON_LENGTH_MAX:
        what = f"it has {len(reason)} characters; {REASON_LENGTH_MAX} at most."
        raise BadInput([Problem("reason", what, "Say it shorter.")])


def _tell_everyone(connection: Connection, at: datetime) -> None:
    changes = [
        OutboxChange("earnings", payee.id, payee.team_id) for payee in people.payees(connection)
    ]
    outbox.append(connection, changes, at)


# --- adjustments by hand


def propose_adjustment(database: Database, proposal: Proposal, by: str, at: datetime) -> int:
    """Propose to pay, or take, an amount without a deal behind it; its number. Raises BadInput or NotFound.

    Said again while it waits, by the same person in the same words, it is the same proposal.
    """
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        require_month(proposal.month)
        _require_reason(proposal.reason)
        if not proposal.amount_minor:
            raise BadInput([Problem("amount", "it is zero.", "Say how much to pay, or take.")])
        payee = people.payee(connection, proposal.payee_id)
        if payee is None:
            raise NotFound("There is no such payee.")
        if payee.kind != REP:
            raise Conflict(f"{payee.name} is a team, and its members are paid. Adjust theirs.")
        waiting = adjustments.waiting_number(connection, proposal, by)
        if waiting is not None:
            return waiting
        adjustment_id = adjustments.propose(connection, proposal, by, at)
        subject = _subject(adjustment_id, proposal)
        trail.append(connection, "propose adjustment", by, at, subject, proposal.reason)
        return adjustment_id


def decide_adjustment(
    database: Database,
    adjustment_id: int,
    decision: Decision,
    by: str,
    at: datetime,
    reason: str = "",
) -> None:
    """Approve or decline what another person proposed, or withdraw one's own. An approved one is posted at once.

    Its month is the one proposed, or the first open one when that is closed. Raises Conflict, BadInput or NotFound.
    """
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        found = _waiting(connection, adjustment_id)
        _require_right_person(found, decision, by)
        if decision is not Decision.APPROVED:
            _require_reason(reason)
        adjustments.decide(connection, adjustment_id, decision, reason, by, at)
        subject = _subject(adjustment_id, found.proposal)
        trail.append(connection, f"{_VERB[decision]} adjustment", by, at, subject, reason)
        if decision is Decision.APPROVED:
            ledger.post_manual(connection, adjustment_id, found.proposal, at)
        payee_id = found.proposal.payee_id
        team_id = people.team_ids_of(connection, {payee_id}).get(payee_id)
        outbox.append(connection, [OutboxChange("earnings", payee_id, team_id)], at)


_VERB = {
    Decision.APPROVED: "approve",
    Decision.DECLINED: "decline",
    Decision.WITHDRAWN: "withdraw",
}


def _waiting(connection: Connection, adjustment_id: int) -> Adjustment:
    found = adjustments.adjustments(connection, adjustment_id)
    if not found:
        raise NotFound("There is no such adjustment.")
    if found[0].decision is not None:
        raise Overtaken(f"{found[0].decided_by} has {found[0].decision} it already.")
    return found[0]


def _require_right_person(found: Adjustment, decision: Decision, by: str) -> None:
    is_own = people.fold(found.proposed_by) == people.fold(by)
    if is_own and decision is not Decision.WITHDRAWN:
        raise Conflict(
            f"{by} proposed it, so somebody else must decide: two people are behind every adjustment."
        )
    if not is_own and decision is Decision.WITHDRAWN:
        raise Conflict(f"Only {found.proposed_by} can withdraw it. Decline it instead.")


def _subject(adjustment_id: int, proposal: Proposal) -> dict[str, object]:
    return {
        "adjustment_id": adjustment_id,
        "payee_id": proposal.payee_id,
        "month": proposal.month,
        "amount_minor": proposal.amount_minor,
        "currency": proposal.currency,
    }
