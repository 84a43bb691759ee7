"""The slow twin on figures worked out by hand: it judges the fast path, so it must be right by itself."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from tests.builders import ANNA, BO, CARL, a_deal, a_plan, an_event, quota_facts, shared_by
from tracker.engine.agreement.plans import Assignment, Plan, PlanVersion
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.replaying.replay import replay

LONG_AGO = date(2020, 1, 1)
QUARTER = "2026-Q4"
LADDER = """tiers = [
    { up_to = "500000", rate = "5%" }, { up_to = "1000000", rate = "7%" },
    { up_to = "2000000", rate = "10%" }, { rate = "12%" } ]"""
RETROACTIVE = """mode = "whole"
tiers = [ { up_to = "500000", rate = "5%" }, { up_to = "1000000", rate = "7%" }, { rate = "9%" } ]"""
OF_QUOTA = """tiers_on = "quota"
tiers = [ { up_to = "80%", rate = "8%" }, { up_to = "100%", rate = "10%" },
    { up_to = "120%", rate = "13%" }, { rate = "15%" } ]"""
TWO_STEPS = 'tiers = [ { up_to = "500000", rate = "5%" }, { rate = "10%" } ]'
NOVA = 'multipliers = [ { where = { product = "Nova" }, factor = "1.5" } ]'


def kroner(amount: int) -> int:
    return amount * 100


def won(*amounts: int) -> list[Deal]:
    """Deals of Anna's of these amounts in kroner, a day apart from 1 November."""
    return [
        a_deal(f"d{number}", kroner(amount), effective_on=date(2026, 11, number))
        for number, amount in enumerate(amounts, start=1)
    ]


def earned_by_payee(
    deals: list[Deal], *plans: Plan, quotas: Mapping[tuple[int, str, str], int] | None = None
) -> dict[int, int]:
    """What each payee earned in all; the first plan counts from long ago, each next one from the 10th on, 20th on."""
    starts = [LONG_AGO, date(2026, 11, 10), date(2026, 11, 20)]
    versions = [
        PlanVersion(number, "ae", starts[number], plan) for number, plan in enumerate(plans)
    ]
    assignments = [Assignment(payee_id, "ae", LONG_AGO) for payee_id in (ANNA, BO, CARL)]
    figures = replay(
        [an_event(deal) for deal in deals], versions, assignments, quota_facts(quotas or {})
    )
    by_payee: dict[int, int] = {}
    for (payee_id, *_), earned_minor in figures.items():
        by_payee[payee_id] = by_payee.get(payee_id, 0) + earned_minor
    return by_payee


def earned(deals: list[Deal], *plans: Plan, quota: int | None = None) -> int:
    """What Anna earned in all, in øre."""
    quotas = {} if quota is None else {(ANNA, "", QUARTER): kroner(quota)}
    return earned_by_payee(deals, *plans, quotas=quotas).get(ANNA, 0)


@pytest.mark.parametrize(
    ("table", "amounts", "expected"),
    [
        (LADDER, (2_500_000,), kroner(220_000)),
        (LADDER, (500_000,), kroner(25_000)),
        (LADDER, (400_000, 200_000), kroner(32_000)),
        (LADDER, (600_000, -200_000), kroner(20_000)),
        (LADDER, (-100_000,), kroner(-5_000)),
        (RETROACTIVE, (499_000,), kroner(24_950)),
        (RETROACTIVE, (499_000, 10_000), kroner(35_630)),
        (RETROACTIVE, (500_000,), kroner(25_000)),
        (RETROACTIVE.replace('"5%" }', '"5%", bound = "next" }'), (500_000,), kroner(35_000)),
    ],
)
def test_a_ladder_pays_what_was_worked_out_by_hand(
    table: str, amounts: tuple[int, ...], expected: int
) -> None:
    assert earned(won(*amounts), a_plan(table)) == expected


def test_a_quota_ladder_needs_its_quota() -> None:
    plan = a_plan(OF_QUOTA)
    assert earned(won(2_600_000), plan, quota=2_000_000) == kroner(250_000)
    assert earned(won(2_600_000), plan) == 0
    assert earned(won(2_600_000), plan, quota=0) == 0


