"""What the replay makes of a deal in another currency: the newest rate up to its day, each part converted once."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.money import MINOR_DIGITS


def worth_of(rates: Iterable[ExchangeRate], currency: str, into: str, day: date) -> Fraction | None:
    """Minor units of one currency for a minor unit of another on a day; None while no rate was said."""
    newest: ExchangeRate | None = None
    for rate in rates:
        if (rate.currency, rate.into) != (currency, into) or rate.day > day:
            continue
        if newest is None or rate.day >= newest.day:
            newest = rate
    if newest is None:
        return None
    whole_into, whole_of = 10 ** MINOR_DIGITS[into], 10 ** MINOR_DIGITS[currency]
    return Fraction(newest.quoted) * Fraction(whole_into, whole_of)
