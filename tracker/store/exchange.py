"""Exchange rates: facts by pair and day, the newest of which counts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, tuple_

from tracker.engine.crediting.exchange import ExchangeRate
from tracker.store import tables
from tracker.store.marks import known
from tracker.store.statements import in_chunks, inserted_id

_rate = tables.exchange_rate.c


@dataclass(frozen=True, slots=True)
class KnownRates:
    """Every rate, oldest fact first, read from the database each time they are asked for."""

    connection: Connection

    def __iter__(self) -> Iterator[ExchangeRate]:
        query = select(_rate.currency, _rate.into, _rate.day, _rate.rate).order_by(_rate.id)
        rows = self.connection.execute(query.where(known(self.connection, tables.exchange_rate)))
        return (ExchangeRate(*row) for row in rows.all())


def rates_on_the_days_of(
    connection: Connection, rates: Collection[ExchangeRate]
) -> dict[tuple[str, str, object], str]:
    """What is quoted now for the pairs and days of these rates."""
    quoted: dict[tuple[str, str, object], str] = {}
    place = tuple_(_rate.currency, _rate.into, _rate.day)
    for chunk in in_chunks([(rate.currency, rate.into, rate.day) for rate in rates]):
        rows = connection.execute(
            select(_rate.currency, _rate.into, _rate.day, _rate.rate)
            .where(place.in_(chunk))
            .order_by(_rate.id)
        )
        quoted |= {(row.currency, row.into, row.day): row.rate for row in rows}
    return quoted


def record_rate(connection: Connection, rate: ExchangeRate, by: str, at: datetime) -> int:
    """Record what a currency is worth from a day on; the id of the fact."""
    fact = {
        "currency": rate.currency,
        "into": rate.into,
        "day": rate.day,
        "rate": rate.quoted,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.exchange_rate).values(fact))