def test_a_quota_of_one_component_wins_over_the_quota_for_all() -> None:
    quotas = {(ANNA, "", QUARTER): kroner(1), (ANNA, "ae/sales", QUARTER): kroner(2_000_000)}
    assert earned_by_payee(won(2_600_000), a_plan(OF_QUOTA), quotas=quotas) == {
        ANNA: kroner(250_000)
    }


def test_margin_is_paid_at_the_rate_of_the_tier_its_revenue_filled() -> None:
    margins = {"d1": kroner(240_000), "d2": kroner(160_000)}
    deals = [
        a_deal(key, kroner(amount), effective_on=date(2026, 11, 1), measures={"margin": margin})
        for (key, margin), amount in zip(margins.items(), (600_000, 800_000), strict=True)
    ]
    steps = 'tiers = [ { up_to = "1000000", rate = "10%" }, { rate = "20%" } ]'
    assert earned(deals, a_plan(f'pays_on = "margin"\n{steps}')) == kroner(48_000)
    margin_only = a_plan('tiers = [ { rate = "15%" } ]', measure="margin")
    assert earned(deals[:1], margin_only) == kroner(36_000)
    assert earned(won(500_000), margin_only) == 0  # the source said no margin


@pytest.mark.parametrize(
    ("policy", "nova_first", "expected"),
    [
        ("in_order", True, 45_000_00),
        ("in_order", False, 47_500_00),
        ("average", True, 46_666_67),
        ("on_credit", True, 55_000_00),
    ],
)
def test_a_multiplier_in_a_ladder_acts_as_the_plan_declares(
    policy: str, nova_first: bool, expected: int
) -> None:
    days = (1, 2) if nova_first else (2, 1)
    nova = a_deal(
        "n", kroner(400_000), effective_on=date(2026, 11, days[0]), properties={"product": "Nova"}
    )
    classic = a_deal("c", kroner(200_000), effective_on=date(2026, 11, days[1]))
    plan = a_plan(f'weights = "{policy}"\n{TWO_STEPS}\n{NOVA}')
    assert earned([nova, classic], plan) == expected


@pytest.mark.parametrize(
    ("stacking", "limit", "expected"),
    [
        ("product", "", 93_750),
        ("sum_of_excesses", "", 87_500),
        ("highest", "", 75_000),
        ("product", 'multiplier_limit = "1.6"', 80_000),
    ],
)
def test_multipliers_combine_as_the_plan_declares(stacking: str, limit: str, expected: int) -> None:
    both = """multipliers = [ { where = { product = "Nova" }, factor = "1.5" },
        { where = { segment = "enterprise" }, factor = "1.25" } ]"""
    plan = a_plan(f'tiers = [ {{ rate = "10%" }} ]\nstacking = "{stacking}"\n{limit}\n{both}')
    deal = a_deal(
        amount_minor=kroner(500_000), properties={"product": "Nova", "segment": "enterprise"}
    )
    assert earned([deal], plan) == kroner(expected)


def test_a_split_gives_every_minor_unit_once_and_an_overlay_comes_on_top() -> None:
    thirds = shared_by(ANNA, BO, CARL)
    overlay = CreditShare(ANNA, Fraction(1, 8), is_overlay=True)
    plan = a_plan('tiers = [ { rate = "100%" } ]')
    whole = [a_deal(amount_minor=100, credit_shares=thirds)]
    assert earned_by_payee(whole, plan) == {ANNA: 34, BO: 33, CARL: 33}
    back = [a_deal(amount_minor=-100, credit_shares=thirds)]
    assert earned_by_payee(back, plan) == {ANNA: -34, BO: -33, CARL: -33}
    with_overlay = [a_deal(amount_minor=100, credit_shares=(*thirds, overlay))]
    assert earned_by_payee(with_overlay, plan) == {ANNA: 34 + 13, BO: 33, CARL: 33}


