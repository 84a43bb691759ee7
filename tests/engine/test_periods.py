"""Windows and periods: every day is in exactly one of a kind, also when the year starts in July."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.engine.periods import (
    MONTHS_IN,
    Period,
    PeriodKind,
    days_of,
    period_containing,
    period_named,
    working_days,
)

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
kinds = st.sampled_from(PeriodKind)
first_months = st.integers(1, 12)


@pytest.mark.parametrize(
    ("day", "kind", "first_month", "key", "starts_on", "ends_on"),
    [
        ("2026-11-22", "month", 1, "2026-11", "2026-11-01", "2026-11-30"),
        ("2026-11-22", "quarter", 1, "2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-11-22", "year", 1, "2026", "2026-01-01", "2026-12-31"),
        ("2024-02-29", "month", 1, "2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12-31", "quarter", 1, "2026-Q4", "2026-10-01", "2026-12-31"),
        ("2027-01-01", "quarter", 1, "2027-Q1", "2027-01-01", "2027-03-31"),
        ("2026-06-30", "year", 7, "2025", "2025-07-01", "2026-06-30"),
        ("2026-07-01", "year", 7, "2026", "2026-07-01", "2027-06-30"),
        ("2026-07-01", "quarter", 7, "2026-Q1", "2026-07-01", "2026-09-30"),
        ("2026-02-10", "quarter", 12, "2025-Q1", "2025-12-01", "2026-02-28"),
        ("2026-11-22", "month", 7, "2026-11", "2026-11-01", "2026-11-30"),
    ],
)
def test_a_day_falls_in_a_period_with_a_name(
    day: str, kind: str, first_month: int, key: str, starts_on: str, ends_on: str
) -> None:
    period = period_containing(date.fromisoformat(day), PeriodKind(kind), first_month)
    assert period == Period(
        key, PeriodKind(kind), date.fromisoformat(starts_on), date.fromisoformat(ends_on)
    )


@given(days, kinds, first_months)
def test_periods_of_a_kind_follow_each_other_without_gap_or_overlap(
    day: date, kind: PeriodKind, first_month: int
) -> None:
    period = period_containing(day, kind, first_month)
    assert day in period
    assert period_containing(period.starts_on, kind, first_month) == period
    assert period_containing(period.ends_on, kind, first_month) == period
    following = period_containing(period.ends_on + timedelta(days=1), kind, first_month)
    assert following.starts_on == period.ends_on + timedelta(days=1)
    assert following.key > period.key
    months = (period.ends_on.year - period.starts_on.year) * 12
    assert months + period.ends_on.month - period.starts_on.month + 1 == MONTHS_IN[kind]


@given(days, kinds, first_months)
def test_a_period_is_found_again_by_its_name(day: date, kind: PeriodKind, first_month: int) -> None:
    period = period_containing(day, kind, first_month)
    assert period_named(period.key, first_month) == period


@given(days, first_months)
def test_a_month_lies_within_its_quarter_and_that_within_its_year(
    day: date, first_month: int
) -> None:
    month, quarter, year = (period_containing(day, kind, first_month) for kind in PeriodKind)
    assert year.starts_on <= quarter.starts_on <= month.starts_on
    assert month.ends_on <= quarter.ends_on <= year.ends_on


@pytest.mark.parametrize(
    "key",
    [
        "",
        "26",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-Q0",
        "2026-1",
        "2026-Q",
        "Q4-2026",
        "2026-11-22",
        "x",
    ],
)
def test_a_name_that_is_no_period_is_refused_with_examples(key: str) -> None:
    with pytest.raises(ValueError, match="write 2026-11, 2026-Q4 or 2026"):
        period_named(key)


def test_working_days_leave_out_weekends_and_the_companys_days_off() -> None:
    december = period_named("2026-12")
    christmas = {date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)}
    found = working_days(december, christmas)
    assert len(list(days_of(december))) == 31
    assert len(found) == 21
    assert date(2026, 12, 24) not in found
    assert date(2026, 12, 23) in found
    assert date(2026, 12, 27) not in found


def test_the_last_year_of_the_calendar_has_periods_too() -> None:
    assert period_containing(date(9999, 12, 31), PeriodKind.YEAR).ends_on == date(9999, 12, 31)
    assert period_containing(date(1, 1, 1), PeriodKind.QUARTER).key == "0001-Q1"
