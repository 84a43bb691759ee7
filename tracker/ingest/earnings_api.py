"""GET /api/v1/earnings: what every active payee has earned in the windows that hold today, for other programs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import component_key_of
from tracker.engine.earning.totals import TotalKey
from tracker.store import people, plans, standing_reads, totals
from tracker.store.types import Connection


@dataclass(frozen=True, slots=True)
class _Figure:
    """A component that pays a payee today, or has in the same window, and the currency it pays in."""

    key: TotalKey
    currency: str


def earnings_of_today(connection: Connection, today: date) -> dict[str, Any]:
    """Amounts are whole minor units; counts (of deals or units) are hundredths."""
    book = plans.load_plan_book(connection)
    payees = [one for one in people.payees(connection) if one.is_active and one.kind == "rep"]
    figures = {payee.id: _figures(payee.id, book, today) for payee in payees}
    keys = {figure.key for of_payee in figures.values() for figure in of_payee}
    attained = _attained_minor(connection, keys, book)
    earned = standing_reads.earned_of(connection, keys)
    return {
        "as_of": today.isoformat(),
        "payees": [
            {
                "reference": payee.reference,
                "name": payee.name,
                "components": [_json(figure, attained, earned) for figure in figures[payee.id]],
            }
            for payee in payees
        ],
    }


def _figures(payee_id: int, book: PlanBook, today: date) -> list[_Figure]:
    return [
        _Figure(
            TotalKey(
                payee_id, component_key_of(version, component), version.plan.window_of(today).key
            ),
            version.plan.currency,
        )
        for version in book.versions_of_window(payee_id, today)
        for component in version.plan.components
    ]


def _attained_minor(
    connection: Connection, keys: Collection[TotalKey], book: PlanBook
) -> dict[TotalKey, int]:
    found = totals.window_totals(connection, keys, book)
    return {total.key: total.attainment_minor for total in found}


def _json(
    figure: _Figure, attained: Mapping[TotalKey, int], earned: Mapping[TotalKey, int]
) -> dict[str, Any]:
    return {
        "component": figure.key.component_key,
        "window": figure.key.window_key,
        "currency": figure.currency,
        "attainment_minor": attained[figure.key],
        "earned_minor": earned.get(figure.key, 0),
    }
