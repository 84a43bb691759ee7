"""A plan tried on deals that have been: every figure is what paying those deals says."""

from datetime import date, timedelta
from fractions import Fraction

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ANNA, BO, a_deal, a_plan, shared_by
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.deals import CreditShare, Deal
from tracker.engine.earning.paying import Terms, pay
from tracker.engine.plan_trials.break_even import BreakEven, break_even
from tracker.engine.plan_trials.distributions import Bins, histogram, quantiles, round_bins
from tracker.engine.plan_trials.requota import spread_quotas
from tracker.engine.plan_trials.simulation import (
    EXPECTED,
    LESS,
    MORE,
    Trial,
    cost_minor,
    scaled,
    simulate,
)
from tracker.engine.plan_trials.simulation_values import simulation_from, values_of

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
LADDER = 'tiers_on = "quota"\ntiers = [ { up_to = "80%", rate = "5%" }, { rate = "20%" } ]'
FLAT = 'tiers = [ { rate = "10%" } ]'


def terms_of(plan: Plan, quota_minor: int | None = 100_000_00) -> Terms:
    quotas = [
        QuotaFact(payee_id, "ae/sales", "", quota_minor)
        for payee_id in (ANNA, BO)
        if quota_minor is not None
    ]
    book = PlanBook(
        [PlanVersion(1, "ae", date.min, plan)],
        [Assignment(payee_id, "ae", date.min) for payee_id in (ANNA, BO)],
        quotas=quotas,
    )
    return Terms(plan, book, LAST, payee_ids=[ANNA, BO])


def a_trial(deals: list[Deal], new: Plan, old: Plan | None = None) -> Trial:
    return Trial(deals, FIRST, (ANNA, BO), terms_of(new), terms_of(old) if old else None)


def some_deals(*amounts_minor: int, payee_id: int = ANNA) -> list[Deal]:
    return [
        a_deal(
            f"d-{payee_id}-{number}",
            amount_minor,
            effective_on=FIRST + timedelta(days=20 * number),
            credit_shares=(CreditShare(payee_id, Fraction(1)),),
        )
        for number, amount_minor in enumerate(amounts_minor)
    ]


def costs(deals: list[Deal], terms: Terms) -> dict[int, int]:
    return {payee.payee_id: cost_minor(payee) for payee in pay(deals, terms).payees}


# --- sales levels


def test_thirty_percent_more_of_everything_counts_thirty_percent_more() -> None:
    deals = [
        a_deal("d-1", 333_33, credit_shares=shared_by(ANNA, BO)),
        a_deal("d-2", 100_00, measures={"units": 500}),
    ]
    for measure, sold in (("revenue", (333_33 + 100_00) * 13 // 10), ("deals", 260)):
        terms = terms_of(
            a_plan(
                FLAT if measure == "revenue" else 'tiers = [{ per_unit = "5" }]', measure=measure
            )
        )
        payroll = pay(scaled(deals, MORE), Terms(terms.plan, terms.book, date(2026, 12, 31)))
        attained = sum(c.attainment_minor for payee in payroll.payees for c in payee.components)
        assert abs(attained - sold) <= 1


def test_a_cap_per_deal_stays_where_it_is_when_more_deals_come() -> None:
    plan = a_plan(f'{FLAT}\ndeal_cap = "1000"')
    trial = a_trial(some_deals(5_000_00), plan)
    simulation = simulate(trial)
    assert [one.new_minor for one in simulation.scenarios] == [100_00, 130_00, 70_00]


def test_each_scenario_costs_what_paying_its_deals_says() -> None:
    deals = some_deals(70_000_00, 50_000_00) + some_deals(20_000_00, payee_id=BO)
    trial = a_trial(deals, a_plan(LADDER), a_plan(FLAT))
    simulation = simulate(trial)
    assert trial.old is not None
    for level in (EXPECTED, MORE, LESS):
        scenario = simulation.scenario(level)
        assert scenario.new_minor == sum(costs(scaled(deals, level), trial.new).values())
        assert scenario.old_minor == sum(costs(scaled(deals, level), trial.old).values())
        assert scenario.sales_minor == 140_000_00 * level // 1000


def test_what_colleagues_on_other_plans_sold_is_no_part_of_the_sales() -> None:
    shares = (*shared_by(ANNA, 99), CreditShare(BO, Fraction(1), is_overlay=True))
    deals = [a_deal("d-1", 80_000_00, credit_shares=shares, effective_on=FIRST)]
    assert simulate(a_trial(deals, a_plan(FLAT))).scenario(EXPECTED).sales_minor == 40_000_00


def test_without_a_quota_nobody_is_past_a_step_written_in_shares_of_it() -> None:
    plan = a_plan(LADDER)
    trial = Trial(some_deals(90_000_00), FIRST, (ANNA, BO), terms_of(plan, None))
    assert not any(found.is_past_first_step for found in simulate(trial).attainments)


def test_what_is_owed_at_the_end_is_no_cost() -> None:
    plan = a_plan(FLAT)
    deals = [*some_deals(10_000_00), a_deal("back", -50_000_00, effective_on=LAST)]
    assert costs(deals, terms_of(plan))[ANNA] == -4_000_00


# --- who wins


def test_winners_come_first_and_each_difference_is_their_own() -> None:
    deals = some_deals(150_000_00) + some_deals(40_000_00, payee_id=BO)
    simulation = simulate(a_trial(deals, a_plan(LADDER), a_plan(FLAT)))
    found = {one.payee_id: one.difference_minor for one in simulation.outcomes}
    assert found == {ANNA: 18_000_00 - 15_000_00, BO: 2_000_00 - 4_000_00}
    assert [one.payee_id for one in simulation.outcomes] == [ANNA, BO]


def test_without_a_plan_to_compare_with_nobody_wins_or_loses() -> None:
    simulation = simulate(a_trial(some_deals(10_000_00), a_plan(FLAT)))
    assert not simulation.is_compared
    assert simulation.break_even.kind == "none"
    assert simulation.scenario(EXPECTED).old_minor is None


def test_attainment_holds_every_window_of_everybody_also_an_empty_one() -> None:
    simulation = simulate(a_trial(some_deals(90_000_00), a_plan(LADDER)))
    found = {(one.payee_id, one.window_key): one for one in simulation.attainments}
    assert len(found) == 4
    assert found[ANNA, "2026-Q1"].ratio == Fraction(9, 10)
    assert found[ANNA, "2026-Q1"].is_past_first_step
    assert found[BO, "2026-Q2"].ratio == 0


def test_who_lacks_a_quota_is_named() -> None:
    plan = a_plan(LADDER)
    trial = Trial(some_deals(1_00), FIRST, (ANNA, BO), terms_of(plan, None))
    assert simulate(trial).without_quota == (ANNA, BO)


def test_progress_ends_at_its_total_and_never_goes_back() -> None:
    heard: list[tuple[int, int]] = []
    trial = a_trial(some_deals(90_000_00), a_plan(LADDER), a_plan(FLAT))
    simulate(trial, lambda done, total: heard.append((done, total)))
    assert heard == sorted(heard)
    assert all(done <= total for done, total in heard)
    assert heard[-1][0] == heard[-1][1]


# --- the break-even


@hypothesis.settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1_00, 90_000_00), min_size=1, max_size=6))
def test_below_the_break_even_the_other_plan_is_cheaper(amounts: list[int]) -> None:
    trial = a_trial(some_deals(*amounts), a_plan(LADDER), a_plan(FLAT))
    simulation = simulate(trial)
    assert trial.old is not None

    def difference(level: int) -> int:
        deals = scaled(trial.deals, level)
        return sum(costs(deals, trial.new).values()) - sum(costs(deals, trial.old).values())

    found = simulation.break_even
    if found.kind == "at":
        assert found.level is not None
        assert difference(found.level - 1) * difference(found.level) <= 0
    else:
        found_minor = [difference(level) for level in (400, 700, 1000, 1300, 2000)]
        assert len({minor > 0 for minor in found_minor if minor}) <= 1


