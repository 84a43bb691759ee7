"""Where a payee stands, and what a typical next deal adds: worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest

from tests.builders import ANNA, a_deal, a_plan
from tests.scenarios.running import RunningTotals
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaRules
from tracker.engine.agreement.quotas import season_gone
from tracker.engine.earning.standing import Standing, standing_of
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import working_days

TODAY = date(2026, 11, 20)
LADDER = 'tiers = [ { up_to = "1000", rate = "5%" }, { rate = "10%" } ]'


def standing_today(sold_minor: int, *components: str, on_change: str = "continue") -> Standing:
    """Anna sold so much on 2 November; the second version of her plan counts from the 15th. Typical is 400.00."""
    days = (date(2026, 1, 1), date(2026, 11, 15))
    versions = [
        PlanVersion(number, "ae", day, a_plan(component, on_change=on_change))
        for number, (component, day) in enumerate(zip(components, days, strict=False), start=1)
    ]
    totals = RunningTotals(PlanBook(versions, [Assignment(ANNA, "ae", days[0])]))
    totals.record(a_deal(amount_minor=sold_minor))
    plan = versions[-1].plan
    return standing_of(
        versions[-1],
        plan.components[0],
        totals.total(TotalKey(ANNA, "ae/sales", "2026-Q4")),
        totals.book,
        plan.window_of(TODAY),
        earned_minor=sum(totals.earned().values()),
        working=[date(2026, 11, 19), date(2026, 11, 23)],
        today=TODAY,
        typical_deal_minor=40_000,
    )


@pytest.mark.parametrize(
    ("component", "sold_minor", "next_deal_minor"),
    [
        (LADDER, 80_000, 1_000 + 2_000),
        (LADDER, 100_000, 4_000),
        (f'mode = "whole"\n{LADDER}', 80_000, 12_000 - 4_000),
        (f'cap_at = "1100"\n{LADDER}', 80_000, 1_000 + 1_000),
        (f'cap_payout = "55"\n{LADDER}', 80_000, 1_500),
    ],
)
def test_the_next_deal_pays_what_its_tiers_jumps_and_caps_leave(
    component: str, sold_minor: int, next_deal_minor: int
) -> None:
    assert standing_today(sold_minor, component).next_deal_minor == next_deal_minor


@pytest.mark.parametrize(
    ("on_change", "step_number", "next_deal_minor"), [("continue", 2, 8_000), ("restart", 1, 2_400)]
)
def test_a_version_that_has_just_begun_is_climbed_from_where_it_says(
    on_change: str, step_number: int, next_deal_minor: int
) -> None:
    """1,500.00 were sold under the version before; nothing yet under this one."""
    new = 'tiers = [ { up_to = "1000", rate = "6%" }, { rate = "20%" } ]'
    standing = standing_today(150_000, LADDER, new, on_change=on_change)
    assert (standing.step_number, standing.next_deal_minor) == (step_number, next_deal_minor)
    assert standing.earned_minor == 10_000
    assert standing.pace.earned_minor == 10_000 + (
        30_000 if on_change == "continue" else 6_000 + 10_000
    )


def test_the_pace_weighs_days_by_the_season() -> None:
    """October weighs 1, November 1, December 2: by 30 November half of the quarter is gone, by 15 December more."""
    rules = QuotaRules(seasonal=tuple(map(Fraction, [1] * 11 + [2])))
    plan = a_plan(LADDER)
    working = working_days(plan.window_of(TODAY), ())
    shares = [
        season_gone(rules, plan, working, day)
        for day in (date(2026, 9, 30), date(2026, 11, 30), date(2026, 12, 31))
    ]
    assert shares == [0, Fraction(1, 2), 1]
    assert season_gone(QuotaRules(), plan, working, TODAY) is None
