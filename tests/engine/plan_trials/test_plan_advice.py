"""What experience says about plans: each rule speaks when it should, with its figure, and is silent otherwise."""

from datetime import date
from fractions import Fraction

import pytest

from tests.builders import a_deal, a_plan
from tests.engine.plan_files.test_plan_file import plan_with
from tracker.engine.agreement.plans import Plan
from tracker.engine.deals import CreditShare, Deal
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.plan_trials.plan_advice import advise
from tracker.engine.plan_trials.plan_findings import Advice, Rule, Severity
from tracker.engine.plan_trials.plan_history import history_of
from tracker.pages.i18n import LOCALES, speaking
from tracker.pages.plan_advice import advice_in_words

QUIET = """tiers_on = "quota"
quota = "1000000"
tiers = [ { up_to = "80%", rate = "8%" }, { up_to = "100%", rate = "10%" }, { up_to = "160%", rate = "13%" },
          { rate = "6%" } ]"""
M5 = """tiers = [ { up_to = "80%", rate = "8%" }, { up_to = "100%", rate = "10%" }, { up_to = "120%", rate = "13%" },
          { rate = "15%" } ]
"""


def found(plan: Plan, rule: Rule, deals: list[Deal] | None = None) -> list[Advice]:
    history = history_of(plan, deals, []) if deals else None
    return [advice for advice in advise(plan, history) if advice.rule is rule]


def only(plan: Plan, rule: Rule, deals: list[Deal] | None = None) -> Advice:
    (advice,) = found(plan, rule, deals)
    return advice


def sellers(*amounts_minor: int, **changes: object) -> list[Deal]:
    """One deal for each of some payees, all in one quarter."""
    return [
        a_deal(
            f"d{number}",
            amount,
            credit_shares=(CreditShare(number, Fraction(1)),),
            **{"effective_on": date(2026, 11, 2), **changes},
        )
        for number, amount in enumerate(amounts_minor, start=1)
    ]


def test_a_plan_that_does_everything_right_is_told_nothing() -> None:
    deals = sellers(*[90_000_000] * 2, *[120_000_000] * 6, *[10_000_000] * 2)
    plan = a_plan(QUIET)
    assert advise(plan, history_of(plan, deals, [])) == []


@pytest.mark.parametrize(
    ("reaching", "is_told"), [(4, True), (6, True), (7, False), (8, False), (9, True), (10, True)]
)
def test_the_first_step_is_for_seven_or_eight_of_ten(reaching: int, is_told: bool) -> None:
    deals = sellers(*[80_000_000] * reaching, *[79_999_999] * (10 - reaching))
    told = found(a_plan(QUIET), Rule.FIRST_STEP_REACH, deals)
    assert [advice.figures["reached_share"] for advice in told] == [
        Fraction(reaching, 10)
    ] * is_told


def test_a_seller_without_a_deal_in_a_window_did_not_reach_its_step() -> None:
    deals = [
        *sellers(80_000_000, 80_000_000),
        a_deal("later", 80_000_000, effective_on=date(2027, 5, 1)),
    ]
    advice = only(a_plan(QUIET), Rule.FIRST_STEP_REACH, deals)
    assert advice.figures["reached_share"] == Fraction(3, 6)


@pytest.mark.parametrize(("reaching", "is_told"), [(4, True), (5, False), (7, False), (8, True)])
def test_the_quota_is_for_five_to_seven_of_ten(reaching: int, is_told: bool) -> None:
    deals = sellers(*[100_000_000] * reaching, *[99_999_999] * (10 - reaching))
    assert bool(found(a_plan(QUIET), Rule.QUOTA_REACH, deals)) is is_told


def test_nothing_is_said_of_a_quota_nobody_knows() -> None:
    plan = a_plan('tiers_on = "quota"\n' + M5)
    assert found(plan, Rule.QUOTA_REACH, sellers(100)) == []
    assert found(plan, Rule.FIRST_STEP_REACH, sellers(100)) == []


