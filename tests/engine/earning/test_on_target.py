"""Base and commission on target: the agreement as people know it, the months of a year summing to it exactly."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_plan
from tracker.engine.earning.on_target import base_minor, on_target_minor
from tracker.engine.periods import PeriodKind, period_containing

QUOTA_TIERS = """
tiers_on = "quota"
tiers = [ {up_to = "80%", rate = "8%"}, {up_to = "100%", rate = "10%"}, {rate = "13%"} ]
"""


@given(st.integers(0, 10**11), st.integers(1, 12), st.sampled_from(PeriodKind))
def test_the_periods_of_a_fiscal_year_sum_to_its_base_salary(
    yearly_minor: int, first_month: int, kind: PeriodKind
) -> None:
    days = [date(2027 + month // 12, month % 12 + 1, 1) for month in range(24)]
    year = period_containing(date(2027, first_month, 1), PeriodKind.YEAR, first_month)
    periods = {period_containing(day, kind, first_month) for day in days if day in year}
    assert sum(base_minor(yearly_minor, period, first_month) for period in periods) == yearly_minor


@pytest.mark.parametrize(
    ("component", "quota_minor", "on_target"),
    [
        ('tiers = [ {rate = "10%"} ]', 3_000_000_00, 300_000_00),
        (QUOTA_TIERS, 2_000_000_00, 168_000_00),
        (QUOTA_TIERS + 'cap_payout = "150000"', 2_000_000_00, 150_000_00),
        (QUOTA_TIERS, None, None),
        ('pays_on = "margin"\ntiers = [ {rate = "10%"} ]', 3_000_000_00, None),
    ],
)
def test_on_target_pays_what_the_table_says_at_the_quota(
    component: str, quota_minor: int | None, on_target: int | None
) -> None:
    assert on_target_minor(a_plan(component).components[0], quota_minor) == on_target
