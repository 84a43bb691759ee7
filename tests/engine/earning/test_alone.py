"""What does not climb together, and what was agreed with one payee about it: as a computation from scratch says."""

from datetime import date
from fractions import Fraction

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ANNA, a_deal, a_plan, an_event
from tests.scenarios.running import Earned, RunningTotals
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PersonalException, PlanVersion, Tier
from tracker.engine.deals import Deal
from tracker.engine.replaying.replay import replay

SINCE, UNTIL = date(2026, 1, 1), date(2028, 3, 31)
TIERS = 'tiers = [ { up_to = "100", rate = "5%" }, { rate = "10%", bonus = "7" } ]'
COMPONENTS = (
    f'judged = "each"\n{TIERS}',
    f'judged = "each"\nmode = "whole"\n{TIERS}\ncap_payout = "40"',
    'years = [ "10%", "5%", "2%" ]',
    'years = [ "10%", "5%" ]\ninstalments = "year"',
)
DAYS = (date(2026, 10, 15), date(2026, 11, 1), date(2026, 11, 15), date(2027, 2, 1))
OWN_TIERS = (
    (Tier(Fraction(5_000), Fraction(1, 50)), Tier(None, Fraction(1, 5))),
    (Tier(None, Fraction(1, 3)),),
)

exceptions = st.builds(
    PersonalException,
    exception_id=st.integers(1, 99),
    payee_id=st.just(ANNA),
    component_key=st.just("ae/sales"),
    starts_on=st.sampled_from([None, *DAYS]),
    ends_on=st.sampled_from([None, date(2026, 12, 31)]),
    rate_factor=st.sampled_from([None, Fraction(1, 2), Fraction(2)]),
    add_rate=st.sampled_from([None, Fraction(1, 100)]),
    tiers=st.sampled_from([(), *OWN_TIERS]),
    cap_payout_minor=st.sampled_from([None, 3_000]),
)
some_deals = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from([-3_000, 0, 5_000, 5_001, 10_000, 25_000])),
    min_size=1,
    max_size=5,
)


def both_ways(
    text: str, deals: list[Deal], agreed: list[PersonalException]
) -> tuple[Earned, Earned]:
    """What the running totals say, and what a computation from scratch does."""
    version = PlanVersion(1, "ae", SINCE, a_plan(text))
    on_plan = [Assignment(ANNA, "ae", SINCE)]
    totals = RunningTotals(PlanBook([version], on_plan, exceptions=agreed, until=UNTIL))
    for deal in deals:
        totals.record(deal)
    events = [an_event(deal) for deal in deals]
    from_scratch = replay(events, [version], on_plan, exceptions=agreed, until=UNTIL)
    return _without_zeros(totals.earned()), _without_zeros(from_scratch)


def _without_zeros(earned: Earned) -> Earned:
    return {key: minor for key, minor in earned.items() if minor}


@hypothesis.settings(max_examples=150)
@given(
    text=st.sampled_from(COMPONENTS),
    sold=some_deals,
    agreed=st.lists(exceptions, max_size=3, unique_by=lambda one: one.exception_id),
)
def test_what_was_agreed_with_a_payee_holds_for_whole_settlement_periods(
    text: str, sold: list[tuple[date, int]], agreed: list[PersonalException]
) -> None:
    deals = [
        a_deal(f"d{number}", amount, effective_on=day) for number, (day, amount) in enumerate(sold)
    ]
    running, from_scratch = both_ways(text, deals, agreed)
    assert running == from_scratch


@pytest.mark.parametrize(("day", "earned_minor"), [(30, 1_000), (31, 500)])
def test_an_exception_counts_in_the_period_on_whose_last_day_it_holds(
    day: int, earned_minor: int
) -> None:
    first_day = date.fromordinal(date(2026, 10, 31).toordinal() + day)
    twice = PersonalException(1, ANNA, "ae/sales", starts_on=first_day, rate_factor=Fraction(2))
    deal = a_deal("d1", 10_000, effective_on=date(2026, 11, 20))
    running, _ = both_ways(COMPONENTS[0], [deal], [twice])
    assert sum(running.values()) == earned_minor
