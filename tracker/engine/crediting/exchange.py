"""Exchange rates by day, and the one conversion a credit goes through when its deal is in another currency."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tracker.engine.money import minor_digits, round_to_minor_unit


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """From a day on one unit of a currency is worth so much of another, as it was quoted: such as "7.4605"."""

    currency: str
    into: str
    day: date
    quoted: str

    @property
    def factor(self) -> Fraction:
        """Minor units of `into` for one minor unit of `currency`."""
        digits = minor_digits(self.into) - minor_digits(self.currency)
        return Fraction(self.quoted) * Fraction(10) ** digits

    def convert(self, amount_minor: int) -> int:
        """The amount in the other currency, rounded once."""
        return round_to_minor_unit(amount_minor * self.factor)


class ExchangeRates:
    """All that is known; the latest rate up to a day is carried forward. Of two for one day the later one counts.

    They are read when the first one is asked for: most companies sell in one currency.
    """

    def __init__(self, rates: Iterable[ExchangeRate]) -> None:
        self._source = rates
        self._by_pair: dict[tuple[str, str], list[ExchangeRate]] | None = None

    def __iter__(self) -> Iterator[ExchangeRate]:
        return iter(self._source)

    def on(self, currency: str, into: str, day: date) -> ExchangeRate | None:
        """The rate that holds on a day; None before the first one."""
        if self._by_pair is None:
            self._by_pair = _by_pair(self._source)
        known = self._by_pair.get((currency, into), [])
        index = bisect_right(known, day, key=lambda rate: rate.day)
        return known[index - 1] if index else None


def _by_pair(rates: Iterable[ExchangeRate]) -> dict[tuple[str, str], list[ExchangeRate]]:
    by_day = {(rate.currency, rate.into, rate.day): rate for rate in rates}
    pairs: dict[tuple[str, str], list[ExchangeRate]] = {}
    for (currency, into, _), rate in sorted(by_day.items(), key=lambda of: of[0]):
        pairs.setdefault((currency, into), []).append(rate)
    return pairs
