"""Whether a plan still does what it should: reach, margin near the steps, sales at the ends of windows."""

from datetime import date, timedelta
from fractions import Fraction

from tests.builders import ANNA, a_deal, a_plan
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PlanVersion
from tracker.engine.deals import Deal
from tracker.engine.earning.paying import Terms, pay
from tracker.engine.periods import PeriodKind, period_containing
from tracker.engine.plan_trials.plan_watch import edges_of, near_steps, reach_by_window
from tracker.engine.plan_trials.simulation import Attainment

PLAN = a_plan('tiers = [ { up_to = "100000", rate = "5%" }, { rate = "10%" } ]', window="month")
JANUARY = date(2026, 1, 1)


def a_month(month: int, near_margin: int, other_margin: int) -> list[Deal]:
    """Five sales: the second leaves its seller a little below the step, the third carries them over it."""
    amounts = (40_000_00, 57_000_00, 20_000_00, 30_000_00, 10_000_00)
    margins = (other_margin, near_margin, near_margin, other_margin, other_margin)
    return [
        a_deal(
            f"d-{month:02}-{number}",
            amount_minor,
            effective_on=date(2026, month, 3 + number),
            measures={"margin": amount_minor * margin // 100},
        )
        for number, (amount_minor, margin) in enumerate(zip(amounts, margins, strict=True))
    ]


def paid(deals: list[Deal]):
    book = PlanBook([PlanVersion(1, "ae", date.min, PLAN)], [Assignment(ANNA, "ae", date.min)])
    return pay(deals, Terms(PLAN, book, date(2026, 12, 31)), keeps_credits=True)


def near_of(deals: list[Deal]):
    return near_steps(paid(deals), {deal.key: deal for deal in deals}, PLAN.components[0])


def test_margin_given_away_near_a_step_is_the_difference_on_what_was_sold_there() -> None:
    deals = [deal for month in (1, 2, 3, 4) for deal in a_month(month, 30, 40)]
    found = near_of(deals)
    assert found is not None
    assert found.near_count == 8
    assert (found.near_share, found.other_share) == (Fraction(3, 10), Fraction(4, 10))
    assert found.given_away_minor == 4 * 77_000_00 // 10


def test_with_few_deals_nothing_is_said_about_margin() -> None:
    assert near_of(a_month(1, 30, 40)) is None


def test_deals_that_tell_no_margin_are_left_out() -> None:
    deals = [deal for month in (1, 2, 3, 4) for deal in a_month(month, 30, 40)]
    silent = a_deal("silent", 5_000_00, effective_on=date(2026, 5, 2))
    assert near_of([*deals, silent]) == near_of(deals)


def test_even_sales_crowd_nowhere() -> None:
    window = period_containing(JANUARY, PeriodKind.QUARTER)
    days = (window.ends_on - window.starts_on).days + 1
    deals = [
        a_deal(f"d-{n}", 1_000_00, effective_on=JANUARY + timedelta(days=n)) for n in range(days)
    ]
    found = edges_of(deals, [window])
    assert found is not None
    assert (found.first_week, found.last_week) == (1, 1)


def test_sales_pulled_into_the_last_week_show() -> None:
    window = period_containing(JANUARY, PeriodKind.MONTH)
    deals = [a_deal(f"d-{n}", 1_000_00, effective_on=date(2026, 1, 8 + n)) for n in range(17)]
    late = [a_deal(f"e-{n}", 10_000_00, effective_on=date(2026, 1, 31)) for n in range(3)]
    found = edges_of([*deals, *late], [window])
    assert found is not None
    assert found.first_week == 0
    assert found.last_week == Fraction(30_000_00, 47_000_00) * Fraction(31, 7)
    assert edges_of(late, [window]) is None


def test_reach_counts_windows_with_and_without_a_quota() -> None:
    attainments = [
        Attainment(1, "2026-Q1", Fraction(11, 10), True),
        Attainment(2, "2026-Q1", Fraction(5, 10), False),
        Attainment(3, "2026-Q1", None, True),
    ]
    found = reach_by_window(attainments)["2026-Q1"]
    assert (found.people_count, found.past_first_step_count, found.at_quota_count) == (3, 2, 1)
