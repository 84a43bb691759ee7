"""The exchange rates of a plan file: what a calculation without a database converts foreign deals by."""

import re
from datetime import date

from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.plan_files.plan_reader import TableReader, shown

EXCHANGE_KEYS = ("currency", "day", "rate")
EXAMPLE_RATE = '{ currency = "EUR", day = "2026-01-01", rate = "7.4605" }'
QUOTED = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,10})?")
"""How a rate is quoted: digits with a point; exact, as it stands in the paper."""


def read_exchange_rates(plan: TableReader, into: str) -> tuple[ExchangeRate, ...]:
    """The rates of a plan file, each into the plan's currency. Every problem with them is noted."""
    rates: list[ExchangeRate] = []
    first_numbers: dict[tuple[str, date], int] = {}
    for number, table in enumerate(plan.tables("exchange_rates", EXAMPLE_RATE), start=1):
        rate = _read_rate(table, into)
        if rate is None:
            continue
        first = first_numbers.setdefault((rate.currency, rate.day), number)
        if first != number:
            what = f"{rate.currency} on {rate.day} already has the rate of number {first}."
            table.problem("day", what, "Keep one of the two.")
        rates.append(rate)
    return tuple(rates)


def _read_rate(table: TableReader, into: str) -> ExchangeRate | None:
    table.refuse_unknown(EXCHANGE_KEYS)
    there = [table.require(key, f'{key} = "{example}"') for key, example in _EXAMPLES]
    currency, day = _read_currency(table, into), table.day("day")
    quoted = _read_quoted(table)
    if not all(there) or currency is None or day is None or quoted is None:
        return None
    return ExchangeRate(currency, into, day, quoted)


_EXAMPLES = (("currency", "EUR"), ("day", "2026-01-01"), ("rate", "7.4605"))


def _read_currency(table: TableReader, into: str) -> str | None:
    currency = table.values.get("currency")
    if currency == into:
        what = f"{into} is the plan's own currency, which needs no rate."
        table.problem("currency", what, "Remove this rate.")
    elif isinstance(currency, str) and currency in MINOR_DIGITS:
        return currency
    elif currency is not None:
        what = f"{shown(currency)} is not a currency the product knows."
        table.problem("currency", what, f"Known: {', '.join(sorted(MINOR_DIGITS))}.")
    return None


def _read_quoted(table: TableReader) -> str | None:
    number = table.factor("rate", '"7.4605"')
    written = table.values.get("rate")
    if number is None:
        return None
    if isinstance(written, str) and not QUOTED.fullmatch(written.strip()):
        what = f"{shown(written)} is not how much one unit is worth."
        table.problem("rate", what, 'Write a decimal with a point: rate = "7.4605".')
        return None
    return str(written).strip()