def test_a_step_must_be_felt() -> None:
    advice = only(a_plan('tiers_on = "quota"\n' + M5), Rule.STEP_RAISE)
    assert advice.path == ("components", 0, "tiers", 3)
    assert advice.figures["raised_share"] == Fraction(2, 13)


@pytest.mark.parametrize(
    ("steps", "is_told"), [(1, False), (2, True), (3, False), (4, False), (5, False), (6, True)]
)
def test_three_to_five_steps_are_enough(steps: int, is_told: bool) -> None:
    bounds = [f'{{ up_to = "{100 * number}", rate = "{number}%" }}' for number in range(1, steps)]
    tiers = f"tiers = [ {', '.join([*bounds, chr(123) + ' rate = ' + chr(34) + '50%' + chr(34) + ' }'])} ]"
    assert bool(found(a_plan(tiers), Rule.STEP_COUNT)) is is_told


def test_more_than_three_variables_are_too_many() -> None:
    multiplier = '{ where = { product = "%s" }, factor = "1.5" }'
    three, four = (", ".join(multiplier % name for name in names) for names in ("AB", "ABC"))
    flat = 'tiers = [ { rate = "5%" } ]\n'
    assert found(a_plan(f"{flat}multipliers = [ {three} ]"), Rule.VARIABLES) == []
    advice = only(a_plan(f"{flat}multipliers = [ {four} ]"), Rule.VARIABLES)
    assert advice.figures["found_count"] == 4


@pytest.mark.parametrize(
    ("cap", "is_told"), [("149%", True), ("150%", False), ("200%", False), ("201%", True)]
)
def test_a_cap_belongs_at_one_and_a_half_to_two_quotas(cap: str, is_told: bool) -> None:
    plan = a_plan(f'tiers_on = "quota"\ntiers = [ {{ rate = "8%" }} ]\ncap_at = "{cap}"')
    assert bool(found(plan, Rule.CAP_PLACE)) is is_told


def test_a_cap_on_pay_is_placed_where_the_ladder_reaches_it() -> None:
    capped = f'quota = "1000000"\ntiers_on = "quota"\n{M5}\ncap_payout = '
    at_quota = only(a_plan(capped + '"84000"'), Rule.CAP_PLACE)
    assert at_quota.figures["cap_share"] == 1
    assert found(a_plan(capped + '"155000"'), Rule.CAP_PLACE) == []


def test_a_lower_last_rate_is_a_soft_cap_and_has_its_place_too() -> None:
    soft = 'tiers_on = "quota"\ntiers = [ { up_to = "130%", rate = "8%" }, { rate = "4%" } ]'
    assert only(a_plan(soft), Rule.CAP_PLACE).figures["cap_share"] == Fraction(13, 10)
    assert found(a_plan(soft), Rule.NO_CAP) == []


@pytest.mark.parametrize("limit", ['cap_payout = "1"', 'deal_cap = "1"', 'cap_at = "1"', ""])
def test_no_limit_at_all_risks_a_windfall(limit: str) -> None:
    told = found(a_plan(f'tiers = [ {{ rate = "5%" }} ]\n{limit}'), Rule.NO_CAP)
    assert [advice.figures["pays_minor"] for advice in told] == ([] if limit else [50_000_000])


@pytest.mark.parametrize(
    ("measure", "rule", "is_told"),
    [
        ("arr", "", True),
        ("mrr", "", True),
        ("revenue", "", False),
        ("arr", 'clawback = { within_months = 12, takes = "all" }', False),
        ("arr", 'churn = "net"', False),
    ],
)
def test_recurring_pay_without_a_clawback_is_noticed(
    measure: str, rule: str, is_told: bool
) -> None:
    plan = a_plan('tiers = [ { rate = "5%" } ]\n' + rule, measure=measure)
    assert bool(found(plan, Rule.NO_CLAWBACK)) is is_told


def test_a_residual_is_no_ladder_and_stops_by_itself() -> None:
    assert advise(a_plan('years = [ "10%", "5%", "2%" ]', measure="arr")) == []


MULTIPLIERS = """tiers = [ { rate = "5%" } ]
multipliers = [ { where = { product = "Nova" }, factor = "1.5" }, { where = { product = "Lyra" }, factor = "3" },
    { where = { segment = "enterprise" }, factor = "1.25" }, { where = { campaign = "yes" }, factor = "2" } ]
"""


