"""Draws: the least a period pays, the debt that leaves, and how the debt ends."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.settlement_oracle import paid_and_owed
from tracker.engine.agreement.plans import Draw, DrawKind
from tracker.engine.payroll_months.settlement import settle
from tracker.engine.periods import Period, PeriodKind, period_containing

FOR_THREE_MONTHS = Draw(30_000, ends_on=date(2026, 3, 31))
AMOUNTS = st.integers(-1_000, 5_000)
LEAST = st.integers(1, 3_000)
LIMITS = st.none() | st.integers(0, 1_500)


def months(count: int) -> list[Period]:
    """The first months of 2026, and on."""
    found = [period_containing(date(2026, 1, 1), PeriodKind.MONTH)]
    while len(found) < count:
        next_day = found[-1].ends_on + timedelta(days=1)
        found.append(period_containing(next_day, PeriodKind.MONTH))
    return found[:count]


def figures(earned: Sequence[int], draw: Draw | None) -> list[tuple[int, int]]:
    """What each month pays, and what is owed after it."""
    settled = settle(list(zip(months(len(earned)), earned, strict=True)), draw)
    return [(period.paid_minor, period.debt_minor) for period in settled]


def test_the_printed_draw_is_given_back_from_what_is_earned_above_it() -> None:
    found = figures([10_000, 25_000, 40_000, 50_000], FOR_THREE_MONTHS)
    assert found == [(30_000, 20_000), (30_000, 25_000), (30_000, 15_000), (35_000, 0)]


def test_a_draw_that_need_not_be_given_back_is_a_guaranteed_minimum() -> None:
    draw = Draw(30_000, DrawKind.NON_RECOVERABLE, ends_on=date(2026, 3, 31))
    found = figures([10_000, 25_000, 40_000, 50_000], draw)
    assert found == [(30_000, 0), (30_000, 0), (40_000, 0), (50_000, 0)]


def test_a_balance_is_forgiven_after_the_last_month_of_the_draw() -> None:
    draw = Draw(30_000, ends_on=date(2026, 3, 15), forgives_at_end=True)
    found = figures([10_000, 25_000, 40_000, 50_000], draw)
    assert found == [(30_000, 20_000), (30_000, 25_000), (30_000, 0), (50_000, 0)]
    settled = settle([(month, 10_000) for month in months(4)], draw)
    assert [period.forgiven_minor for period in settled] == [0, 0, 60_000, 0]


def test_a_month_gives_back_no_more_than_the_limit() -> None:
    draw = Draw(30_000, ends_on=date(2026, 2, 28), recovery_limit_minor=4_000)
    found = figures([20_000, 25_000, 50_000, 3_000, 50_000, 50_000, 50_000], draw)
    assert [paid for paid, _ in found] == [30_000, 30_000, 46_000, 0, 46_000, 46_000, 50_000]
    assert [debt for _, debt in found] == [10_000, 15_000, 11_000, 8_000, 4_000, 0, 0]


def test_a_draw_is_paid_whole_in_each_month_it_touches_and_in_no_other() -> None:
    draw = Draw(100, starts_on=date(2026, 2, 28), ends_on=date(2026, 3, 1))
    settled = settle([(month, 0) for month in months(4)], draw)
    assert [period.draw_minor for period in settled] == [0, 100, 100, 0]


def test_without_a_draw_a_negative_month_is_owed_and_nobody_pays_in() -> None:
    assert figures([-500, 200, 400], None) == [(0, 500), (0, 300), (100, 0)]


def test_a_guarantee_does_not_forgive_a_negative_month() -> None:
    draw = Draw(100, DrawKind.NON_RECOVERABLE)
    assert figures([-500, 90, 700], draw) == [(100, 500), (100, 500), (200, 0)]


@pytest.mark.parametrize("kind", list(DrawKind))
@given(earned=st.lists(AMOUNTS, max_size=15), least=LEAST, limit=LIMITS)
def test_paid_and_owed_are_what_loans_given_back_oldest_first_leave(
    kind: DrawKind, earned: list[int], least: int, limit: int | None
) -> None:
    draw = Draw(least, kind, date(2026, 2, 1), date(2026, 9, 30), limit)
    least_by_month = [least if 2 <= month.starts_on.month <= 9 else 0 for month in months(12)]
    rows = list(zip(earned, [*least_by_month, 0, 0, 0], strict=False))
    is_gift = kind is DrawKind.NON_RECOVERABLE
    assert figures(earned, draw) == paid_and_owed(rows, limit, is_gift)


@given(earned=st.lists(AMOUNTS, max_size=15), least=LEAST, limit=LIMITS, forgives=st.booleans())
def test_what_was_paid_is_what_was_earned_and_is_owed_or_was_forgiven(
    earned: list[int], least: int, limit: int | None, forgives: bool
) -> None:
    draw = Draw(
        least, DrawKind.RECOVERABLE, None, date(2026, 6, 30), limit, forgives_at_end=forgives
    )
    settled = settle(list(zip(months(len(earned)), earned, strict=True)), draw)
    for count in range(len(settled) + 1):
        so_far = settled[:count]
        debt_minor = so_far[-1].debt_minor if so_far else 0
        given_minor = sum(period.paid_minor - period.forgiven_minor for period in so_far)
        assert given_minor == sum(earned[:count]) + debt_minor
    assert all(period.debt_minor >= 0 for period in settled)
    assert all(period.paid_minor >= period.draw_minor for period in settled)
