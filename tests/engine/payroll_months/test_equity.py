"""A grant vests in whole units, all of it by its last day, and nothing of it is lost or made up on the way."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ANNA
from tracker.engine.payroll_months.equity import Grant, problem_of, schedule_of, standing_of

WARRANTS = Grant(ANNA, "Warrants", 1_000, date(2026, 1, 31), 48, cliff_months=12, every_months=3)


@given(
    units=st.integers(1, 10**6),
    every=st.integers(1, 12),
    times=st.integers(1, 20),
    cliff=st.integers(0, 20),
)
def test_the_vestings_of_a_schedule_are_the_grant(
    units: int, every: int, times: int, cliff: int
) -> None:
    cliff_months = min(cliff, times) * every
    grant = Grant(ANNA, "Any", units, date(2024, 2, 29), every * times, cliff_months, every)
    assert problem_of(grant) is None
    schedule = schedule_of(grant)
    assert sum(vesting.units for vesting in schedule) == units
    assert all(vesting.units >= 0 for vesting in schedule)
    assert [vesting.on for vesting in schedule] == sorted({vesting.on for vesting in schedule})


def test_nothing_vests_before_the_cliff_and_then_all_that_built_up() -> None:
    first, second, *_ = schedule_of(WARRANTS)
    assert (first.on, first.units) == (date(2027, 1, 31), 250)
    assert (second.on, second.units) == (date(2027, 4, 30), 62)
    assert standing_of(WARRANTS, date(2027, 1, 30)).vested_units == 0
    assert standing_of(WARRANTS, date(2027, 1, 31)).vested_units == 250


def test_the_last_vesting_brings_the_rest() -> None:
    thirds = Grant(ANNA, "Thirds", 100, date(2026, 1, 1), 36, every_months=12)
    assert [vesting.units for vesting in schedule_of(thirds)] == [33, 33, 34]


def test_who_leaves_keeps_what_had_vested_until_the_last_day() -> None:
    left_on = date(2027, 4, 30)
    before = standing_of(WARRANTS, left_on, left_on)
    after = standing_of(WARRANTS, date(2027, 5, 1), left_on)
    assert (before.vested_units, before.forfeited_units, before.next) == (312, 0, None)
    assert (after.vested_units, after.forfeited_units, after.next) == (312, 688, None)


def test_the_next_vesting_is_named_with_its_day() -> None:
    standing = standing_of(WARRANTS, date(2026, 11, 24))
    assert standing.next is not None
    assert (standing.next.on, standing.next.units) == (date(2027, 1, 31), 250)
    assert standing_of(WARRANTS, date(2030, 1, 31)).next is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"units": 0}, "units"),
        ({"over_months": 0}, "over_months"),
        ({"every_months": 5}, "every_months"),
        ({"every_months": 0}, "every_months"),
        ({"cliff_months": 13}, "cliff_months"),
        ({"cliff_months": 51}, "cliff_months"),
    ],
)
def test_a_schedule_that_cannot_be_is_named(changes: dict[str, int], word: str) -> None:
    problem = problem_of(replace(WARRANTS, **changes))
    assert problem is not None
    assert problem[0] == word