@pytest.mark.parametrize(
    ("rule", "worst"),
    [
        ("", Fraction(15, 2)),
        ('stacking = "sum_of_excesses"', Fraction(17, 4)),
        ('stacking = "highest"', None),
        ('multiplier_limit = "2"', None),
    ],
)
def test_the_worst_that_multipliers_make_together_is_shown(
    rule: str, worst: Fraction | None
) -> None:
    told = found(a_plan(MULTIPLIERS + rule), Rule.UNBOUNDED_MULTIPLIERS)
    assert [advice.figures["worst_factor"] for advice in told] == ([] if worst is None else [worst])


def test_multipliers_that_never_meet_need_no_limit() -> None:
    apart = """tiers = [ { rate = "5%" } ]
multipliers = [ { where = { product = "Nova" }, factor = "1.5" }, { where = { product = "Lyra" }, factor = "3" } ]"""
    assert found(a_plan(apart), Rule.UNBOUNDED_MULTIPLIERS) == []


def test_a_ladder_that_pays_less_than_the_flat_rate_is_compared_at_three_places() -> None:
    plan = a_plan(f'quota = "2000000"\ntiers_on = "quota"\nreplaces_flat_rate = "10%"\n{M5}')
    told = found(plan, Rule.BELOW_FLAT_RATE)
    compared = [(one.figures["ladder_minor"], one.figures["flat_minor"]) for one in told]
    assert compared == [(16_800_000, 20_000_000), (25_000_000, 26_000_000)]


def test_a_filter_no_deal_can_pass_blocks() -> None:
    plan = a_plan('tiers = [ { rate = "5%" } ]\nwhere = { Kind = "new" }')
    advice = only(plan, Rule.NO_DEAL_POSSIBLE)
    assert advice.severity is Severity.BLOCKS
    assert advise(plan)[0] is not None
    assert advise(plan)[0].severity is Severity.BLOCKS


def test_a_component_the_past_never_matched_blocks() -> None:
    plan = a_plan('tiers = [ { rate = "5%" } ]\nwhere = { kind = "nwe" }')
    advice = only(plan, Rule.NO_DEAL_IN_HISTORY, sellers(1, 2, properties={"kind": "new"}))
    assert (advice.severity, advice.figures["deals_count"]) == (Severity.BLOCKS, 2)
    later = a_plan('tiers = [ { rate = "5%" } ]\nwhere = { kind = "nwe" }\nfrom = "2027-01-01"')
    assert found(later, Rule.NO_DEAL_IN_HISTORY, sellers(1)) == []
    good = a_plan('tiers = [ { rate = "5%" } ]\nwhere = { kind = "new" }\nrequires = ["icp"]')
    assert found(good, Rule.NO_DEAL_IN_HISTORY, sellers(1, properties={"kind": "new"})) == []


def test_a_multiplier_the_component_never_lets_in_is_noticed() -> None:
    plan = parse_plan(
        plan_with(
            'tiers = [ { rate = "5%" } ]\nwhere = { product = "Core" }\n'
            'multipliers = [ { where = { product = "Nova" }, factor = "1.5" } ]'
        )
    )
    assert only(plan, Rule.MULTIPLIER_NEVER).path == ("components", 0, "multipliers", 0, "where")


@pytest.mark.parametrize("locale", LOCALES)
def test_all_advice_has_words_with_its_figures(locale: str) -> None:
    plan = a_plan(
        'quota = "2000000"\ntiers_on = "quota"\nreplaces_flat_rate = "10%"\ncap_at = "130%"\n'
        'where = { Kind = "new", product = "Lyra" }\n' + M5 + MULTIPLIERS.partition("\n")[2],
        measure="arr",
    )
    history = history_of(plan, sellers(1, 2), [])
    for advice in advise(plan, history):
        with speaking(locale):
            text = advice_in_words(advice, plan, history)
        assert all([text.where, text.what, text.why, text.fix, text.source])
