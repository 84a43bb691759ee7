"""Money is a whole number of minor units; rates are exact fractions; rounding happens here and nowhere else."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

AMOUNT_MINOR_MAX = 10**13
"""The largest amount of one deal, in minor units: a sum of many such still fits a 64-bit column with its weights."""

MINOR_DIGITS = {
    "DKK": 2,
    "SEK": 2,
    "NOK": 2,
    "EUR": 2,
    "USD": 2,
    "GBP": 2,
    "CHF": 2,
    "PLN": 2,
    "ISK": 0,
    "JPY": 0,
}
"""Currencies the product knows and the digits of their minor unit (ISO 4217)."""

_ASCII_NUMBER = frozenset("0123456789.-")
_PLAIN_LENGTH_MAX = 11


class MoneyError(ValueError):
    """An amount that cannot be money; the message says why."""


def minor_digits(currency: str) -> int:
    """Digits after the decimal mark of a currency. Raises MoneyError for a currency the product does not know."""
    if currency not in MINOR_DIGITS:
        raise MoneyError(
            f"unknown currency {currency!r}; known are {', '.join(sorted(MINOR_DIGITS))}"
        )
    return MINOR_DIGITS[currency]


def parse_amount_minor(text: str, digits: int) -> int:
    """Minor units of a plain decimal such as "-1234.50"; exact, or MoneyError.

    Refuses exponents, full-width digits, underscores, more decimals than the currency has, and anything above
    AMOUNT_MINOR_MAX, so that "1e600000" costs nothing.
    """
    if digits == 2 and 0 < len(text) <= _PLAIN_LENGTH_MAX:
        # "12.34" or "12", as by far the most are, and long files are read by the million.
        minor = text[:-3] + text[-2:] if text[-3:-2] == "." else text + "00"
        if minor.isascii() and minor.isdigit():
            return int(minor)
    if not text or len(text) > 30 or not set(text) <= _ASCII_NUMBER:
        raise MoneyError(
            f"{text[:30]!r} is not an amount; write digits with a point, such as 1250.50"
        )
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise MoneyError(
            f"{text!r} is not an amount; write digits with a point, such as 1250.50"
        ) from None
    exact = amount.scaleb(digits)
    if exact != exact.to_integral_value():
        raise MoneyError(
            f"{text!r} has more than {digits} decimals, which this currency does not have"
        )
    if abs(exact) > AMOUNT_MINOR_MAX:
        raise MoneyError(f"{text!r} is larger than the product accepts for one amount")
    return int(exact)


def round_to_minor_unit(exact: Fraction | int) -> int:
    """The one rounding: half away from zero, as payroll in Denmark and Sweden rounds.

    >>> round_to_minor_unit(Fraction(5, 2)), round_to_minor_unit(Fraction(-5, 2)), round_to_minor_unit(Fraction(7, 3))
    (3, -3, 2)
    """
    numerator, denominator = exact.numerator, exact.denominator
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def share_out(amount_minor: int, shares: Sequence[Fraction]) -> list[int]:
    """Split an amount by shares (fractions of the whole) so that the parts sum to the rounded sum of shares of it.

    Largest remainder: every part is first cut towards zero, then the left-over units go to the parts that lost
    most, the earlier participant first on a tie. Shares of 100 % in all therefore give back the whole.

    >>> share_out(100, [Fraction(1, 3)] * 3)
    [34, 33, 33]
    """
    sign = 1 if amount_minor >= 0 else -1
    parts, cut = [], []
    for share in shares:
        whole, remainder = divmod(abs(amount_minor) * share.numerator, share.denominator)
        parts.append(whole)
        cut.append((remainder, share.denominator))
    if any(remainder for remainder, _ in cut):
        _give_left_over(parts, [Fraction(*lost) for lost in cut])
    return [sign * part for part in parts]


def _give_left_over(parts: list[int], cut: Sequence[Fraction]) -> None:
    """Add what the cuts sum to, in whole units, to the parts that lost most."""
    left_over = round_to_minor_unit(sum(cut, Fraction(0)))
    most_cut_first = sorted(range(len(parts)), key=lambda index: (-cut[index], index))
    for index in most_cut_first[:left_over]:
        parts[index] += 1
