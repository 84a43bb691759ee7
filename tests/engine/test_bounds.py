"""The edges of a ladder as a table: each bound and an øre to each side, nothing, less than that, more than all of it.

Each row is paid by the running totals and again from scratch; both must say what stands in the table.
"""

from datetime import date

import pytest

from tests.builders import A_DAY, ANNA, a_deal, a_plan, an_event
from tests.scenarios.running import RunningTotals
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.replaying.replay import replay

SINCE = date(2020, 1, 1)
BOUND = 100_000_00
"""The first bound, 100,000.00 in øre, and the quota of the ladders on quota."""

TIERS = """[ {{ up_to = {low}, rate = "5%", bound = "{owner}" }},
{{ up_to = {high}, rate = "7%", bound = "{owner}" }}, {{ rate = "10%" }} ]"""


def ladder(mode: str, owner: str = "this", on: str = "amount") -> Plan:
    low, high = (100_000, 200_000) if on == "amount" else ('"100%"', '"200%"')
    tiers = TIERS.format(low=low, high=high, owner=owner)
    return a_plan(f'mode = "{mode}"\ntiers_on = "{on}"\ntiers = {tiers}')


def earned(plan: Plan, amounts: list[int], quota_minor: int | None = BOUND) -> int:
    """What deals of these sizes earn in one window, in øre, once both ways agree."""
    versions, on_plan = [PlanVersion(1, "ae", SINCE, plan)], [Assignment(ANNA, "ae", SINCE)]
    quotas = [] if quota_minor is None else [QuotaFact(ANNA, "", "2026-Q4", quota_minor)]
    totals = RunningTotals(PlanBook(versions, on_plan, quotas=quotas))
    deals = [
        a_deal(f"d{number}", minor, effective_on=A_DAY) for number, minor in enumerate(amounts)
    ]
    for deal in deals:
        totals.record(deal)
    figure = sum(totals.earned().values())
    from_scratch = replay([an_event(deal) for deal in deals], versions, on_plan, quotas)
    assert sum(from_scratch.values()) == figure
    return figure


MARGINAL = [
    (0, 0),
    (1, 0),
    (10, 1),
    (BOUND - 1, 500_000),
    (BOUND, 500_000),
    (BOUND + 1, 500_000),
    (BOUND + 15, 500_001),
    (2 * BOUND - 1, 1_200_000),
    (2 * BOUND, 1_200_000),
    (2 * BOUND + 1, 1_200_000),
    (2 * BOUND + 5, 1_200_001),
    (1_000 * BOUND, 1_200_000 + 998 * BOUND // 10),
    (-1, 0),
    (-BOUND, -500_000),
]
WHOLE_THIS = [
    (0, 0),
    (BOUND - 1, 500_000),
    (BOUND, 500_000),
    (BOUND + 1, 700_000),
    (2 * BOUND - 1, 1_400_000),
    (2 * BOUND, 1_400_000),
    (2 * BOUND + 1, 2_000_000),
    (1_000 * BOUND, 1_000 * BOUND // 10),
    (-BOUND, -500_000),
]
WHOLE_NEXT = [
    (BOUND - 1, 500_000),
    (BOUND, 700_000),
    (BOUND + 1, 700_000),
    (2 * BOUND - 1, 1_400_000),
    (2 * BOUND, 2_000_000),
]


@pytest.mark.parametrize("on", ["amount", "quota"])
@pytest.mark.parametrize(
    ("mode", "owner", "rows"),
    [
        ("marginal", "this", MARGINAL),
        ("marginal", "next", MARGINAL),
        ("whole", "this", WHOLE_THIS),
        ("whole", "next", WHOLE_NEXT),
    ],
    ids=["marginal", "marginal, bound next", "whole", "whole, bound next"],
)
def test_each_bound_and_an_ore_to_each_side_pays_what_the_table_says(
    on: str, mode: str, owner: str, rows: list[tuple[int, int]]
) -> None:
    plan = ladder(mode, owner, on)
    found = [(amount, earned(plan, [amount])) for amount, _ in rows]
    assert found == rows


@pytest.mark.parametrize("mode", ["marginal", "whole"])
@pytest.mark.parametrize("quota_minor", [None, 0])
def test_without_a_quota_or_with_one_of_nothing_nothing_is_earned(
    mode: str, quota_minor: int | None
) -> None:
    plan = ladder(mode, on="quota")
    assert earned(plan, [BOUND, -5, 3 * BOUND], quota_minor) == 0


def test_a_window_without_a_deal_earns_nothing_and_one_that_was_emptied_too() -> None:
    plan = ladder("marginal")
    assert earned(plan, []) == 0
    assert earned(plan, [BOUND, -BOUND]) == 0


def test_a_deal_up_and_one_down_again_cross_each_bound_twice() -> None:
    up_and_down = [3 * BOUND, -BOUND, -BOUND, BOUND // 2]
    assert earned(ladder("marginal"), up_and_down) == 500_000 + 350_000
    assert earned(ladder("whole"), up_and_down) == 15 * BOUND // 10 * 7 // 100
