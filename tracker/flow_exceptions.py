"""What is agreed with single payees instead of a plan, each act one transaction, with reason and author."""

from dataclasses import replace
from datetime import date, datetime

from tracker import flow
from tracker.engine.agreement.plans import PersonalException
from tracker.errors import Conflict, NotFound
from tracker.store import exceptions, plans, totals, trail
from tracker.store.database import Database
from tracker.store.ledger import Cause
from tracker.store.types import Connection


def agree(database: Database, exception: PersonalException, by: str, at: datetime) -> int:
    """Let an exception hold, and bring the payee's figures up to date; the id of the fact.

    Its own number and author are given here. Reads a deal only where a limit per deal changes. Raises NotFound.
    """
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        flow.require_payees(connection, {exception.payee_id})
        return _record(connection, exception, exception, "agree exception", by, at)


def withdraw(
    database: Database, exception_id: int, reason: str, by: str, at: datetime
) -> PersonalException:
    """Let an exception never have held; what it was. Raises NotFound, or Conflict when it is withdrawn already."""
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        agreed = exceptions.exception(connection, exception_id)
        if agreed is None or agreed.withdraws_id is not None:
            raise NotFound(f"There is no exception {exception_id}. `plan exceptions` lists them.")
        of_payee = exceptions.exceptions(connection, {agreed.payee_id})
        if any(other.withdraws_id == exception_id for other in of_payee):
            raise Conflict(f"Exception {exception_id} is withdrawn already.")
        withdrawal = PersonalException(
            exception_id=0,
            payee_id=agreed.payee_id,
            component_key=agreed.component_key,
            reason=reason,
            withdraws_id=exception_id,
        )
        _record(connection, withdrawal, agreed, "withdraw exception", by, at)
        return agreed


def _record(
    connection: Connection,
    fact: PersonalException,
    agreed: PersonalException,
    act: str,
    by: str,
    at: datetime,
) -> int:
    fact_id = exceptions.record_exception(connection, fact, by, at)
    subject = {
        "exception_id": fact_id,
        "payee_id": fact.payee_id,
        "component": fact.component_key,
        "starts_on": fact.starts_on and str(fact.starts_on),
        "ends_on": fact.ends_on and str(fact.ends_on),
        "terms": exceptions.terms_to_json(fact),
        "withdraws_id": fact.withdraws_id,
    }
    trail.append(connection, act, by, at, subject, fact.reason)
    _follow(connection, replace(agreed, exception_id=fact_id), at)
    return fact_id


def _follow(connection: Connection, agreed: PersonalException, at: datetime) -> None:
    """Evaluate what an exception concerns; a limit per deal changes credits, everything else only what they earn."""
    payee_ids, fact_id = {agreed.payee_id}, agreed.exception_id
    keys = [
        key
        for key in totals.totals_of_payees(connection, payee_ids)
        if key.component_key == agreed.component_key
    ]
    if agreed.deal_cap_minor is not None or "deal_cap" in agreed.lifts:
        first_day = agreed.starts_on or date.min
        flow.rebuild(connection, payee_ids, first_day, "exception", fact_id, at, keys)
        return
    book = plans.load_plan_book(connection, payee_ids)
    cause = Cause("exception", dict.fromkeys(keys, fact_id))
    concerned = flow.post(connection, keys, book, cause, at)
    flow.tell(connection, [], payee_ids | concerned, at)
