"""Months of a deal, counted from its own day."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_deal
from tracker.engine.agreement.deal_terms import Clawback, ClawbackStep
from tracker.engine.crediting.over_time import kept_of
from tracker.engine.periods import full_months, months_later

some_days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
YEAR = Clawback((ClawbackStep(12, Fraction(1)),))
BY_MONTHS = Clawback((ClawbackStep(12, Fraction(1)),), is_by_months=True)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2024, 2, 29), 48, (2028, 2, 29)),
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2026, 1, 31), 2, (2026, 3, 31)),
        ((2026, 12, 31), 2, (2027, 2, 28)),
        ((2026, 12, 1), 1, (2027, 1, 1)),
        ((2026, 5, 5), 0, (2026, 5, 5)),
    ],
)
def test_a_month_without_the_day_ends_on_its_last(
    day: tuple[int, int, int], months: int, later: tuple[int, int, int]
) -> None:
    assert months_later(date(*day), months) == date(*later)


@given(some_days, st.integers(0, 60))
def test_so_many_months_later_so_many_months_are_full_and_a_day_before_one_less(
    day: date, months: int
) -> None:
    later = months_later(day, months)
    assert full_months(day, later) == months
    assert full_months(day, later - timedelta(days=1)) == max(0, months - 1)


@given(some_days, st.integers(0, 500))
def test_the_longer_a_customer_stays_the_more_is_kept(day: date, stayed_days: int) -> None:
    def kept(days: int) -> Fraction:
        return kept_of(a_deal(effective_on=day, ended_on=day + timedelta(days=days)), BY_MONTHS)

    assert 0 <= kept(stayed_days) <= kept(stayed_days + 1) <= 1


@given(some_days)
def test_a_deal_is_safe_from_the_day_its_window_is_over(day: date) -> None:
    safe_on = months_later(day, 12)
    for clawback, kept_a_day_early in ((YEAR, Fraction(0)), (BY_MONTHS, Fraction(11, 12))):
        day_early = safe_on - timedelta(days=1)
        assert kept_of(a_deal(effective_on=day, ended_on=day_early), clawback) == kept_a_day_early
        assert kept_of(a_deal(effective_on=day, ended_on=safe_on), clawback) == 1
        assert kept_of(a_deal(effective_on=day), clawback) == 1
