"""What currencies are worth, each act one transaction: rates are recorded, and the deals they touch converted anew."""

from collections.abc import Sequence
from datetime import datetime

from tracker import flow
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.store import deals, exchange, plans, trail
from tracker.store.database import Database
from tracker.store.types import Connection


def set_exchange_rates(
    database: Database, rates: Sequence[ExchangeRate], by: str, at: datetime
) -> list[ExchangeRate]:
    """Record rates, and convert every deal of their currencies from their days on again; those that were news."""
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        known = exchange.rates_on_the_days_of(connection, rates)
        newest = {(rate.currency, rate.into, rate.day): rate for rate in rates}
        news = [rate for place, rate in newest.items() if known.get(place) != rate.quoted]
        for rate in news:
            fact_id = exchange.record_rate(connection, rate, by, at)
            subject = {
                "exchange_rate_id": fact_id,
                "currency": rate.currency,
                "into": rate.into,
                "day": str(rate.day),
                "rate": rate.quoted,
            }
            trail.append(connection, "set exchange rate", by, at, subject)
        if news:
            _convert_again(connection, news, at)
        return news


def _convert_again(connection: Connection, news: Sequence[ExchangeRate], at: datetime) -> None:
    book = plans.load_plan_book(connection)
    keys: set[str] = set()
    for currency in {rate.currency for rate in news}:
        first_day = min(rate.day for rate in news if rate.currency == currency)
        keys.update(deals.deal_keys_in_currency(connection, currency, first_day))
    flow.rebuild_deals(connection, sorted(keys), book, set(), "exchange_rate", None, at)
