"""Amounts, percentages and numbers as the command line writes them: the same everywhere, for people and scripts."""

from fractions import Fraction


def amount_text(amount_minor: int, digits: int) -> str:
    """1234567 with two digits is "12,345.67"."""
    whole, part = divmod(amount_minor, 10**digits)
    return f"{whole:,}.{part:0{digits}}" if digits else f"{whole:,}"


def percent_text(share: Fraction) -> str:
    return f"{number_text(share * 100)}%"


def number_text(value: Fraction) -> str:
    """The decimals a number has, at most six."""
    millionths = (value * 2_000_000 + 1) // 2
    return amount_text(millionths, 6).rstrip("0").removesuffix(".")
