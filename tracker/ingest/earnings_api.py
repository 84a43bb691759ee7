"""GET /api/v1/earnings: what every active payee has earned in the windows that hold today, for other programs."""

from datetime import date
from typing import Any

from tracker.engine.credits import component_key_of
from tracker.engine.plans import Component, PlanBook, PlanVersion
from tracker.engine.totals import TotalKey
from tracker.store import people, plans, totals
from tracker.store.types import Connection


def earnings_of_today(connection: Connection, today: date) -> dict[str, Any]:
    """Amounts are whole minor units; counts (of deals or units) are hundredths."""
    book = plans.load_plan_book(connection)
    payees = [payee for payee in people.payees(connection) if payee.is_active]
    return {
        "as_of": today.isoformat(),
        "payees": [_payee_json(connection, payee, book, today) for payee in payees],
    }


def _payee_json(
    connection: Connection, payee: people.Payee, book: PlanBook, today: date
) -> dict[str, Any]:
    return {
        "reference": payee.reference,
        "name": payee.name,
        "components": [
            _component_json(connection, payee.id, version, component, book, today)
            for version in book.versions_for(payee.id, today)
            for component in version.plan.components
        ],
    }


def _component_json(
    connection: Connection,
    payee_id: int,
    version: PlanVersion,
    component: Component,
    book: PlanBook,
    today: date,
) -> dict[str, Any]:
    key = TotalKey(
        payee_id, component_key_of(version, component), version.plan.window_of(today).key
    )
    cells = totals.window_total(connection, key, book).cells
    earned = totals.earnings_of(connection, payee_id, key.window_key).get(key.component_key, {})
    return {
        "component": key.component_key,
        "window": key.window_key,
        "currency": version.plan.currency,
        "attainment_minor": sum(sums.attainment_minor for sums in cells.values()),
        "earned_minor": sum(earned.values()),
    }