def test_caps_cut_the_deal_the_attainment_and_the_pay() -> None:
    rate = 'tiers = [ { rate = "10%" } ]'
    deals = won(600_000, 600_000)
    assert earned(deals, a_plan(f'deal_cap = "400000"\n{rate}')) == kroner(80_000)
    assert earned(deals, a_plan(f'cap_at = "1000000"\n{rate}')) == kroner(100_000)
    assert earned(deals, a_plan(f'cap_payout = "90000"\n{rate}')) == kroner(90_000)
    whole = f'mode = "whole"\ncap_at = "1000000"\n{rate}'
    assert earned(deals, a_plan(whole)) == kroner(100_000)


def test_only_won_deals_with_their_evidence_in_the_plan_s_currency_count() -> None:
    plan = a_plan('requires = ["icp_match"]\ntiers = [ { rate = "10%" } ]')
    proven = a_deal(amount_minor=kroner(1_000), evidence=frozenset({"icp_match", "other"}))
    assert earned([proven], plan) == kroner(100)
    assert earned([a_deal(amount_minor=kroner(1_000))], plan) == 0
    euro = a_deal(amount_minor=kroner(1_000), currency="EUR", evidence=proven.evidence)
    assert earned([euro], plan) == 0
    lost = a_deal(status=DealStatus.CANCELLED, evidence=proven.evidence)
    assert earned([lost], plan) == 0


def test_the_newest_version_of_a_deal_counts_whatever_came_last() -> None:
    first, second = a_deal(amount_minor=100), a_deal(amount_minor=700)
    plan = a_plan('tiers = [ { rate = "100%" } ]')
    events = [an_event(second, 2), an_event(first, 1), an_event(second, 2)]
    figures = replay(
        events, [PlanVersion(1, "ae", LONG_AGO, plan)], [Assignment(ANNA, "ae", LONG_AGO)], {}
    )
    assert figures == {(ANNA, "ae/sales", QUARTER, "2026-11"): 700}


@pytest.mark.parametrize(
    ("on_change", "expected"),
    [
        (
            "continue",
            30_000 + 10_000 + 40_000,
        ),  # 600 at 5 %; 600 to 800 at 5 %, 800 to 1,000 at 20 %
        ("restart", 30_000 + 20_000),  # 600 at 5 %; then 0 to 400 at 5 %
        ("retro", 40_000 + 40_000),  # 0 to 800 at 5 %, 800 to 1,000 at 20 %
    ],
)
def test_a_new_plan_version_in_a_window_acts_as_it_declares(on_change: str, expected: int) -> None:
    old = a_plan('tiers = [ { rate = "5%" } ]')
    new = a_plan(
        'tiers = [ { up_to = "800000", rate = "5%" }, { rate = "20%" } ]', on_change=on_change
    )
    first, second = won(600_000, 400_000)
    moved = a_deal("later", second.amount_minor, effective_on=date(2026, 11, 12))
    assert earned([first, moved], old, new) == kroner(expected)


def test_each_period_earns_what_the_rounded_sum_of_the_window_grew_by() -> None:
    deals = [a_deal(f"d{month}", 15, effective_on=date(2026, month, 1)) for month in (10, 11, 12)]
    figures = replay(
        [an_event(deal) for deal in deals],
        [PlanVersion(1, "ae", LONG_AGO, a_plan('tiers = [ { rate = "10%" } ]'))],
        [Assignment(ANNA, "ae", LONG_AGO)],
        {},
    )
    by_period = {period_key: minor for (_, _, _, period_key), minor in figures.items()}
    assert by_period == {"2026-10": 2, "2026-11": 1, "2026-12": 2}  # 1.5, 3.0 and 4.5


def test_a_negative_deal_in_an_ordered_ladder_walks_back_down() -> None:
    nova_back = a_deal(
        "d3",
        kroner(-200_000),
        effective_on=date(2026, 11, 3),
        properties={"product": "Nova"},
    )
    deals = [*won(400_000, 200_000), nova_back]
    # 500 at 5 %, 100 at 10 %; back at 1.5: 100 at 10 %, 100 at 5 %
    assert earned(deals, a_plan(f"{TWO_STEPS}\n{NOVA}")) == kroner(35_000 - 15_000 - 7_500)
