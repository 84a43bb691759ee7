"""Money: what is accepted as an amount, the one rounding, and shares that never lose a minor unit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.engine.money import (
    AMOUNT_MINOR_MAX,
    MINOR_DIGITS,
    MoneyError,
    minor_digits,
    parse_amount_minor,
    round_to_minor_unit,
    share_out,
)

amounts_minor = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)


@pytest.mark.parametrize(
    ("text", "digits", "amount_minor"),
    [
        ("1250.50", 2, 125_050),
        ("1250.5", 2, 125_050),
        ("-1250.50", 2, -125_050),
        ("0", 2, 0),
        ("-0.00", 2, 0),
        ("007", 2, 700),
        ("1250", 0, 1250),
        ("1250.0", 0, 1250),
        ("0.010000", 2, 1),
        ("100000000000.00", 2, AMOUNT_MINOR_MAX),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, digits: int, amount_minor: int) -> None:
    assert parse_amount_minor(text, digits) == amount_minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "1e5",
        "1e600000",
        "1,250.50",
        "1.250,50",
        "1_000",
        "+5",
        "--5",
        "5-",
        "1.2.3",
        ".",
        "-",
        "NaN",
        "Infinity",
        "１２",
        "٣",
        "1 000",
        "9" * 31,
    ],
)
def test_what_is_not_a_plain_decimal_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MoneyError, match=r"such as 1250\.50"):
        parse_amount_minor(text, 2)


@pytest.mark.parametrize(("text", "digits"), [("0.001", 2), ("1.5", 0), ("-10.999", 2)])
def test_more_decimals_than_the_currency_has_are_refused(text: str, digits: int) -> None:
    with pytest.raises(MoneyError, match=f"more than {digits} decimals"):
        parse_amount_minor(text, digits)


@pytest.mark.parametrize("text", ["100000000000.01", "-100000000000.01", "9" * 30])
def test_an_amount_beyond_the_largest_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="larger than"):
        parse_amount_minor(text, 2)


def test_an_unknown_currency_is_refused_by_name() -> None:
    assert (minor_digits("DKK"), minor_digits("JPY")) == (2, 0)
    with pytest.raises(MoneyError, match="unknown currency 'dkk'; known are CHF, DKK"):
        minor_digits("dkk")


@given(amounts_minor, st.sampled_from(sorted(set(MINOR_DIGITS.values()))))
def test_an_amount_written_out_is_read_back(amount_minor: int, digits: int) -> None:
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**digits)
    text = f"{sign}{whole}" + (f".{part:0{digits}}" if digits else "")
    assert parse_amount_minor(text, digits) == amount_minor


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(-5, 2), -3),
        (Fraction(499, 1000), 0),
        (Fraction(-499, 1000), 0),
        (Fraction(501, 1000), 1),
        (7, 7),
        (-7, -7),
    ],
)
def test_rounding_is_half_away_from_zero(exact: Fraction | int, rounded: int) -> None:
    assert round_to_minor_unit(exact) == rounded


@given(st.fractions(min_value=-(10**12), max_value=10**12))
def test_rounding_is_symmetric_and_never_more_than_half_off(exact: Fraction) -> None:
    rounded = round_to_minor_unit(exact)
    assert abs(rounded - exact) <= Fraction(1, 2)
    assert round_to_minor_unit(-exact) == -rounded


def test_the_unit_left_over_goes_to_the_first_of_those_who_lost_most() -> None:
    assert share_out(100, [Fraction(1, 3)] * 3) == [34, 33, 33]
    assert share_out(-100, [Fraction(1, 3)] * 3) == [-34, -33, -33]
    assert share_out(101, [Fraction(1, 2), Fraction(1, 2)]) == [51, 50]
    assert share_out(10, [Fraction(34, 100), Fraction(66, 100)]) == [3, 7]


@given(amounts_minor, st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_shares_of_the_whole_always_give_back_the_whole(
    amount_minor: int, parts: list[int]
) -> None:
    shares = [Fraction(part, sum(parts)) for part in parts]
    shared = share_out(amount_minor, shares)
    assert sum(shared) == amount_minor
    for part_minor, share in zip(shared, shares, strict=True):
        assert abs(part_minor - amount_minor * share) < 1
