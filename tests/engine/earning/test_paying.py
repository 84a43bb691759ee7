"""A list of deals paid in one go: the same as from scratch, and every sum a sum of its parts."""

from datetime import date

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_event, quota_facts
from tests.engine.histories import (
    LATER_DAYS,
    PAYEES,
    SHARES,
    SINCE,
    WINDOW_KEYS,
    aspects,
    plan_texts,
)
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Draw, Plan, PlanVersion
from tracker.engine.crediting.presence import is_presence
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.explain import explain_deals
from tracker.engine.earning.paying import PayeePay, Terms, pay
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.replaying.replay import replay

LAST_DAY = LATER_DAYS[-1]
some_files = hypothesis.settings(
    max_examples=150, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
plans = st.sampled_from(
    [("quarter", "month"), ("quarter", "quarter"), ("year", "month"), ("month", "month")]
).flatmap(lambda periods: plan_texts((*periods, "own", "own")))
quotas = st.dictionaries(
    st.tuples(st.sampled_from(PAYEES), st.just("ae/sales"), st.sampled_from(WINDOW_KEYS)),
    st.sampled_from([0, 30_000, 40_000]),
    max_size=4,
)


@st.composite
def lists_of_deals(draw: st.DrawFn) -> list[Deal]:
    """Deals with each aspect drawn by itself, every key once."""
    count = draw(st.integers(0, 9))
    return [
        Deal(key=f"d{number}", name="A", **{name: draw(aspects[name]) for name in aspects})
        for number in range(count)
    ]


def terms_of(plan: Plan, told: dict[tuple[int, str, str], int]) -> Terms:
    version = PlanVersion(1, "ae", SINCE, plan)
    assignments = [Assignment(payee_id, "ae", SINCE) for payee_id in PAYEES]
    draws = {1: Draw(5_000), 2: Draw(5_000, recovery_limit_minor=700)}
    book = PlanBook([version], assignments, quotas=quota_facts(told), until=LAST_DAY)
    return Terms(plan, book, LAST_DAY, draws)


@some_files
@given(text=plans, deals=lists_of_deals(), told=quotas)
def test_a_list_of_deals_earns_what_a_computation_from_scratch_says(
    text: str, deals: list[Deal], told: dict[tuple[int, str, str], int]
) -> None:
    plan = parse_plan(text)
    version = PlanVersion(1, "ae", SINCE, plan)
    assignments = [Assignment(payee_id, "ae", SINCE) for payee_id in PAYEES]
    events, quotas = [an_event(deal) for deal in deals], quota_facts(told)
    from_scratch = replay(events, [version], assignments, quotas, until=LAST_DAY)
    earned = {
        (of.key.payee_id, of.key.component_key, of.key.window_key, period_key): earned_minor
        for payee in pay(deals, terms_of(plan, told)).payees
        for of in payee.components
        for period_key, earned_minor in of.earned_by_period.items()
    }
    assert {key: minor for key, minor in earned.items() if minor} == {
        key: minor for key, minor in from_scratch.items() if minor
    }


@some_files
@given(text=plans, deals=lists_of_deals(), told=quotas)
def test_every_sum_is_the_sum_of_its_parts(
    text: str, deals: list[Deal], told: dict[tuple[int, str, str], int]
) -> None:
    terms = terms_of(parse_plan(text), told)
    payroll = pay(deals, terms, keeps_credits=True)
    for payee in payroll.payees:
        for of in payee.components:
            added = explain_deals(of.credited, terms.book)
            assert sum(line.amount_minor for line in of.lines) == of.earned_minor
            assert sum(line.added_minor for line in added) == of.earned_minor
            assert sum(of.earned_by_period.values()) == of.earned_minor
        check_periods(payee)
    credited = {
        credit.deal_key
        for payee in payroll.payees
        for of in payee.components
        for credit in (*of.credited, *of.held)
        if not is_presence(credit.deal_key)
    }
    won = {deal.key for deal in deals if deal.status is DealStatus.WON}
    assert credited | {deal.key for deal in payroll.unpaid} == won
    assert credited.isdisjoint(deal.key for deal in payroll.unpaid)


def check_periods(payee: PayeePay) -> None:
    """Periods follow each other without a gap, hold all that was earned, and telescope with the debt."""
    kind = {period.period.kind for period in payee.periods}
    assert len(kind) <= 1
    for before, after in zip(payee.periods, payee.periods[1:], strict=False):
        assert (after.period.starts_on - before.period.ends_on).days == 1
    earned_minor = sum(of.earned_minor for of in payee.components)
    assert sum(period.earned_minor for period in payee.periods) == earned_minor
    debt_minor = payee.periods[-1].debt_minor if payee.periods else 0
    assert payee.total_minor == earned_minor + debt_minor


@given(deals=lists_of_deals())
def test_the_order_of_a_file_changes_nothing(deals: list[Deal]) -> None:
    plan = parse_plan(
        'name = "A"\ncurrency = "DKK"\nwindow = "quarter"\n[[components]]\nkey = "sales"\n'
        'measure = "revenue"\ntiers = [{ up_to = 200, rate = "5%" }, { rate = "9%" }]\n'
        'requires = ["icp"]\nmultipliers = [{ where = { product = "Nova" }, factor = "1.5" }]'
    )
    terms = terms_of(plan, {})
    assert pay(deals, terms).payees == pay(deals[::-1], terms).payees


def test_held_deals_say_what_they_would_add_also_where_nothing_counts_yet() -> None:
    plan = parse_plan(
        'name = "A"\ncurrency = "DKK"\nwindow = "quarter"\n[[components]]\nkey = "sales"\n'
        'measure = "revenue"\ntiers = [{ rate = "10%" }]\nrequires = ["icp"]'
    )
    held = Deal("d", "A", DealStatus.WON, date(2026, 11, 1), "DKK", 5_000, SHARES[0])
    (payee,) = pay([held], terms_of(plan, {})).payees
    (of,) = payee.components
    assert (of.attainment_minor, of.earned_minor, of.held_minor) == (0, 0, 500)
    assert payee.periods[0].period.key == "2026-11"
