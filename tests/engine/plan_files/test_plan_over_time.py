"""What a component may say about time, and how a file that says it wrongly is refused."""

from datetime import date
from fractions import Fraction

import pytest

from tests.builders import FLAT_RATE, a_plan, a_plan_text
from tracker.engine.agreement.deal_terms import Churn, Clawback, ClawbackStep, Overlays, Reprices
from tracker.engine.agreement.plans import Component
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan

ALL, HALF = Fraction(1), Fraction(1, 2)


def component_of(*lines: str) -> Component:
    return a_plan("\n".join([*lines, FLAT_RATE])).components[0]


def problems_of(*lines: str) -> list[str]:
    with pytest.raises(PlanFileError) as refusal:
        parse_plan(a_plan_text("\n".join([*lines, FLAT_RATE])))
    return [str(problem) for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("within_months = 12", Clawback((ClawbackStep(12, ALL),))),
        ('within_months = 6, takes = "all"', Clawback((ClawbackStep(6, ALL),))),
        ('within_months = 6, takes = "50%"', Clawback((ClawbackStep(6, HALF),))),
        (
            'within_months = 9, takes = "by_months_remaining", reprices = "deal"',
            Clawback((ClawbackStep(9, ALL),), True, Reprices.DEAL),
        ),
        (
            'takes = [{within_months = 3, takes = "100%"}, {within_months = 6, takes = "50%"}]',
            Clawback((ClawbackStep(3, ALL), ClawbackStep(6, HALF))),
        ),
        (
            'within_months = 6, takes = [{within_months = 6, takes = "50%"}]',
            Clawback((ClawbackStep(6, HALF),)),
        ),
    ],
)
def test_a_clawback_is_read_as_written(written: str, read: Clawback) -> None:
    assert component_of(f"clawback = {{ {written} }}").clawback == read


def test_a_component_may_have_days_and_count_churn_and_overlays() -> None:
    component = component_of(
        'from = "2026-11-01"', "until = 2026-11-30", 'overlays = "pay_only"', 'churn = "net"'
    )
    assert (component.starts_on, component.ends_on) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (component.overlays, component.churn) == (Overlays.PAY_ONLY, Churn.NET)


def test_without_such_keys_nothing_is_taken_back_and_every_day_counts() -> None:
    component = component_of()
    assert (component.clawback, component.churn) == (None, Churn.GROSS)
    assert component.overlays is Overlays.COUNT
    assert component.is_open_on(date.min)
    assert component.is_open_on(date.max)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("clawback = 12", "line 8, components[1].clawback: 12 is not a table."),
        ("clawback = {}", '"within_months" is missing'),
        ("clawback = { within_months = 0 }", "0 is not a whole number from 1 to 120"),
        ("clawback = { within_months = 121 }", "121 is not a whole number from 1 to 120"),
        ('clawback = { within_months = 3, takes = "some" }', '"some" does not say how much'),
        ('clawback = { within_months = 3, takes = "0%" }', "not a part of what was credited"),
        ('clawback = { within_months = 3, takes = "101%" }', "not a part of what was credited"),
        ("clawback = { within_months = 3, takes = 1 }", "1 does not say how much"),
        ("clawback = { takes = [] }", "the list is empty"),
        ("clawback = { takes = [ 3 ] }", "3 is not a table"),
        ("clawback = { takes = [ { within_months = 3 } ] }", '"takes" is missing'),
        (
            'clawback = { takes = [ {within_months = 3, takes = "9%"}, {within_months = 3, takes = "5%"} ] }',
            "3 months are not more than the 3 before",
        ),
        (
            'clawback = { within_months = 12, takes = [ {within_months = 3, takes = "9%"} ] }',
            "the last step ends after 3 months, not 12",
        ),
        ('clawback = { within_months = 3, reprices = "all" }', '"all" is not one of the choices'),
        ("clawback = { months = 3 }", '"months" is not a key of this table'),
        ('churn = "both"', '"both" is not one of the choices'),
        ('overlays = "none"', '"none" is not one of the choices'),
        ('from = "2026-11-31"', '"2026-11-31" is not a day'),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_and_what_to_write(line: str, problem: str) -> None:
    found = problems_of(line)
    assert any(problem in one and one.startswith("line 8") for one in found), found


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ("clawback = { within_months = 3 }", 'churn = "net"'),
            "would be taken off twice",
        ),
        (('overlays = "pay_only"', 'weights = "average"'), "have no average weight"),
        (('from = "2026-11-02"', 'until = "2026-11-01"'), "2026-11-01 is before 2026-11-02"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(lines: tuple[str, ...], problem: str) -> None:
    assert any(problem in one for one in problems_of(*lines))