@pytest.mark.parametrize("root", [401, 699, 700, 701, 999, 1000, 1001, 1299, 1999])
def test_a_break_even_is_found_wherever_it_is(root: int) -> None:
    asked: list[int] = []

    def difference(level: int) -> int:
        asked.append(level)
        return (level - root) ** 3 or 0

    found = break_even(difference, (700, 1000, 1300), (400, 2000))
    assert found == BreakEven("at", root)
    assert len(asked) < 40


def test_a_jump_is_found_where_it_happens() -> None:
    found = break_even(lambda level: 5 if level >= 1234 else -1_000_000, (700, 1000, 1300))
    assert found == BreakEven("at", 1234)


@pytest.mark.parametrize(("minor", "kind"), [(0, "same"), (7, "dearer"), (-7, "cheaper")])
def test_without_a_change_of_sign_the_answer_says_so(minor: int, kind: str) -> None:
    assert break_even(lambda level: minor, (700, 1000, 1300), (400, 2000)).kind == kind


# --- what is kept, and how it is spread


def test_a_kept_simulation_comes_back_as_it_was() -> None:
    deals = some_deals(70_000_00, 50_000_00) + some_deals(20_000_00, payee_id=BO)
    simulation = simulate(a_trial(deals, a_plan(LADDER), a_plan(FLAT)))
    assert simulation_from(values_of(simulation)) == simulation


def test_quantiles_are_figures_that_occur() -> None:
    assert quantiles([5, 1, 9], [10, 50, 90]) == {10: 1, 50: 5, 90: 9}
    assert quantiles([], [50]) == {}


def test_bins_are_round_and_hold_everything() -> None:
    bins = round_bins([1_234_00, 98_765_00], 10)
    assert bins == Bins(0, 10_000_00, 10)
    assert sum(histogram([1_234_00, 98_765_00], bins)) == 2


def test_quotas_of_quarters_become_quotas_of_months_and_of_years() -> None:
    quarter, month, year = (a_plan(window=kind) for kind in ("quarter", "month", "year"))
    quarters = {f"2026-Q{number}": 100 for number in (1, 2, 3, 4)} | {"": 100}
    months = spread_quotas(quarters, quarter, month)
    assert [months[f"2026-0{number}"] for number in (1, 2, 3)] == [34, 33, 33]
    assert spread_quotas(quarters, quarter, year) == {"2026": 400, "": 400}
    assert spread_quotas({"2026-Q1": 100}, quarter, year) == {}
